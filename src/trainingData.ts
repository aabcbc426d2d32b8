import type { DataFingerprint } from "./checkpoint.ts";
import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { createRandom } from "./core/random.ts";
import { crc32c } from "./formats/crc32c.ts";
import { countRecords, scanRecords } from "./formats/tfrecord.ts";
import { createLeftOut, type LeftOut } from "./input/leftOut.ts";
import type { EpochOptions, ReadBatches } from "./input/options.ts";
import { dataSets } from "./input/shards.ts";
import type { LabelledImages } from "./validate.ts";

/** What a training reads its images from. */
export interface DataOptions extends Pick<EpochOptions, "sources" | "onCorrupt"> {
  readonly readBatches: ReadBatches;
  readonly classes: number;
  /** What epochs are judged on, in place of images held out; damage in it is an error, whatever `onCorrupt` says. */
  readonly validationSources?: readonly ByteSource[] | undefined;
  /** Images held out, drawn by the seed, where there are no `validationSources`. */
  readonly validationCount: number;
  readonly seed: number;
}

/** A data set, looked through and split. */
export interface TrainingData {
  readonly trainCount: number;
  /** The images that epochs are judged on in batches, all in memory: they are few and used after every epoch. */
  readonly heldOut: readonly LabelledImages[];
  readonly heldOutCount: number;
  /** The numbers of these images in the data set; none where they are of another. */
  readonly heldOutIndices: ReadonlySet<number>;
  /** Of several data sets, so that they are mixed; every reading that numbers the images alike needs it. */
  readonly recordCounts?: readonly number[];
  readonly fingerprint: DataFingerprint;
  /** What is damaged, where that is left out. */
  readonly leftOut?: LeftOut;
}

/** Streams of random numbers of one seed: weights take 0, 1, 2 ..., shuffling 2^20 and on. */
const SPLIT_STREAM = 1 << 19;

/**
 * Counts the images, draws the validation split among them and reads it. Where damaged records are left out, every
 * record is read once to find them: their numbers are drawn among like all others, so that the split of the whole
 * records does not move.
 *
 * @throws MnistError `BAD_DATA` for damage, unless it is left out, and where there are no images;
 *   `BAD_ARGUMENT` where there are no more than are to be held out.
 */
export async function openTrainingData(opened: DataOptions): Promise<TrainingData> {
  const { sources, validationSources, onCorrupt = "fail", validationCount, seed } = opened;
  const leftOut = createLeftOut();
  const isMixed = dataSets(sources).length > 1;
  const counts = isMixed || onCorrupt === "fail" ? await countEach(opened) : undefined;
  const options = isMixed ? { ...opened, recordCounts: counts } : opened;
  const total =
    onCorrupt === "fail" && counts
      ? counts.reduce((sum, count) => sum + count, 0)
      : await lookThrough(options, leftOut.add);
  const damaged = leftOut.indices;
  if (total === damaged.size) {
    const [why = "found no records"] = leftOut.result().first;
    throw noImages(sources, why);
  }
  const heldOutIndices = drawSplit(total, validationSources ? 0 : validationCount, seed);
  const split = await readHeldOut(options, heldOutIndices);
  const heldOut = validationSources ? await readValidation(opened, validationSources) : split;
  const heldOutCount = imagesIn(heldOut);
  const trainCount = total - damaged.size - imagesIn(split);
  if (trainCount === 0) {
    throw new MnistError("BAD_DATA", "all images that are not damaged are held out; hold out fewer");
  }
  return {
    trainCount,
    heldOut,
    heldOutCount,
    heldOutIndices,
    ...(isMixed && counts && { recordCounts: counts }),
    fingerprint: { images: trainCount + heldOutCount, heldOutChecksum: checksumOf(heldOut) },
    ...(onCorrupt === "skip" && { leftOut: leftOut.result() }),
  };
}

