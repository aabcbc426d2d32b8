import type { GreyImage } from "./picture.ts";
import { addRows, alongRows, shrink, type Windows, windows } from "./resample.ts";

/** How {@link paperUnder} looks for the paper. */
export interface PaperOptions {
  /** The window, as a share of the picture's shorter side: broader than any pen's stroke. */
  readonly window: number;
  /** The longer side of the copy that the paper is looked for in, pixels: on a small one noise averages out. */
  readonly side: number;
}

/** The paper's brightness, enlarged along its rows alone: all of it would be as large as the picture. */
export interface Paper {
  /** As wide as the picture. */
  readonly rows: GreyImage;
  /** Which of the rows make each row of the picture. */
  readonly down: Windows;
}

/**
 * The brightness that the paper would have without the dark ink on it, as a small copy: a grey-level
 * closing (the greatest value in a window, then the least of these; Serra, 1982) of the rows and then the columns,
 * smoothed. It follows uneven light and fills what is narrower than the window: strokes. Paper without ink stays as it
 * is, so that a clean picture has exactly its own paper.
 */
export function paperUnder(grey: GreyImage, { window, side }: PaperOptions): Paper {
  const small = shrink(grey, side);
  const radius = Math.max(1, Math.round((window * Math.min(small.width, small.height)) / 2));
  const smooth = localMean(closing(small, radius), Math.max(1, radius >> 2));
  return {
    rows: alongRows(padByOne(smooth), windows(1, small.width / grey.width, grey.width, small.width + 2)),
    down: windows(1, small.height / grey.height, grey.height, small.height + 2),
  };
}

/** Writes the paper of the picture's row `y`: linear interpolation, the edge's values going on beyond the edge. */
export function paperOfRow({ rows, down }: Paper, y: number, row: Float32Array): void {
  addRows(row, 0, rows.data, rows.width, down, y);
}

/** The paper at one pixel, the same number as in {@link paperOfRow}. */
export function paperAt({ rows: { width, data }, down }: Paper, x: number, y: number): number {
  let at = down.first[y]! * width + x;
  let sum = 0;
  for (let k = down.begin[y]!; k < down.begin[y + 1]!; k++, at += width)
    sum = Math.fround(sum + down.weights[k]! * data[at]!);
  return sum;
}

/** The greatest value within `radius` in rows and columns, and then the least of these: what is dark and narrow is filled. */
export function closing(image: GreyImage, radius: number): GreyImage {
  return alongBothAxes(image, (line) => closeLine(line, radius), 2 * radius);
}

/** The mean over a window of 2 `radius` + 1 pixels in both directions. */
export function localMean(image: GreyImage, radius: number): GreyImage {
  return alongBothAxes(image, (line) => slideMean(line, radius), radius);
}

/** The image with `filter` applied to every row and then every column, each made longer by `margin` at both ends. */
function alongBothAxes(image: GreyImage, filter: (line: Float32Array) => void, margin: number): GreyImage {
  return turned(alongLines(turned(alongLines(image, filter, margin)), filter, margin));
}

/** `filter` leaves its result at the beginning of the line. */
function alongLines(
  { width, height, data }: GreyImage,
  filter: (line: Float32Array) => void,
  margin: number,
): GreyImage {
  const result = new Float32Array(data.length);
  const line = new Float32Array(width + 2 * margin);
  const filtered = line.subarray(0, width);
  for (let y = 0; y < height; y++) {
    extend(line, data.subarray(y * width, (y + 1) * width), margin);
    filter(line);
    result.set(filtered, y * width);
  }
  return { width, height, data: result };
}

/** Rows become columns. */
function turned({ width, height, data }: GreyImage): GreyImage {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) turnRow(result, data, y, width, height);
  return { width: height, height: width, data: result };
}

function turnRow(result: Float32Array, data: Float32Array, y: number, width: number, height: number): void {
  const from = y * width;
  for (let x = 0, to = y; x < width; x++, to += height) result[to] = data[from + x]!;
}

/** The line, going on at both ends as its own mirror image turned about the end: a slope stays a slope. */
function extend(longer: Float32Array, line: Float32Array, margin: number): void {
  const last = line.length - 1;
  const [twiceFirst, twiceLast] = [2 * line[0]!, 2 * line[last]!];
  longer.set(line, margin);
  for (let i = 1; i <= margin; i++) {
    longer[margin - i] = twiceFirst - line[Math.min(last, i)]!;
    longer[margin + last + i] = twiceLast - line[Math.max(0, last - i)]!;
  }
}

// Of every window of 2 `radius` + 1 values that fits in the line, in place, so that the result is 2 `radius` shorter. The
// extremes of windows of 1, 2, 4 ... values give those of twice as many; two of the broadest, overlapping, make the window.

function closeLine(line: Float32Array, radius: number): void {
  const size = 2 * radius + 1;
  let length = line.length;
  for (let broad = 1; broad < size; ) {
    const shift = Math.min(broad, size - broad);
    length -= shift;
    raise(line, length, shift);
    broad += shift;
  }
  for (let broad = 1; broad < size; ) {
    const shift = Math.min(broad, size - broad);
    length -= shift;
    lower(line, length, shift);
    broad += shift;
  }
}

function raise(line: Float32Array, length: number, shift: number): void {
  for (let i = 0; i < length; i++) line[i] = Math.max(line[i]!, line[i + shift]!);
}

function lower(line: Float32Array, length: number, shift: number): void {
  for (let i = 0; i < length; i++) line[i] = Math.min(line[i]!, line[i + shift]!);
}

function slideMean(line: Float32Array, radius: number): void {
  const size = 2 * radius + 1;
  let sum = 0;
  for (let i = 0; i < size - 1; i++) sum += line[i]!;
  for (let i = 0; i + size <= line.length; i++) {
    sum += line[i + size - 1]!;
    const first = line[i]!;
    line[i] = sum / size;
    sum -= first;
  }
}

function padByOne(image: GreyImage): GreyImage {
  const width = image.width + 2;
  const height = image.height + 2;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = Math.min(image.height - 1, Math.max(0, y - 1)) * image.width;
    for (let x = 0; x < width; x++)
      data[y * width + x] = image.data[from + Math.min(image.width - 1, Math.max(0, x - 1))]!;
  }
  return { width, height, data };
}
