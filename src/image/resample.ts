import type { GreyImage } from "./picture.ts";

/** A grid of windows over an image: window (i, j) begins at `x + i * stepX`, `y + j * stepY`, in source pixels. */
export interface Grid {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The mean of `source` over each window of `grid`: exact area averaging where it makes the image smaller. A
 * window narrower than a source pixel is widened to one around its middle, which is linear interpolation, so
 * the same rule enlarges smoothly. What lies outside of the source counts as 0. A grid of step 1 on whole
 * pixels copies.
 */
export function resample(source: GreyImage, grid: Grid): GreyImage {
  const columns = windows(grid.x, grid.stepX, grid.width, source.width);
  const rows = windows(grid.y, grid.stepY, grid.height, source.height);
  const data = new Float32Array(grid.width * grid.height);
  const line = new Float32Array(source.width);
  const pixels = source.data;
  for (const [j, row] of rows.entries()) {
    line.fill(0);
    for (const [k, weight] of row.weights.entries()) {
      const at = (row.first + k) * source.width;
      for (let x = 0; x < line.length; x++) line[x]! += weight * pixels[at + x]!;
    }
    for (let i = 0; i < columns.length; i++) {
      const { first, weights } = columns[i]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * line[first + k]!;
      data[j * grid.width + i] = sum;
    }
  }
  return { width: grid.width, height: grid.height, data };
}

/** The image made smaller, if need be, so that no side is longer than `maxSide` pixels. */
export function shrink(source: GreyImage, maxSide: number): GreyImage {
  const longest = Math.max(source.width, source.height);
  if (longest <= maxSide) return source;
  const width = Math.max(1, Math.round((source.width * maxSide) / longest));
  const height = Math.max(1, Math.round((source.height * maxSide) / longest));
  return resample(source, {
    x: 0,
    y: 0,
    stepX: source.width / width,
    stepY: source.height / height,
    width,
    height,
  });
}

/** The source pixels that a window covers and how much of the window each of them fills. */
interface Window {
  readonly first: number;
  readonly weights: Float64Array;
}

function windows(start: number, step: number, count: number, length: number): Window[] {
  const size = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const middle = start + (i + 0.5) * step;
    const from = middle - size / 2;
    const to = middle + size / 2;
    const first = Math.min(length, Math.max(0, Math.floor(from)));
    const last = Math.max(first, Math.min(length, Math.ceil(to)));
    const weights = new Float64Array(last - first);
    for (let k = first; k < last; k++)
      weights[k - first] = Math.max(0, Math.min(to, k + 1) - Math.max(from, k)) / size;
    return { first, weights };
  });
}
