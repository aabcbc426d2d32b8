import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { createRandom } from "./core/random.ts";
import { crc32c, maskCrc } from "./formats/crc32c.ts";
import { decodeMnistExample } from "./formats/mnistExample.ts";
import { mnistClasses, mnistSize } from "./formats/mnistIdx.ts";
import { decodeGreyPng } from "./formats/png.ts";
import { readRecords, type TFRecord } from "./formats/tfrecord.ts";

/** Labelled pictures. The arrays are the consumer's until it asks for the next batch, which reuses them. */
export interface Batch {
  /** Grey levels, `[count, 28, 28, 1]`, 0..255. */
  readonly images: Uint8Array;
  /** Digits, `[count]`. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Which order an epoch has: the same three numbers give the same order on every machine. */
export interface Shuffle {
  readonly seed: number;
  /** Each epoch has an order of its own. */
  readonly epoch: number;
  /** How many examples (784 bytes each) wait to be drawn from; as many as the data set has mix it evenly. */
  readonly bufferSize: number;
}

export interface EpochOptions {
  /** TFRecord files, read one after another. */
  readonly sources: readonly ByteSource[];
  /** Examples in a batch, at most 65,536; only the last of the epoch may have fewer. */
  readonly batchSize: number;
  /** Without it the order is that of the files. */
  readonly shuffle?: Shuffle;
  /** Leave out this many batches at the start, to go on inside an epoch; the others stay the same. */
  readonly skipBatches?: number;
  /** Use only the first so many examples of the files. */
  readonly take?: number;
  /** Use only these examples, by their index over all files: how a validation split is held out. */
  readonly select?: (index: number) => boolean;
  /** Labels are 0 .. `classes` - 1. Default 10. */
  readonly classes?: number;
}

const pixels = mnistSize * mnistSize;

/** 51 MB of pixels. */
const maximumBatch = 65_536;

/** Far from the streams of random numbers that weights and dropout take from the same seed. */
const shuffleStream = 1 << 20;

/**
 * One epoch of batches, streamed: memory holds the shuffle buffer, one batch and a few chunks of the file,
 * whatever the length of the files. The next chunk is read while the consumer works.
 *
 * Throws an {@link MnistError} that names file, record and offset: `BAD_DATA` for a damaged record or one that is
 * no labelled 28x28 picture, `UNSUPPORTED` for a picture encoded in another way than PNG or raw.
 */
export async function* epochBatches(options: EpochOptions): AsyncGenerator<Batch> {
  const { sources, batchSize, shuffle, skipBatches = 0, select, classes = mnistClasses } = options;
  const take = options.take ?? Number.POSITIVE_INFINITY;
  checkWhole("batchSize", batchSize, 1, maximumBatch);
  checkWhole("skipBatches", skipBatches, 0);
  if (options.take !== undefined) checkWhole("take", options.take, 0);
  if (shuffle !== undefined) checkWhole("bufferSize", shuffle.bufferSize, 1);

  const waiting = shuffle && createShuffleBuffer(shuffle);
  const images = new Uint8Array(batchSize * pixels);
  const labels = new Uint8Array(batchSize);
  let count = 0;
  let toSkip = skipBatches * batchSize;
  let taken = 0;

  reading: for (const source of sources) {
    for await (const records of readRecords(readAhead(source))) {
      for (const record of records) {
        if (taken === take) break reading;
        const index = taken++;
        if (select !== undefined && !select(index)) continue;
        if (waiting !== undefined) {
          const drawn = waiting.isFull() ? waiting.draw() : undefined;
          if (drawn !== undefined && toSkip > 0) toSkip--;
          else if (drawn !== undefined) waiting.copy(drawn, images, labels, count++);
          const slot = drawn ?? waiting.add();
          waiting.labels[slot] = decodeRecord(source, record, classes, waiting.images, slot);
        } else if (toSkip > 0) {
          toSkip--;
        } else {
          labels[count] = decodeRecord(source, record, classes, images, count);
          count++;
        }
        if (count === batchSize) {
          yield { images, labels, count };
          count = 0;
        }
      }
    }
  }
  while (waiting !== undefined && waiting.size() > 0) {
    const drawn = waiting.draw();
    if (toSkip > 0) toSkip--;
    else waiting.copy(drawn, images, labels, count++);
    waiting.remove(drawn);
    if (count === batchSize) {
      yield { images, labels, count };
      count = 0;
    }
  }
  if (count > 0)
    yield { images: images.subarray(0, count * pixels), labels: labels.subarray(0, count), count };
}

/** Decodes the record's picture into place `slot` of `images`, `[.., 28, 28]`, and gives its label. */
function decodeRecord(
  source: ByteSource,
  { data, index, offset }: TFRecord,
  classes: number,
  images: Uint8Array,
  slot: number,
): number {
  try {
    const example = decodeMnistExample(data, classes);
    const { height, width, channels, encoding, bytes } = example;
    if (height !== mnistSize || width !== mnistSize || channels !== 1) {
      throw new MnistError(
        "BAD_DATA",
        `the picture is ${height}x${width}x${channels}, expected ${mnistSize}x${mnistSize}x1`,
      );
    }
    if (encoding === "png") decodeGreyPng(bytes, example, images, slot * pixels);
    else if (encoding === "raw") images.set(bytes, slot * pixels);
    else throw new MnistError("UNSUPPORTED", "the picture is a JPEG, expected PNG or raw pixels");
    return example.label;
  } catch (error) {
    if (!(error instanceof MnistError)) throw error;
    const at = `record ${index.toLocaleString("en-US")} at offset ${offset.toLocaleString("en-US")}`;
    throw new MnistError(error.code, `${source.name}: ${at}: ${error.message}`, { cause: error });
  }
}

/** Examples that wait to be drawn at random (as tf.data's `shuffle` does), in two flat arrays that grow as needed. */
function createShuffleBuffer({ seed, epoch, bufferSize }: Shuffle) {
  const random = createRandom(seed, shuffleStream + epoch);
  let size = 0;
  const buffer = {
    images: new Uint8Array(Math.min(bufferSize, 1024) * pixels),
    labels: new Uint8Array(Math.min(bufferSize, 1024)),
    size: () => size,
    isFull: () => size === bufferSize,
    /** The place of an example drawn at random. */
    draw: () => random.below(size),
    /** A new place, to be filled. */
    add(): number {
      if (size === buffer.labels.length) {
        const capacity = Math.min(bufferSize, size * 2);
        buffer.images = grown(buffer.images, capacity * pixels);
        buffer.labels = grown(buffer.labels, capacity);
      }
      return size++;
    },
    /** Takes the example at `slot` out; the last one moves there. */
    remove(slot: number): void {
      size--;
      buffer.copy(size, buffer.images, buffer.labels, slot);
    },
    copy(slot: number, images: Uint8Array, labels: Uint8Array, to: number): void {
      images.set(buffer.images.subarray(slot * pixels, (slot + 1) * pixels), to * pixels);
      labels[to] = buffer.labels[slot] ?? 0;
    },
  };
  return buffer;
}

function grown(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(array);
  return larger;
}

/** The same bytes, each chunk asked for while the one before it is worked on. */
function readAhead(source: ByteSource): ByteSource {
  return {
    ...source,
    async *stream() {
      const chunks = source.stream()[Symbol.asyncIterator]();
      const request = (): Promise<IteratorResult<Uint8Array>> => {
        const next = chunks.next();
        next.catch(() => {}); // It is awaited below, unless the consumer stops first.
        return next;
      };
      try {
        let next = request();
        for (;;) {
          const result = await next;
          if (result.done) return;
          next = request();
          yield result.value;
        }
      } finally {
        await chunks.return?.();
      }
    },
  };
}

const headerBytes = 12;
const footerBytes = 4;

/**
 * The number of records in a TFRecord file, up to its first damage if it has one: only the lengths and their
 * checksums are looked at. For progress and totals; reading the records is what finds damage and names it.
 */
export async function countRecords(source: ByteSource): Promise<number> {
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  let count = 0;
  let filled = 0;
  let toSkip = 0; // bytes of the current record that are still to come
  for await (const chunk of source.stream()) {
    for (let at = 0; at < chunk.length; ) {
      if (toSkip > 0) {
        const step = Math.min(toSkip, chunk.length - at);
        toSkip -= step;
        at += step;
        if (toSkip === 0) count++;
        continue;
      }
      const step = Math.min(headerBytes - filled, chunk.length - at);
      header.set(chunk.subarray(at, at + step), filled);
      filled += step;
      at += step;
      if (filled < headerBytes) continue;
      if (view.getUint32(8, true) !== maskCrc(crc32c(header, 0, 8))) return count;
      toSkip = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32 + footerBytes;
      filled = 0;
    }
  }
  return count;
}

function checkWhole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new MnistError("BAD_ARGUMENT", `${name}: expected a whole number ${range}, found ${value}`);
}
