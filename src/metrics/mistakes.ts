import { argMax } from "../nn/argMax.ts";

/** An image that was taken for another class than its own. */
export interface Mistake {
  /** The image's place in the order evaluated, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Of each class. */
  readonly probabilities: readonly number[];
  /** The image: grey levels, row by row. */
  readonly pixels: Uint8Array;
}

export interface MistakeCollector {
  /** `images` is [count, pixels], `probabilities` [count, classes], `labels` [count]; images are numbered as they come. */
  add(images: Uint8Array, probabilities: ArrayLike<number>, labels: ArrayLike<number>, count: number): void;
  /** The worst first: the least probability of the label. */
  result(): readonly Mistake[];
}

/** Keeps the `limit` worst mistakes of any number of images. */
export function collectMistakes(classes: number, limit: number): MistakeCollector {
  const worst: Mistake[] = [];
  let seen = 0;
  const probabilityOfLabel = ({ probabilities, label }: Mistake) => probabilities[label]!;
  return {
    add(images, probabilities, labels, count) {
      for (let i = 0; i < count; i++) {
        const label = labels[i]!;
        const start = i * classes;
        const predicted = argMax(probabilities, start, classes);
        if (predicted === label) continue;
        const probability = probabilities[start + label]!;
        const last = worst[limit - 1];
        if (limit === 0 || (last && probabilityOfLabel(last) <= probability)) continue;
        const size = images.length / count;
        const behind = worst.findIndex((one) => probabilityOfLabel(one) > probability);
        worst.splice(behind < 0 ? worst.length : behind, 0, {
          index: seen + i,
          label,
          predicted,
          probabilities: Array.from({ length: classes }, (_, one) => probabilities[start + one]!),
          pixels: images.slice(i * size, (i + 1) * size), // a batch's arrays are used again
        });
        worst.length = Math.min(worst.length, limit);
      }
      seen += count;
    },
    result: () => [...worst],
  };
}
