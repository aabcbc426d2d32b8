import { MnistError } from "./core/errors.ts";
import type { PictureBlock, PictureBlocks, RefusedPicture } from "./core/pictureBlocks.ts";
import type { ExampleEncoder } from "./exampleEncoder.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import type { RecordFile } from "./recordFile.ts";

/** Examples that are encoded at once: a step of the progress, and what sharp's threads have to work on. */
const stepExamples = 500;

export interface WriteSplitOptions {
  readonly encode: ExampleEncoder;
  /** How many classes there are. */
  readonly classes: number;
  /** Told after each step how many pictures are done, the refused ones included. */
  readonly onProgress: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the pictures of a split to its shards, one to each in turn; a shard that is not there is not written.
 *
 * @returns how many there were of each class, `[classes]`, and those that could not be used.
 * @throws MnistError `INTERRUPTED` once `signal` is aborted, and what the blocks and the shards throw.
 */
export async function writeSplit(
  data: PictureBlock | PictureBlocks,
  shards: readonly (RecordFile | undefined)[],
  { encode, classes, onProgress, signal }: WriteSplitOptions,
): Promise<{ readonly perClass: readonly number[]; readonly refused: readonly RefusedPicture[] }> {
  const perClass = new Array<number>(classes).fill(0);
  const refused: RefusedPicture[] = [];
  const shardOf = (index: number): RecordFile | undefined => shards[index % shards.length];
  let index = 0; // of the next example
  for await (const block of "blocks" in data ? data.blocks() : [data]) {
    for (let start = 0; start < block.count; start += stepExamples) {
      throwIfInterrupted(signal);
      const step = Math.min(stepExamples, block.count - start);
      const examples = await Promise.all(
        Array.from({ length: step }, (_, i) => shardOf(index + i) && encode(...pictureAt(block, start + i))),
      );
      for (const [i, example] of examples.entries()) {
        const written = example && shardOf(index + i)?.append(example);
        if (written) await written;
      }
      for (const label of block.labels.subarray(start, start + step))
        perClass[label] = (perClass[label] ?? 0) + 1;
      index += step;
      onProgress(index + refused.length);
    }
    for (const one of block.refused ?? []) refused.push(one);
  }
  throwIfInterrupted(signal);
  return { perClass, refused };
}

/** Picture `index` of a block, `[28, 28]`, and its label. */
function pictureAt({ images, labels }: PictureBlock, index: number): [Uint8Array, number] {
  const pixels = mnistSize * mnistSize;
  return [images.subarray(index * pixels, (index + 1) * pixels), labels[index] ?? 0];
}

function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MnistError("INTERRUPTED", "preparing was interrupted; run it again");
}
