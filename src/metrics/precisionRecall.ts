/** Of one class, images by whether they are it and are taken for it, at each of {@link THRESHOLDS} thresholds. */
export interface PrecisionRecall {
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
  readonly trueNegatives: readonly number[];
  readonly falseNegatives: readonly number[];
}

export interface PrecisionRecallCounter {
  /** The probability of each class for one image: those of row `start` on. */
  add(probabilities: ArrayLike<number>, start: number, label: number): void;
  /** For each class. */
  result(): readonly PrecisionRecall[];
}

/** Evenly from 0 to 1; an image is taken for a class whose probability is the threshold or more. */
export const THRESHOLDS = 127;

const STEPS = THRESHOLDS - 1;

/** The last threshold that `probability` reaches. */
function reached(probability: number): number {
  let index = Math.min(STEPS, Math.max(0, Math.floor(probability * STEPS)));
  // The product is rounded: the thresholds themselves decide.
  if (index < STEPS && (index + 1) / STEPS <= probability) index++;
  else if (index / STEPS > probability && index > 0) index--;
  return index;
}

export function createPrecisionRecall(classes: number): PrecisionRecallCounter {
  // Images that are of the class, and that are not, by the last threshold that they reach.
  const own = Array.from({ length: classes }, () => new Float64Array(THRESHOLDS));
  const others = Array.from({ length: classes }, () => new Float64Array(THRESHOLDS));
  return {
    add(probabilities, start, label) {
      for (let one = 0; one < classes; one++) {
        const counts = one === label ? own[one]! : others[one]!;
        counts[reached(probabilities[start + one]!)]!++;
      }
    },
    result: () =>
      own.map((counts, one) => {
        const [truePositives, falsePositives] = [fromThresholdOn(counts), fromThresholdOn(others[one]!)];
        const [positives, negatives] = [truePositives[0]!, falsePositives[0]!];
        return {
          truePositives,
          falsePositives,
          trueNegatives: falsePositives.map((count) => negatives - count),
          falseNegatives: truePositives.map((count) => positives - count),
        };
      }),
  };
}

function fromThresholdOn(counts: Float64Array): number[] {
  let sum = 0;
  return Array.from(counts)
    .reverse()
    .map((count) => (sum += count))
    .reverse();
}
