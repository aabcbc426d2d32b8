import type { ByteSource } from "./core/bytes.ts";
import { sizeOf } from "./core/shape.ts";
import type { PerturbedAccuracy, Robustness } from "./evaluationFile.ts";
import type { EpochOptions, ReadBatches } from "./input/options.ts";
import { epochBatches } from "./input.ts";
import { wilsonInterval } from "./metrics/interval.ts";
import { argMax } from "./nn/argMax.ts";
import type { Predictor } from "./nn/predictor.ts";
import { perturb, perturbations, severities } from "./perturb.ts";
import { checkInputShape } from "./validate.ts";

export interface RobustnessOptions extends Pick<EpochOptions, "take" | "onCorrupt" | "onDamage"> {
  /** Told how many images are done; parts of images count. */
  readonly onProgress?: (images: number) => void;
  /** How images are read: on this thread, unless given. */
  readonly readBatches?: ReadBatches;
}

/** Images at a time. */
const BATCH = 128;

const changes = perturbations.flatMap((perturbation, number) =>
  severities.map((severity) => ({ perturbation, number, severity })),
);

/**
 * The accuracy of `predictor` on TFRecords' images, each perturbed in every way and severity, in one pass. What is random
 * follows from an image's place in the data set.
 *
 * @throws MnistError `BAD_DATA` for a damaged record, unless it is left out.
 */
export async function measureRobustness(
  predictor: Predictor,
  sources: readonly ByteSource[],
  { onProgress, readBatches = epochBatches, ...chosen }: RobustnessOptions = {},
): Promise<Robustness> {
  const { definition } = predictor.network;
  checkInputShape(definition);
  const classes = definition.classes.length;
  const size = sizeOf(definition.input.shape);
  const countRight = (images: Uint8Array, labels: ArrayLike<number>, count: number): number => {
    const probabilities = predictor.predict(images);
    let right = 0;
    for (let i = 0; i < count; i++) if (argMax(probabilities, i * classes, classes) === labels[i]) right++;
    return right;
  };

  let total = 0;
  let cleanRight = 0;
  const right = changes.map(() => 0);
  const perturbed = new Uint8Array(BATCH * size);
  for await (const { images, labels, count } of readBatches({
    ...chosen,
    sources,
    batchSize: BATCH,
    classes,
  })) {
    cleanRight += countRight(images, labels, count);
    for (const [index, { perturbation, number, severity }] of changes.entries()) {
      for (let i = 0; i < count; i++) {
        const seed = (total + i) * perturbations.length + number;
        const image = images.subarray(i * size, (i + 1) * size);
        perturbed.set(perturb(image, perturbation, severity, seed), i * size);
      }
      right[index]! += countRight(perturbed.subarray(0, count * size), labels, count);
      onProgress?.(total + (count * (index + 1)) / changes.length);
      await new Promise((resolve) => setTimeout(resolve)); // timers, signals and input get their turn
    }
    total += count;
  }

  const accuracyOf = (hits: number) => ({
    accuracy: total === 0 ? 0 : hits / total,
    ...wilsonInterval(hits, total),
  });
  const measured = changes.map(
    ({ perturbation: { name }, severity }, index): PerturbedAccuracy => ({
      ...{ name, severity },
      ...accuracyOf(right[index]!),
    }),
  );
  return {
    images: total,
    clean: accuracyOf(cleanRight),
    perturbations: measured,
    meanAccuracy: measured.reduce((sum, { accuracy }) => sum + accuracy, 0) / measured.length,
  };
}
