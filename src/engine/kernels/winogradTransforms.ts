// The transforms of Winograd's minimal filtering with tiles of 8 (Winograd, 1980; Lavin and Gray, 2016): polynomials
// are multiplied by their values at the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. A kernel of r taps gives
// m = 9 - r outputs a tile, so that one set of points serves kernels of 3 taps (m = 6) and of 5 (m = 4). Each
// function transforms one line of vectors, four channels at a time, from `from` to `to`, which may be the same.
import { fma } from "./vector";

/** Lines and columns of a tile. */
export const TILE: i32 = 8;
/** Bytes of one line of a tile, a vector each. */
export const LINE: usize = 128;
/** Bytes of all of them: what lies between the two directions of a transform. */
export const LINES_BYTES: usize = 8 * LINE;
/** Places of a tile: so many matrix products. */
export const PLACES: i32 = 64;

// @ts-ignore: decorator
@inline
function times(a: v128, factor: f32): v128 {
  return f32x4.mul(a, f32x4.splat(factor));
}

/** sum + a * factor */
// @ts-ignore: decorator
@inline
function plus(sum: v128, a: v128, factor: f32): v128 {
  return fma(a, f32x4.splat(factor), sum);
}

/** Eight inputs, as the data of a filter, to eight values at the points: B^T d. */
// @ts-ignore: decorator
@inline
export function transformData(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from);
  from += fromStep;
  const d1 = v128.load(from);
  from += fromStep;
  const d2 = v128.load(from);
  from += fromStep;
  const d3 = v128.load(from);
  from += fromStep;
  const d4 = v128.load(from);
  from += fromStep;
  const d5 = v128.load(from);
  from += fromStep;
  const d6 = v128.load(from);
  from += fromStep;
  const d7 = v128.load(from);
  v128.store(to, plus(f32x4.sub(d0, d6), f32x4.sub(d4, d2), 5.25));
  to += toStep;
  let even = plus(f32x4.add(d2, d6), d4, -4.25);
  let odd = plus(f32x4.add(d1, d5), d3, -4.25);
  v128.store(to, f32x4.add(even, odd));
  to += toStep;
  v128.store(to, f32x4.sub(even, odd));
  to += toStep;
  even = plus(plus(d6, d2, 0.25), d4, -1.25);
  odd = plus(plus(times(d1, 0.5), d3, -2.5), d5, 2);
  v128.store(to, f32x4.add(even, odd));
  to += toStep;
  v128.store(to, f32x4.sub(even, odd));
  to += toStep;
  even = plus(plus(d6, d2, 4), d4, -5);
  odd = plus(plus(times(d1, 2), d3, -2.5), d5, 0.5);
  v128.store(to, f32x4.add(even, odd));
  to += toStep;
  v128.store(to, f32x4.sub(even, odd));
  to += toStep;
  v128.store(to, plus(f32x4.sub(d7, d1), f32x4.sub(d3, d5), 5.25));
}

/** The seventh input with which {@link transformData} gives 0 at the point -1/2. */
// @ts-ignore: decorator
@inline
export function vanishingAtHalf(d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): v128 {
  const odd = plus(plus(times(d1, 2), d3, -2.5), d5, 0.5);
  return plus(plus(odd, d2, -4), d4, 5);
}

/** The eighth input with which it gives 0 at infinity. */
// @ts-ignore: decorator
@inline
export function vanishingAtInfinity(d1: v128, d3: v128, d5: v128): v128 {
  return plus(d1, f32x4.sub(d3, d5), -5.25);
}

