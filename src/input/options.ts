import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { mnistClasses } from "../formats/mnistIdx.ts";
import type { Shuffle } from "./shuffleBuffer.ts";

/** Labelled pictures. The arrays are the consumer's until it asks for the next batch, which may reuse them. */
export interface Batch {
  /** Grey levels, `[count, 28, 28, 1]`, 0..255. */
  readonly images: Uint8Array;
  /** Classes, `[count]`. */
  readonly labels: Int32Array;
  readonly count: number;
}

/** A record that was left out. */
export interface Damage {
  /** The name of the file. */
  readonly source: string;
  /** Which record of the file, from 0, and where it begins, in bytes (of what is inflated, in a compressed file). */
  readonly record: number;
  readonly offset: number;
  /** Which record of the data set, from 0; damaged ones count. */
  readonly index: number;
  /** Where, what was expected, what was found. */
  readonly message: string;
  /** Nothing after it in this file can be read. */
  readonly endsFile: boolean;
}

export interface EpochOptions {
  /**
   * TFRecord files, plain, gzip or zlib, read one after another; but the shards of one set
   * (`name-00000-of-00004`), one record each in turn, so that their order is that of a single file.
   */
  readonly sources: readonly ByteSource[];
  /**
   * How many records each source has, damaged ones counted. With them several data sets are mixed, so that of every
   * stretch each has its share; without, they follow each other.
   */
  readonly recordCounts?: readonly number[] | undefined;
  /** Examples in a batch, at most 65,536; only the last of an epoch may have fewer. */
  readonly batchSize: number;
  /** Without it the order is that of the files. */
  readonly shuffle?: Shuffle | undefined;
  /** Leave out this many examples of the data set at its start. */
  readonly skip?: number | undefined;
  /** Use only so many examples of the data set after those; nothing behind them is read. */
  readonly take?: number | undefined;
  /** Of these use only every `count`-th, beginning with number `index`, so that several processes share a data set. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
  /** Of these use only the examples with these numbers in the data set (from 0): a validation split. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Leave out the examples with these numbers: what is left beside a validation split. */
  readonly except?: ReadonlySet<number> | undefined;
  /** Passes over the data, default 1; Infinity never ends. Each has the order of the next epoch. */
  readonly repeat?: number | undefined;
  /** Leave out this many batches at the start, to go on inside an epoch; the others stay the same. */
  readonly skipBatches?: number | undefined;
  /** Labels are 0 .. `classes` - 1. Default 10. */
  readonly classes?: number | undefined;
  /**
   * What to do about a damaged record: `fail` (the default) throws; `skip` leaves it out and goes on with the next one
   * or, where nothing tells where that begins, the next file.
   */
  readonly onCorrupt?: "fail" | "skip" | undefined;
  /** Told of each record that `skip` leaves out, once a pass. */
  readonly onDamage?: ((damage: Damage) => void) | undefined;
}

/** Gives batches of labelled pictures. */
export type ReadBatches = (options: EpochOptions) => AsyncGenerator<Batch>;

/** 51 MB of pixels. */
const maximumBatch = 65_536;

/**
 * All of the options, with their defaults.
 *
 * @throws MnistError `BAD_ARGUMENT`, naming the option, what it may be and what it is.
 */
export function checkedOptions(options: EpochOptions) {
  const { skip = 0, take = Number.POSITIVE_INFINITY, skipBatches = 0, repeat = 1 } = options;
  const { classes = mnistClasses, shard = { index: 0, count: 1 }, onCorrupt = "fail" } = options;
  checkWhole("batchSize", options.batchSize, 1, maximumBatch);
  checkWhole("skip", skip, 0);
  if (options.take !== undefined) checkWhole("take", take, 0);
  checkWhole("shard: count", shard.count, 1);
  checkWhole("shard: index", shard.index, 0, shard.count - 1);
  checkWhole("skipBatches", skipBatches, 0);
  if (repeat !== Number.POSITIVE_INFINITY) checkWhole("repeat", repeat, 1);
  for (const count of options.recordCounts ?? []) checkWhole("recordCounts", count, 0);
  if (options.shuffle !== undefined) checkWhole("bufferSize", options.shuffle.bufferSize, 1);
  return { ...options, skip, take, shard, skipBatches, repeat, classes, onCorrupt };
}

function checkWhole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new MnistError("BAD_ARGUMENT", `${name}: expected a whole number ${range}, found ${value}`);
}
