/** The range that a share lies in, from what was seen of it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The normal distribution's quantile of 97.5 %: 95 % lie within so many deviations. */
const DEVIATIONS = 1.959963984540054;

/**
 * The 95 % interval of a share of which `hits` of `count` were seen (Wilson, 1927). It stays within 0 and 1 and, other
 * than the mean and two standard errors, means something where all or none are hits.
 */
export function wilsonInterval(hits: number, count: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const share = hits / count;
  const square = DEVIATIONS ** 2;
  const whole = 1 + square / count;
  const middle = (share + square / (2 * count)) / whole;
  const half = (DEVIATIONS / whole) * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2));
  // At the ends the formula gives 0 and 1, but for rounding.
  return { low: hits === 0 ? 0 : middle - half, high: hits === count ? 1 : middle + half };
}
