import { f32At, i32At, mark, release, reserve, setI32 } from "./arena";
import { notAbove } from "./vector";

/** Twice the area over the outline, pixels; steps of pixels overstate an outline by 4/pi on average. */
function breadth(area: f64, outline: f64): f64 {
  return outline == 0 ? 0 : (2 * area) / ((outline * 3.141592653589793) / 4);
}

/**
 * The mean width of the strokes above `threshold` in a part of an image: a stroke's area is its length times its width, and
 * its outline about twice its length. `isWhole`: sides at the part's left and top are outline, too.
 */
export function strokeWidth(
  image: usize,
  width: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
  threshold: f64,
  isWhole: bool,
): f64 {
  const bound = notAbove(threshold);
  let area = 0;
  let outline = 0;
  for (let y = top; y < bottom; y++) {
    const row = image + (<usize>(y * width) << 2);
    const isLast = y + 1 == bottom;
    let is = f32At(row, left) > bound;
    if (is && isWhole) outline++;
    for (let x = left; x < right; x++) {
      const isNext = x + 1 < right && f32At(row, x + 1) > bound;
      if (is) area++;
      if (is !== isNext) outline++;
      if (is !== (!isLast && f32At(row, x + width) > bound)) outline++;
      if (is && isWhole && y == top) outline++;
      is = isNext;
    }
  }
  return breadth(<f64>area, <f64>outline);
}

/** On 256 levels. */
// @ts-ignore: decorator
@inline
function levelOf(value: f32): i32 {
  return min(255, <i32>(<f64>value * 255));
}

/** Makes a histogram, i32[256], of the values above `threshold`, which are 1 at most; how many there are. */
export function levels(values: usize, count: i32, threshold: f64, histogram: usize): i32 {
  const bound = notAbove(threshold);
  memory.fill(histogram, 0, 1024);
  let all = 0;
  for (let i = 0; i < count; i++) {
    const value = f32At(values, i);
    if (value <= bound) continue;
    const bin = levelOf(value);
    setI32(histogram, bin, i32At(histogram, bin) + 1);
    all++;
  }
  return all;
}

/** Those of the values above `threshold` that are in one bin of the histogram. */
export function valuesOfLevel(values: usize, count: i32, threshold: f64, bin: i32, found: usize): void {
  const bound = notAbove(threshold);
  for (let i = 0; i < count; i++) {
    const value = f32At(values, i);
    if (value <= bound || levelOf(value) != bin) continue;
    store<f32>(found, value);
    found += 4;
  }
}

/** Copies `count` runs of an image, i32[count, 2], into a crop of it at `x`, `y`, with `edge` pixels around them. */
export function copyRuns(
  image: usize,
  width: i32,
  runs: usize,
  count: i32,
  edge: i32,
  crop: usize,
  x: i32,
  y: i32,
  cropWidth: i32,
  cropHeight: i32,
): void {
  for (let k = 0; k < count; k++) {
    const from = i32At(runs, 2 * k);
    const row = from / width;
    const left = from - row * width;
    const begin = max(x, left - edge);
    const end = min(x + cropWidth, left + i32At(runs, 2 * k + 1) - from + edge);
    const last = min(y + cropHeight - 1, row + edge);
    for (let line = max(y, row - edge); line <= last; line++)
      memory.copy(
        crop + (<usize>((line - y) * cropWidth + begin - x) << 2),
        image + (<usize>(line * width + begin) << 2),
        <usize>(end - begin) << 2,
      );
  }
}

/** Makes paper of what `count` runs of an image of `width` have in a crop of it. */
export function clearRuns(
  width: i32,
  runs: usize,
  count: i32,
  crop: usize,
  x: i32,
  y: i32,
  cropWidth: i32,
  cropHeight: i32,
): void {
  for (let k = 0; k < count; k++) {
    const from = i32At(runs, 2 * k);
    const row = from / width;
    if (row < y || row >= y + cropHeight) continue;
    const left = from - row * width - x;
    const begin = max(0, left);
    const end = min(cropWidth, left + i32At(runs, 2 * k + 1) - from);
    if (begin < end)
      memory.fill(crop + (<usize>((row - y) * cropWidth + begin) << 2), 0, <usize>(end - begin) << 2);
  }
}

