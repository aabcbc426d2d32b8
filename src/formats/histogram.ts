/** The number of buckets that TensorBoard writes. */
const BUCKETS = 30;

/**
 * Counts `data` into 30 buckets of equal width, as TensorBoard does (`plugins/histogram/summary_v2.py`): each but the
 * last is [left, right), the last has its right edge too. Numbers that are not finite are left out.
 *
 * @returns rows of left edge, right edge, count: [30, 3], flat. Without data all zero; where all numbers are equal, all
 *   edges are that number and the last bucket has the count.
 */
export function histogramBuckets(data: ArrayLike<number>): Float64Array {
  const rows = new Float64Array(BUCKETS * 3);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return rows;
  const width = (max - min) / BUCKETS;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    rows[bucket * 3] = min + bucket * width;
    rows[bucket * 3 + 1] = bucket === BUCKETS - 1 ? max : min + (bucket + 1) * width;
  }
  const counts = new Int32Array(BUCKETS);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    // Whole, since it is not below 0; truncated by |, which is faster than a floor.
    const bucket = width > 0 ? ((value - min) / width) | 0 : BUCKETS - 1;
    counts[bucket < BUCKETS ? bucket : BUCKETS - 1]! += 1;
  }
  for (let bucket = 0; bucket < BUCKETS; bucket++) rows[bucket * 3 + 2] = counts[bucket]!;
  return rows;
}
