/** A place of a curve. */
export type XY = readonly [x: number, y: number];

/**
 * An exponential moving average over `points`, corrected for its beginning as TensorBoard's: each is the weighted mean
 * of those up to it, `weight` of the way back.
 */
export function smoothed(points: readonly XY[], weight: number): readonly XY[] {
  let sum = 0;
  let weights = 0;
  return points.map(([x, y]) => {
    sum = sum * weight + y;
    weights = weights * weight + 1;
    return [x, sum / weights];
  });
}

/** At most `most` points that look the same: of each stretch the lowest and the highest, in their order. */
export function thinned(points: readonly XY[], most: number): readonly XY[] {
  if (points.length <= most) return points;
  const stretches = Math.max(1, Math.floor(most / 2));
  return Array.from({ length: stretches }, (_, i) => {
    const from = Math.floor((i * points.length) / stretches);
    const stretch = points.slice(from, Math.floor(((i + 1) * points.length) / stretches));
    const low = stretch.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = stretch.reduce((a, b) => (b[1] > a[1] ? b : a));
    return low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low];
  }).flat();
}
