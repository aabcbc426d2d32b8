import { type Interval, wilsonInterval } from "./metrics/interval.ts";
import { createPrecisionRecall, type PrecisionRecall } from "./metrics/precisionRecall.ts";
import { createReliability, expectedCalibrationError, type ReliabilityBin } from "./metrics/reliability.ts";
import { argMax } from "./nn/argMax.ts";

/** How well one class is told from the others; 0 where there is nothing to divide by. */
export interface ClassMetrics {
  readonly name: string;
  /** Images whose label it is. */
  readonly count: number;
  /** Of those predicted to be it, the share that are. */
  readonly precision: number;
  /** Of those that are it, the share predicted so. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
}

/** How far one can trust a model; docs/validation.md has the formulas. */
export interface Metrics {
  readonly count: number;
  /** The share whose most probable class is the label. */
  readonly accuracy: number;
  /** Where the accuracy on other images of the kind lies, with 95 % confidence. */
  readonly accuracyInterval: Interval;
  /** The share whose label is one of the two most probable classes. */
  readonly topTwoAccuracy: number;
  /** The mean of (predicted class - label)^2, on class indices. */
  readonly meanSquaredError: number;
  /** The mean over images of the sum over classes of (probability - one-hot)^2 (Brier, 1950); 0 to 2. */
  readonly brierScore: number;
  /** The mean of -log(probability of the label), in nats. */
  readonly crossEntropy: number;
  /** The mean distance between how sure the model is and how often it is right, over `reliability`; 0 to 1. */
  readonly expectedCalibrationError: number;
  /** Predictions in 15 equal bins by the probability of the predicted class. */
  readonly reliability: readonly ReliabilityBin[];
  /** confusionMatrix[label][predicted]: images. */
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly classes: readonly ClassMetrics[];
  /** For each class, counts at 127 thresholds, evenly from 0 to 1. */
  readonly precisionRecall: readonly PrecisionRecall[];
}

/** Metrics that take predictions batch by batch and keep sums only, whatever the number of images. */
export interface StreamingMetrics {
  /** `probabilities` is [count, classes], `labels` [count]. */
  add(probabilities: ArrayLike<number>, labels: ArrayLike<number>, count: number): void;
  /** How far it is, in no time. */
  soFar(): Pick<Metrics, "count" | "accuracy">;
  /** The metrics of everything added so far. */
  result(): Metrics;
}

/** The least probability whose logarithm is taken: float32's smallest normal number. */
const LEAST_PROBABILITY = 2 ** -126;

export function createMetrics(classNames: readonly string[]): StreamingMetrics {
  const classes = classNames.length;
  const confusion = classNames.map(() => new Array<number>(classes).fill(0));
  const reliability = createReliability();
  const precisionRecall = createPrecisionRecall(classes);
  let count = 0;
  let right = 0;
  let amongTwo = 0;
  let squaredError = 0;
  let brier = 0;
  let crossEntropy = 0;

  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

  return {
    add(probabilities, labels, added) {
      for (let i = 0; i < added; i++) {
        const row = i * classes;
        const label = labels[i]!;
        const predicted = argMax(probabilities, row, classes);
        confusion[label]![predicted]!++;
        if (predicted === label) right++;
        if (rankOf(label, probabilities, row, classes) < 2) amongTwo++;
        squaredError += (predicted - label) ** 2;
        for (let j = 0; j < classes; j++) brier += (probabilities[row + j]! - (j === label ? 1 : 0)) ** 2;
        crossEntropy -= Math.log(Math.max(probabilities[row + label]!, LEAST_PROBABILITY));
        reliability.add(probabilities[row + predicted]!, predicted === label);
        precisionRecall.add(probabilities, row, label);
      }
      count += added;
    },
    soFar: () => ({ count, accuracy: share(right, count) }),
    result() {
      const bins = reliability.bins();
      return {
        count,
        accuracy: share(right, count),
        accuracyInterval: wilsonInterval(right, count),
        topTwoAccuracy: share(amongTwo, count),
        meanSquaredError: share(squaredError, count),
        brierScore: share(brier, count),
        crossEntropy: share(crossEntropy, count),
        expectedCalibrationError: expectedCalibrationError(bins),
        reliability: bins,
        confusionMatrix: confusion.map((row) => [...row]),
        classes: classNames.map((name, one) => {
          const hits = confusion[one]![one]!;
          const labelled = confusion[one]!.reduce((a, b) => a + b, 0);
          const predicted = confusion.reduce((sum, row) => sum + row[one]!, 0);
          return {
            name,
            count: labelled,
            precision: share(hits, predicted),
            recall: share(hits, labelled),
            f1: share(2 * hits, predicted + labelled),
          };
        }),
        precisionRecall: precisionRecall.result(),
      };
    },
  };
}

/** How many classes are more probable than `label`; of equals the first comes first, as in {@link argMax}. */
function rankOf(label: number, probabilities: ArrayLike<number>, row: number, classes: number): number {
  const own = probabilities[row + label]!;
  let rank = 0;
  for (let j = 0; j < classes; j++) {
    const other = probabilities[row + j]!;
    if (other > own || (other === own && j < label)) rank++;
  }
  return rank;
}
