import { MnistError } from "./core/errors.ts";
import type { ImageEncoding } from "./formats/mnistExample.ts";

/** How prepared data are written. */
export interface DataFormat {
  /** TF-slim's file names and keys, or the plain ones of many a tutorial. */
  readonly layout: "slim" | "classic";
  /** How an example holds its picture; in the classic layout always raw. */
  readonly encoding: ImageEncoding;
  /** Into how many files the examples of a split go, in turn. */
  readonly shards: number;
  /** Of each file as a whole. */
  readonly compression: "none" | "gzip" | "zlib";
}

export const defaultDataFormat: DataFormat = {
  layout: "slim",
  encoding: "png",
  shards: 1,
  compression: "none",
};

/** All files of a split are open at once, and each has a buffer. */
const maximumShards = 1024;

/**
 * The files of a split in the order of its shards: `mnist_train.tfrecord` or, classic, `TRAIN.tfrecords`, and with
 * more than one shard TensorFlow's `-00000-of-00004` after that. Example `i` is in file `i` modulo `shards`.
 *
 * @param name what the slim layout's names begin with.
 */
export function splitFiles(
  name: string,
  { layout, shards }: DataFormat,
  split: "train" | "test",
): readonly string[] {
  const file = layout === "slim" ? `${name}_${split}.tfrecord` : `${split.toUpperCase()}.tfrecords`;
  if (shards === 1) return [file];
  const digits = (count: number): string => String(count).padStart(5, "0");
  return Array.from({ length: shards }, (_, shard) => `${file}-${digits(shard)}-of-${digits(shards)}`);
}

/** Throws BAD_ARGUMENT for a format that cannot be written. */
export function checkDataFormat({ layout, encoding, shards }: DataFormat): void {
  if (layout === "classic" && encoding !== "raw") {
    throw new MnistError(
      "BAD_ARGUMENT",
      `encoding ${encoding}: the classic layout holds raw pixels only; leave it out, or choose the slim layout`,
    );
  }
  if (!Number.isSafeInteger(shards) || shards < 1 || shards > maximumShards) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `shards: expected a whole number from 1 to ${maximumShards.toLocaleString("en-US")}, found ${shards}`,
    );
  }
}
