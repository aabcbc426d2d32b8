import type { GreyImage } from "./picture.ts";
import { resample, shrink } from "./resample.ts";

/** How {@link paperUnder} looks for the paper. */
export interface PaperOptions {
  /** The window, as a share of the picture's shorter side: broader than any pen's stroke. */
  readonly window: number;
  /** The longer side of the copy that the paper is looked for in, pixels: on a small one noise averages out. */
  readonly side: number;
}

/**
 * The brightness that the paper would have without the dark ink on it, pixel for pixel of a small copy: a grey-level
 * closing (the greatest value in a window, then the least of these; Serra, 1982) of the rows and then the columns,
 * smoothed. It follows uneven light and fills what is narrower than the window: strokes. Paper without ink stays as it
 * is, so that a clean picture has exactly its own paper.
 */
export function paperUnder(grey: GreyImage, { window, side }: PaperOptions): GreyImage {
  const small = shrink(grey, side);
  const radius = Math.max(1, Math.round((window * Math.min(small.width, small.height)) / 2));
  const closed = closing(small, radius);
  const blur = Math.max(1, radius >> 2);
  return enlarge(
    alongBothAxes(closed, (line) => slideMean(line, blur), blur),
    grey.width,
    grey.height,
  );
}

/** The greatest value within `radius` in rows and columns, and then the least of these: what is dark and narrow is filled. */
export function closing(image: GreyImage, radius: number): GreyImage {
  return alongBothAxes(image, (line) => slideMinimum(slideMaximum(line, radius), radius), 2 * radius);
}

/** The mean over a window of 2 `radius` + 1 pixels in both directions. */
export function localMean(image: GreyImage, radius: number): GreyImage {
  return alongBothAxes(image, (line) => slideMean(line, radius), radius);
}

/** The image with `filter` applied to every row and then every column, each made longer by `margin` at both ends. */
function alongBothAxes(
  image: GreyImage,
  filter: (line: Float32Array) => Float32Array,
  margin: number,
): GreyImage {
  const { width, height } = image;
  const data = image.data.slice();
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    row.set(filter(extended(row, margin)));
  }
  const column = new Float32Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = data[y * width + x]!;
    const filtered = filter(extended(column, margin));
    for (let y = 0; y < height; y++) data[y * width + x] = filtered[y]!;
  }
  return { width, height, data };
}

/** The line, going on at both ends as its own mirror image turned about the end: a slope stays a slope. */
function extended(line: Float32Array, margin: number): Float32Array {
  const last = line.length - 1;
  const longer = new Float32Array(line.length + 2 * margin);
  longer.set(line, margin);
  for (let i = 1; i <= margin; i++) {
    longer[margin - i] = 2 * line[0]! - line[Math.min(last, i)]!;
    longer[margin + last + i] = 2 * line[last]! - line[Math.max(0, last - i)]!;
  }
  return longer;
}

// Of every window of 2 `radius` + 1 values that fits in `line`, so that the result is 2 `radius` shorter. The extremes
// of windows of 1, 2, 4 ... values give those of twice as many; two of the broadest, overlapping, make the window.

function slideMaximum(line: Float32Array, radius: number): Float32Array {
  const most = line.slice();
  const size = 2 * radius + 1;
  for (let broad = 1; broad < size; ) {
    const shift = Math.min(broad, size - broad);
    for (let i = 0; i + shift < most.length; i++) if (most[i + shift]! > most[i]!) most[i] = most[i + shift]!;
    broad += shift;
  }
  return most.subarray(0, line.length - 2 * radius);
}

function slideMinimum(line: Float32Array, radius: number): Float32Array {
  const least = line.slice();
  const size = 2 * radius + 1;
  for (let broad = 1; broad < size; ) {
    const shift = Math.min(broad, size - broad);
    for (let i = 0; i + shift < least.length; i++)
      if (least[i + shift]! < least[i]!) least[i] = least[i + shift]!;
    broad += shift;
  }
  return least.subarray(0, line.length - 2 * radius);
}

function slideMean(line: Float32Array, radius: number): Float32Array {
  const result = new Float32Array(line.length - 2 * radius);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let k = i; k <= i + 2 * radius; k++) sum += line[k]!;
    result[i] = sum / (2 * radius + 1);
  }
  return result;
}

/** Linear interpolation to `width` x `height`, the edge's values going on beyond the edge. */
function enlarge(image: GreyImage, width: number, height: number): GreyImage {
  if (image.width === width && image.height === height) return image;
  const padded = padByOne(image);
  return resample(padded, {
    x: 1,
    y: 1,
    stepX: image.width / width,
    stepY: image.height / height,
    width,
    height,
  });
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
