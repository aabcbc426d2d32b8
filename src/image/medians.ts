/** The upper median; 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** The least value that, with those below it, has half of the weight; 0 of nothing. */
export function weightedMedian<T>(
  all: readonly T[],
  value: (one: T) => number,
  weight: (one: T) => number,
): number {
  const sorted = all
    .map((one) => ({ value: value(one), weight: weight(one) }))
    .sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  for (const { weight, value } of sorted) {
    below += weight;
    if (below * 2 >= total) return value;
  }
  return 0;
}
