import type { GreyImage } from "./picture.ts";
import { resample, shrink } from "./resample.ts";

/** Side of the small copy that the paper is looked for in, pixels: noise averages out and the work is little. */
const SMALL_SIDE = 64;

/** The window of the closing, as a share of the picture's shorter side: broader than any pen's stroke. */
const WINDOW_SHARE = 0.35;

/**
 * The brightness that the paper would have without the dark ink on it, pixel for pixel: a grey-level closing
 * (the greatest value in a window, then the least of these; Serra, 1982) of the rows and then the columns of a
 * small copy, smoothed and enlarged again. It follows uneven light and fills what is narrower than the window:
 * strokes. Paper without ink stays as it is, so that a clean picture has exactly its own paper.
 */
export function paperUnder(grey: GreyImage): GreyImage {
  const small = shrink(grey, SMALL_SIDE);
  const radius = Math.max(1, Math.round((WINDOW_SHARE * Math.min(small.width, small.height)) / 2));
  const closed = alongBothAxes(
    small,
    (line) => slide(slide(line, radius, maximum), radius, minimum),
    2 * radius,
  );
  const blur = Math.max(1, radius >> 2);
  return enlarge(
    alongBothAxes(closed, (line) => slide(line, blur, mean), blur),
    grey.width,
    grey.height,
  );
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
  return Float32Array.from({ length: line.length + 2 * margin }, (_, i) => {
    const at = i - margin;
    if (at < 0) return 2 * line[0]! - line[Math.min(last, -at)]!;
    if (at > last) return 2 * line[last]! - line[Math.max(0, 2 * last - at)]!;
    return line[at]!;
  });
}

/** `summary` of every window of 2 `radius` + 1 values that fits in `line`: the result is 2 `radius` shorter. */
function slide(line: Float32Array, radius: number, summary: (window: Float32Array) => number): Float32Array {
  const size = 2 * radius + 1;
  return Float32Array.from({ length: line.length - size + 1 }, (_, i) => summary(line.subarray(i, i + size)));
}

function maximum(values: Float32Array): number {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}

function minimum(values: Float32Array): number {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i]!);
  return least;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
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
