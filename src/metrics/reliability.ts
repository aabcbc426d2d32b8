/** Predictions of about the same confidence. */
export interface ReliabilityBin {
  readonly count: number;
  /** The mean probability of the predicted class; 0 where the bin is empty. */
  readonly confidence: number;
  /** The share that is right; 0 where the bin is empty. */
  readonly accuracy: number;
}

export interface Reliability {
  add(confidence: number, isRight: boolean): void;
  /** {@link RELIABILITY_BINS} equal bins over (0, 1], each with its upper edge. */
  bins(): readonly ReliabilityBin[];
}

export const RELIABILITY_BINS = 15;

/** Sorts predictions into bins by the probability of the predicted class (Guo, Pleiss, Sun, Weinberger, 2017). */
export function createReliability(): Reliability {
  const bins = Array.from({ length: RELIABILITY_BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  return {
    add(confidence, isRight) {
      const index = Math.ceil(confidence * RELIABILITY_BINS) - 1;
      const bin = bins[Math.min(RELIABILITY_BINS - 1, Math.max(0, index))]!;
      bin.count++;
      bin.confidence += confidence;
      if (isRight) bin.right++;
    },
    bins: () =>
      bins.map(({ count, confidence, right }) => ({
        count,
        confidence: count === 0 ? 0 : confidence / count,
        accuracy: count === 0 ? 0 : right / count,
      })),
  };
}

/** The mean over predictions of their bin's distance between confidence and accuracy (Naeini, Cooper, Hauskrecht, 2015). */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return 0;
  return bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0) / total;
}