function noImages(sources: readonly ByteSource[], why: string): MnistError {
  const names = sources.map(({ name }) => name).join(", ");
  return new MnistError("BAD_DATA", `${names}: expected labelled images, ${why}; run mnist prepare again`);
}

function imagesIn(batches: readonly LabelledImages[]): number {
  return batches.reduce((sum, { count }) => sum + count, 0);
}

function checksumOf(batches: readonly LabelledImages[]): number {
  let crc = 0;
  for (const { images, labels } of batches) {
    crc = crc32c(images, 0, images.length, crc);
    crc = crc32c(Uint8Array.from(labels), 0, labels.length, crc);
  }
  return crc;
}

/**
 * Checks that a training goes on with the data that it began with.
 *
 * @param expected as the checkpoint `name` has it, if it does.
 * @throws MnistError `BAD_DATA`.
 */
export function checkSameData(
  expected: DataFingerprint | undefined,
  found: DataFingerprint,
  name: string,
): void {
  if (!expected) return;
  const isCounted = expected.images === found.images;
  if (isCounted && expected.heldOutChecksum === found.heldOutChecksum) return;
  const [before, now] = [expected.images, found.images].map((count) => count.toLocaleString("en-US"));
  const fault = isCounted
    ? "expected the images that the training began with, found others, or these in another order"
    : `expected the ${before} images that the training began with, found ${now}`;
  throw new MnistError(
    "BAD_DATA",
    `${name}: ${fault}; give the same --data, --validation-data and --on-corrupt again`,
  );
}

/** How many records each source has; where damage is left out, damaged ones counted. */
async function countEach({ sources, onCorrupt }: DataOptions): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const source of sources) {
    counts.push(onCorrupt === "skip" ? await countItems(source) : await countRecords(source));
  }
  return counts;
}

async function countItems(source: ByteSource): Promise<number> {
  let count = 0;
  for await (const items of scanRecords(source)) count += items.length;
  return count;
}

/** What was counted goes with the data to all who read them. */
type Counted = DataOptions & Pick<EpochOptions, "recordCounts">;

/** The number of records, damaged ones counted. */
async function lookThrough(
  { sources, classes, readBatches, recordCounts }: Counted,
  onDamage: EpochOptions["onDamage"],
): Promise<number> {
  let total = 0;
  const batches = readBatches({
    ...{ sources, recordCounts, classes, batchSize: 1024, onCorrupt: "skip" },
    onDamage: (damage) => {
      total++;
      onDamage?.(damage);
    },
  });
  for await (const { count } of batches) total += count;
  return total;
}

/** Draws `count` of `total` examples by `seed`; gives their numbers. */
function drawSplit(total: number, count: number, seed: number): Set<number> {
  if (count >= total) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `validation count: expected fewer than the ${total} images that there are, found ${count}`,
    );
  }
  const random = createRandom(seed, SPLIT_STREAM);
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.below(total));
  return drawn;
}

async function readHeldOut(
  { sources, onCorrupt, classes, readBatches, recordCounts }: Counted,
  only: ReadonlySet<number>,
): Promise<readonly LabelledImages[]> {
  if (only.size === 0) return [];
  return kept(readBatches({ sources, recordCounts, classes, onCorrupt, only, batchSize: 1024 }));
}

/** @throws MnistError `BAD_DATA` where there are none: an epoch could not be judged. */
async function readValidation(
  { classes, readBatches }: DataOptions,
  sources: readonly ByteSource[],
): Promise<readonly LabelledImages[]> {
  const batches = await kept(readBatches({ sources, classes, batchSize: 1024 }));
  if (batches.length > 0) return batches;
  throw noImages(sources, "found no records");
}

/** Batches to keep; those that are read share their memory. */
async function kept(batches: ReturnType<ReadBatches>): Promise<readonly LabelledImages[]> {
  const all: LabelledImages[] = [];
  for await (const { images, labels, count } of batches) {
    all.push({ images: images.slice(), labels: labels.slice(), count });
  }
  return all;
}
