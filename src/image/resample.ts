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

function alongColumns({ width, data }: GreyImage, rows: Windows): GreyImage {
  const height = rows.first.length;
  const result = new Float32Array(width * height);
  for (let j = 0; j < height; j++) addRows(result, j * width, data, width, rows, j);
  return { width, height, data: result };
}

/** The image with every row averaged over `columns`. */
export function alongRows({ width, height, data }: GreyImage, columns: Windows): GreyImage {
  const count = columns.first.length;
  const result = new Float32Array(count * height);
  for (let y = 0; y < height; y++) averageRow(result, y * count, data, y * width, columns);
  return { width: count, height, data: result };
}

/** Writes the mean of the rows in window `j` to the row of `result` that begins at `to`. */
export function addRows(
  result: Float32Array,
  to: number,
  data: Float32Array,
  width: number,
  { first, begin, weights }: Windows,
  j: number,
): void {
  const end = begin[j + 1]!;
  let from = first[j]! * width;
  let k = begin[j]!;
  if (k === end) result.fill(0, to, to + width);
  if (k < end) {
    if (k + 1 < end) setTwoRows(result, to, data, from, width, weights[k]!, weights[k + 1]!);
    else setRow(result, to, data, from, width, weights[k]!);
    k += 2;
    from += 2 * width;
  }
  for (; k < end; k++, from += width) addRow(result, to, data, from, width, weights[k]!);
}

function setRow(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  width: number,
  weight: number,
): void {
  for (let x = 0; x < width; x++) result[to + x] = weight * data[from + x]!;
}

function setTwoRows(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  width: number,
  upper: number,
  lower: number,
): void {
  const below = from + width;
  for (let x = 0; x < width; x++)
    result[to + x] = Math.fround(upper * data[from + x]!) + lower * data[below + x]!;
}

function addRow(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  width: number,
  weight: number,
): void {
  for (let x = 0; x < width; x++) result[to + x]! += weight * data[from + x]!;
}

function averageRow(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  { first, begin, weights }: Windows,
): void {
  let k = 0;
  for (let i = 0; i < first.length; i++) {
    const end = begin[i + 1]!;
    let at = from + first[i]!;
    let sum = 0;
    for (; k < end; k++) sum += weights[k]! * data[at++]!;
    result[to + i] = sum;
  }
}

/** The longer side of the copy for a first look at a picture, pixels. */
export const LOOK_SIDE = 512;

/** Copies that were made of an image, by their longest side. */
const copies = new WeakMap<GreyImage, Map<number, GreyImage>>();

/**
 * The image made smaller, if need be, so that no side is longer than `maxSide` pixels. A second copy of the same size is
 * the first one: several steps look at the same small copies.
 */
export function shrink(source: GreyImage, maxSide: number): GreyImage {
  const longest = Math.max(source.width, source.height);
  if (longest <= maxSide) return source;
  const ofSource = copies.get(source) ?? new Map<number, GreyImage>();
  const known = ofSource.get(maxSide);
  if (known !== undefined) return known;
  const width = Math.max(1, Math.round((source.width * maxSide) / longest));
  const height = Math.max(1, Math.round((source.height * maxSide) / longest));
  const [stepX, stepY] = [source.width / width, source.height / height];
  const copy = resample(source, { x: 0, y: 0, stepX, stepY, width, height });
  copies.set(source, ofSource.set(maxSide, copy));
  return copy;
}

/** The source pixels that each window covers and how much of the window each of them fills. */
export interface Windows {
  /** The first pixel of each window. */
  readonly first: Int32Array;
  /** Where each window's weights begin; one more than there are windows. */
  readonly begin: Int32Array;
  readonly weights: Float64Array;
}

export function windows(start: number, step: number, count: number, length: number): Windows {
  const size = Math.max(1, step);
  const firsts = new Int32Array(count);
  const begin = new Int32Array(count + 1);
  const weights = new Float64Array(count * (Math.ceil(size) + 2));
  let filled = 0;
  for (let i = 0; i < count; i++) {
    const middle = start + (i + 0.5) * step;
    const from = middle - size / 2;
    const to = middle + size / 2;
    const first = Math.min(length, Math.max(0, Math.floor(from)));
    const last = Math.max(first, Math.min(length, Math.ceil(to)));
    for (let k = first; k < last; k++)
      weights[filled++] = Math.max(0, Math.min(to, k + 1) - Math.max(from, k)) / size;
    firsts[i] = first;
    begin[i + 1] = filled;
  }
  return { first: firsts, begin, weights };
}
