import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { MnistError } from "../core/errors.ts";
import { parseIdx } from "../formats/idx.ts";
import type { NamedBytes } from "../formats/mnistIdx.ts";
import { type Dataset, type DatasetFile, datasets } from "./datasets.ts";

const gunzipAsync = promisify(gunzip);

/** Never makes more bytes than the plain file has, whatever the compressed one claims. */
export async function inflate(name: string, compressed: Uint8Array, file: DatasetFile): Promise<Uint8Array> {
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
export function checkPlain(name: string, bytes: Uint8Array, file: DatasetFile, dataset: Dataset): NamedBytes {
  parseIdx(bytes, name);
  if (bytes.length !== file.bytes) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected ${file.bytes} bytes, found ${bytes.length}; it is not ${dataset.title}'s ${file.name}`,
    );
  }
  const md5 = digest("md5", bytes);
  const other = md5 === file.md5 ? undefined : datasetWith(md5);
  if (other !== undefined) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected ${dataset.title}'s ${file.name}, found ${other.title}'s; give its folder, or --dataset ${other.id}`,
    );
  }
  if (file.md5 !== undefined && md5 !== file.md5) {
    throw new MnistError("BAD_DATA", `${name}: ${otherDigest("MD5", file.md5, md5)}`);
  }
  return { name, bytes };
}

/** The data set that has this file, by the plain file's MD5: their files have the same names and lengths. */
function datasetWith(md5: string): Dataset | undefined {
  return Object.values(datasets).find(({ files }) => Object.values(files).some((file) => file.md5 === md5));
}

/** What is wrong with the gzip file of a data set; `undefined` where it is the one that the table describes. */
export function wrongGzip(bytes: Uint8Array, { gzip }: DatasetFile): string | undefined {
  if (bytes.length !== gzip.bytes) {
    return `expected ${gzip.bytes} bytes, found ${bytes.length}; the file is damaged or another one: get it again`;
  }
  const md5 = digest("md5", bytes);
  if (md5 !== gzip.md5) return otherDigest("MD5", gzip.md5, md5);
  const sha256 = digest("sha256", bytes);
  return sha256 === gzip.sha256 ? undefined : otherDigest("SHA-256", gzip.sha256, sha256);
}

function digest(algorithm: "md5" | "sha256", bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

function otherDigest(name: string, expected: string, found: string): string {
  return `expected ${name} ${expected}, found ${found}; the file is damaged or another one: get it again`;
}
