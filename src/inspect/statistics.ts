/** What can be said of many numbers that were seen once, each. */
export interface Statistics {
  readonly count: number;
  /** Of the finite numbers, as are all that follow; 0 where there is none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The standard deviation, of all of them, not of a sample. */
  readonly deviation: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
}

/** Takes numbers one at a time. */
export interface StatisticsCollector {
  add(value: number): void;
  result(): Statistics;
}

/** Mean and deviation by Welford's method (1962), which loses no digits where the deviation is far below the mean. */
export function collectStatistics(): StatisticsCollector {
  let [finite, mean, squares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [zeros, nans, infinities] = [0, 0, 0];
  return {
    add(value) {
      if (value - value !== 0) {
        if (Number.isNaN(value)) nans++;
        else infinities++;
        return;
      }
      finite++;
      const before = value - mean;
      mean += before / finite;
      squares += before * (value - mean);
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros++;
    },
    result: () => ({
      count: finite + nans + infinities,
      min: finite > 0 ? min : 0,
      max: finite > 0 ? max : 0,
      mean,
      deviation: finite > 0 ? Math.sqrt(squares / finite) : 0,
      zeros,
      nans,
      infinities,
    }),
  };
}

/** The same for bytes, of which `counts[value]` is how many there are of each value. */
export function statisticsOfBytes(counts: ArrayLike<number>): Statistics {
  const values = Array.from(counts, (count, value) => ({ count, value })).filter(({ count }) => count > 0);
  const sum = (of: (value: number) => number) =>
    values.reduce((total, { count, value }) => total + count * of(value), 0);
  const count = sum(() => 1);
  const mean = count > 0 ? sum((value) => value) / count : 0;
  return {
    count,
    min: values[0]?.value ?? 0,
    max: values.at(-1)?.value ?? 0,
    mean,
    deviation: count > 0 ? Math.sqrt(sum((value) => (value - mean) ** 2) / count) : 0,
    zeros: counts[0] ?? 0,
    nans: 0,
    infinities: 0,
  };
}