/** `count` (3 to 6) coefficients to their polynomial's values at the eight points. */
// @ts-ignore: decorator
@inline
export function evaluate(count: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from);
  from += fromStep;
  const y1 = v128.load(from);
  from += fromStep;
  const y2 = v128.load(from);
  let last = y2;
  let even1 = f32x4.add(y0, y2);
  let even2 = plus(y0, y2, 4);
  let even3 = plus(y0, y2, 0.25);
  let odd1 = y1;
  let odd2 = times(y1, 2);
  let odd3 = times(y1, 0.5);
  if (count > 3) {
    from += fromStep;
    last = v128.load(from);
    odd1 = f32x4.add(odd1, last);
    odd2 = plus(odd2, last, 8);
    odd3 = plus(odd3, last, 0.125);
  }
  if (count > 4) {
    from += fromStep;
    last = v128.load(from);
    even1 = f32x4.add(even1, last);
    even2 = plus(even2, last, 16);
    even3 = plus(even3, last, 0.0625);
  }
  if (count > 5) {
    from += fromStep;
    last = v128.load(from);
    odd1 = f32x4.add(odd1, last);
    odd2 = plus(odd2, last, 32);
    odd3 = plus(odd3, last, 0.03125);
  }
  v128.store(to, y0);
  to += toStep;
  v128.store(to, f32x4.add(even1, odd1));
  to += toStep;
  v128.store(to, f32x4.sub(even1, odd1));
  to += toStep;
  v128.store(to, f32x4.add(even2, odd2));
  to += toStep;
  v128.store(to, f32x4.sub(even2, odd2));
  to += toStep;
  v128.store(to, f32x4.add(even3, odd3));
  to += toStep;
  v128.store(to, f32x4.sub(even3, odd3));
  to += toStep;
  v128.store(to, last);
}

/** The transpose of evaluate: from eight values to `count` (3 to 6) sums. */
// @ts-ignore: decorator
@inline
export function collect(count: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const v0 = v128.load(from);
  from += fromStep;
  let a = v128.load(from);
  from += fromStep;
  let b = v128.load(from);
  from += fromStep;
  const s1 = f32x4.add(a, b);
  const t1 = f32x4.sub(a, b);
  a = v128.load(from);
  from += fromStep;
  b = v128.load(from);
  from += fromStep;
  const s2 = f32x4.add(a, b);
  const t2 = f32x4.sub(a, b);
  a = v128.load(from);
  from += fromStep;
  b = v128.load(from);
  from += fromStep;
  const s3 = f32x4.add(a, b);
  const t3 = f32x4.sub(a, b);
  const v7 = v128.load(from);
  v128.store(to, f32x4.add(f32x4.add(v0, s1), f32x4.add(s2, s3)));
  to += toStep;
  v128.store(to, plus(plus(t1, t2, 2), t3, 0.5));
  to += toStep;
  let y = plus(plus(s1, s2, 4), s3, 0.25);
  if (count == 3) y = f32x4.add(y, v7);
  v128.store(to, y);
  if (count > 3) {
    to += toStep;
    y = plus(plus(t1, t2, 8), t3, 0.125);
    if (count == 4) y = f32x4.add(y, v7);
    v128.store(to, y);
  }
  if (count > 4) {
    to += toStep;
    y = plus(plus(s1, s2, 16), s3, 0.0625);
    if (count == 5) y = f32x4.add(y, v7);
    v128.store(to, y);
  }
  if (count > 5) {
    to += toStep;
    v128.store(to, f32x4.add(plus(plus(t1, t2, 32), t3, 0.03125), v7));
  }
}

/** What a value at point `i` of the kernel is multiplied by, once, so that the product comes out right. */
export function weightScale(i: i32): f32 {
  if (i == 1 || i == 2) return <f32>(-2.0 / 9.0);
  if (i == 3 || i == 4) return <f32>(1.0 / 90.0);
  if (i == 5 || i == 6) return <f32>(32.0 / 45.0);
  return 1;
}

/** A tile of 8x8 pixels of four channels from `corner` on to its 64 places, `placeBytes` apart from `to` on. */
export function transformTile(
  corner: usize,
  pixelBytes: usize,
  rowBytes: usize,
  lines: usize,
  to: usize,
  placeBytes: usize,
): void {
  for (let line: usize = 0; line < LINES_BYTES; line += LINE) {
    transformData(corner, pixelBytes, lines + line, 16);
    corner += rowBytes;
  }
  for (let column: usize = 0; column < LINE; column += 16) {
    transformData(lines + column, LINE, to, <usize>TILE * placeBytes);
    to += placeBytes;
  }
}

/**
 * Bytes from one place to the next where each has `bytes`: an odd number of cache lines, so that the 64 places of one
 * tile do not fall into the same few sets of the cache.
 */
// @ts-ignore: decorator
@inline
export function spread(bytes: usize): usize {
  return (((bytes + 63) >> 6) | 1) << 6;
}
