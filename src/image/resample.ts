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
  // The axis first that leaves the least to do for the other.
  return grid.height < source.height
    ? alongRows(alongColumns(source, rows), columns)
    : alongColumns(alongRows(source, columns), rows);
}

// The inner loops are functions of their own: most processes read one picture, and V8 optimizes a small function that
// is called for every row long before it optimizes a large one that is called once.

function alongColumns({ width, data }: GreyImage, rows: readonly Window[]): GreyImage {
  const result = new Float32Array(width * rows.length);
  for (let j = 0; j < rows.length; j++) {
    const { first, weights } = rows[j]!;
    const line = result.subarray(j * width, (j + 1) * width);
    for (let k = 0; k < weights.length; k++) addRow(line, data, (first + k) * width, weights[k]!);
  }
  return { width, height: rows.length, data: result };
}

function alongRows({ width, height, data }: GreyImage, columns: readonly Window[]): GreyImage {
  const result = new Float32Array(columns.length * height);
  for (let y = 0; y < height; y++) {
    const line = data.subarray(y * width, (y + 1) * width);
    for (let i = 0; i < columns.length; i++) result[y * columns.length + i] = meanOver(line, columns[i]!);
  }
  return { width: columns.length, height, data: result };
}

function addRow(line: Float32Array, pixels: Float32Array, at: number, weight: number): void {
  for (let x = 0; x < line.length; x++) line[x]! += weight * pixels[at + x]!;
}

function meanOver(line: Float32Array, { first, weights }: Window): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * line[first + k]!;
  return sum;
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
