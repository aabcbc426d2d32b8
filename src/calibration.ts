/** What makes a model's probabilities as large as it is often right. */
export interface Calibration {
  /** Logits are divided by it before the softmax. */
  readonly temperature: number;
}

/** Temperatures that are looked at: beyond them the images say too little, such as where all are right. */
export const temperatureRange = { least: 0.05, most: 20 } as const;

/** Logits and labels of images, from which a temperature is fitted; memory grows with the images. */
export interface Calibrator {
  /** `logits` is [count, classes], `labels` [count]. */
  add(logits: Float32Array, labels: ArrayLike<number>, count: number): void;
  fit(): Calibration;
}

export function createCalibrator(classes: number): Calibrator {
  const batches: { readonly logits: Float32Array; readonly labels: readonly number[] }[] = [];
  return {
    add(logits, labels, count) {
      batches.push({
        logits: logits.slice(0, count * classes),
        labels: Array.from({ length: count }, (_, i) => labels[i]!),
      });
    },
    fit() {
      const logits = new Float32Array(batches.reduce((sum, batch) => sum + batch.logits.length, 0));
      let at = 0;
      for (const batch of batches) {
        logits.set(batch.logits, at);
        at += batch.logits.length;
      }
      return {
        temperature: fitTemperature(
          logits,
          batches.flatMap(({ labels }) => labels),
          classes,
        ),
      };
    },
  };
}

/** Halvings and Newton's steps; the first alone leave 2^-60 of the range. */
const MOST_STEPS = 60;

/**
 * The temperature that makes the labels of `logits` [n, classes] most likely (Guo, Pleiss, Sun, Weinberger, 2017); 1
 * where that lies outside of {@link temperatureRange}, since the images then do not say: where all are right, every
 * smaller one is likelier.
 *
 * The negative log-likelihood is convex in 1 / temperature, so the slope's only zero is found by Newton's method between
 * bounds that close in.
 */
export function fitTemperature(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number {
  let [low, high] = [1 / temperatureRange.most, 1 / temperatureRange.least];
  if (!(slopeAt(low, logits, labels, classes).slope < 0)) return 1;
  if (!(slopeAt(high, logits, labels, classes).slope > 0)) return 1;
  let inverse = 1;
  for (let step = 0; step < MOST_STEPS; step++) {
    const { slope, curvature } = slopeAt(inverse, logits, labels, classes);
    if (slope === 0) break;
    if (slope < 0) low = inverse;
    else high = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - inverse) <= 1e-12 * inverse) break;
    inverse = next;
  }
  return 1 / inverse;
}

/** First and second derivative of the negative log-likelihood by 1 / temperature, summed over the images. */
function slopeAt(
  inverse: number,
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): { readonly slope: number; readonly curvature: number } {
  let slope = 0;
  let curvature = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++) largest = Math.max(largest, logits[row + j]!);
    let [sum, first, second] = [0, 0, 0];
    for (let j = 0; j < classes; j++) {
      const below = logits[row + j]! - largest;
      const weight = Math.exp(below * inverse);
      sum += weight;
      first += weight * below;
      second += weight * below * below;
    }
    const mean = first / sum;
    slope += mean - (logits[row + labels[i]!]! - largest);
    curvature += second / sum - mean * mean;
  }
  return { slope, curvature };
}
