import { join } from "node:path";
import { epochBatches } from "../../src/input.ts";
import { fileSource } from "../../src/node/files.ts";
import { openTrainingData } from "../../src/trainingData.ts";

/** MNIST images to write with. */
export interface Digits {
  /** Grey levels, light on dark, `[count, 28, 28]`. */
  readonly images: Uint8Array;
  /** `[count]` */
  readonly labels: Uint8Array;
  /** The number of each image in its file, `[count]`. */
  readonly sources: readonly number[];
}

export const splits = ["train", "validation", "test"] as const;

export type Split = (typeof splits)[number];

/** What a training holds out unless it is told otherwise. */
const validationCount = 5000;

/**
 * A split of the MNIST that `mnist prepare` wrote to `folder`; `validation` is what a training with `seed` holds out, and the
 * shipped models have seed 1; `train` is what is left.
 */
export async function readDigits(folder: string, split: Split, seed = 1): Promise<Digits> {
  const file = join(folder, split === "test" ? "mnist_test.tfrecord" : "mnist_train.tfrecord");
  const sources = [fileSource(file)];
  const heldOut =
    split === "test"
      ? new Set<number>()
      : (await openTrainingData({ sources, readBatches: epochBatches, classes: 10, validationCount, seed }))
          .heldOutIndices;
  const isMeant = (index: number) => heldOut.has(index) === (split === "validation");
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  const numbers: number[] = [];
  let index = 0;
  for await (const batch of epochBatches({ sources, batchSize: 1000 })) {
    for (let i = 0; i < batch.count; i++, index++) {
      if (!isMeant(index)) continue;
      images.push(batch.images.slice(i * 784, (i + 1) * 784));
      labels.push(batch.labels[i]!);
      numbers.push(index);
    }
  }
  return { images: Buffer.concat(images), labels: Uint8Array.from(labels), sources: numbers };
}