/** The sum of the values, and of those of them above `threshold`: f64[2]. */
export function sums(values: usize, count: i32, threshold: f64): usize {
  const bound = notAbove(threshold);
  const result = reserve(16);
  let all: f64 = 0;
  let above: f64 = 0;
  for (let i = 0; i < count; i++) {
    const value = f32At(values, i);
    all += <f64>value;
    if (value > bound) above += <f64>value;
  }
  store<f64>(result, all);
  store<f64>(result, above, 8);
  return result;
}

/**
 * The square of the least distance between pixels of two lists of runs of an image of `width`, each i32[count, 2], top to
 * bottom; Infinity where that is `within` or more.
 */
export function squaredDistance(
  ones: usize,
  count: i32,
  others: usize,
  otherCount: i32,
  width: i32,
  within: f64,
): f64 {
  const before = mark();
  const rows = rowsOf(ones, count, width);
  const otherRows = rowsOf(others, otherCount, width);
  let least = within;
  for (let y = rows.top; y < rows.bottom; y++) {
    // The nearest rows first: with what is found there, the others need not be looked at.
    const furthest = max(otherRows.bottom - 1 - y, y - otherRows.top);
    const nearest = max(0, max(y - otherRows.bottom + 1, otherRows.top - y));
    for (let down = nearest; down <= furthest && <f64>down * <f64>down < least; down++) {
      least = min(least, betweenRows(rows, y, otherRows, y + down, width));
      least = min(least, betweenRows(rows, y, otherRows, y - down, width));
    }
  }
  release(before);
  return least < within ? least : Infinity;
}

/** Runs by their rows. */
// @ts-ignore: decorator
@unmanaged
class Rows {
  top: i32;
  bottom: i32;
  /** i32[count, 2] */
  runs: usize;
  /** i32[bottom - top + 1]: the first run in each row. */
  first: usize;
}

function rowsOf(runs: usize, count: i32, width: i32): Rows {
  const rows = changetype<Rows>(reserve(offsetof<Rows>()));
  rows.runs = runs;
  rows.top = i32At(runs, 0) / width;
  rows.bottom = i32At(runs, 2 * count - 2) / width + 1;
  rows.first = reserve(<usize>(rows.bottom - rows.top + 1) << 2);
  let y = rows.top;
  for (let k = 0; k < count; k++) {
    const own = i32At(runs, 2 * k) / width;
    for (; y <= own; y++) setI32(rows.first, y - rows.top, k);
  }
  setI32(rows.first, y - rows.top, count);
  return rows;
}

/** The square of the least distance between row `y` of some runs and row `otherY` of others. */
function betweenRows(rows: Rows, y: i32, others: Rows, otherY: i32, width: i32): f64 {
  if (otherY < others.top || otherY >= others.bottom) return Infinity;
  let i = i32At(rows.first, y - rows.top);
  const end = i32At(rows.first, y - rows.top + 1);
  let k = i32At(others.first, otherY - others.top);
  const otherEnd = i32At(others.first, otherY - others.top + 1);
  const down = otherY - y;
  let least = i32.MAX_VALUE;
  while (i < end && k < otherEnd) {
    const from = i32At(rows.runs, 2 * i);
    const to = i32At(rows.runs, 2 * i + 1);
    const left = i32At(others.runs, 2 * k) - down * width;
    const right = i32At(others.runs, 2 * k + 1) - down * width;
    least = min(least, max(0, max(from - right + 1, left - to + 1)));
    if (to < right) i++;
    else k++;
  }
  if (least == i32.MAX_VALUE) return Infinity;
  return <f64>down * <f64>down + <f64>least * <f64>least;
}
