import { f32At, f64At, i32At, mark, release, reserve, setI32 } from "./arena";
import { closing, localMean, power } from "./filters";
import { averageColumns, averageRows, Windows, windows } from "./resample";
import { notAbove } from "./vector";

/** The paper's brightness as a small copy, and how it is enlarged: all of it would be as large as the picture. */
// @ts-ignore: decorator
@unmanaged
export class Paper {
  /** f32[smallHeight, smallWidth] */
  small: usize;
  smallWidth: i32;
  smallHeight: i32;
  /** Which of the small copy's pixels make each pixel of the picture, its edge going on by one pixel on every side. */
  across: Windows;
  down: Windows;
}

/** The paper of a picture [height, width] by a small copy of it: closed and smoothed. */
export function paperUnder(
  small: usize,
  smallWidth: i32,
  smallHeight: i32,
  radius: i32,
  width: i32,
  height: i32,
): Paper {
  const paper = changetype<Paper>(reserve(offsetof<Paper>()));
  paper.small = reserve((<usize>smallWidth * smallHeight) << 2);
  paper.smallWidth = smallWidth;
  paper.smallHeight = smallHeight;
  paper.across = windows(1, <f64>smallWidth / <f64>width, width, smallWidth + 2);
  paper.down = windows(1, <f64>smallHeight / <f64>height, height, smallHeight + 2);
  closing(small, smallWidth, smallHeight, radius, paper.small);
  localMean(paper.small, smallWidth, smallHeight, max(1, radius >> 2), paper.small);
  return paper;
}

/** A row of the small copy, counted with its margin. */
// @ts-ignore: decorator
@inline
function smallRow(paper: Paper, y: i32): usize {
  return paper.small + (<usize>(min(paper.smallHeight - 1, max(0, y - 1)) * paper.smallWidth) << 2);
}

/** The paper at one pixel, the same number as in a whole row. */
function paperAt(paper: Paper, x: i32, y: i32): f32 {
  const across = paper.across;
  const down = paper.down;
  const firstColumn = i32At(across.first, x) - i32At(across.begin, x);
  let row = i32At(down.first, y);
  let sum: f32 = 0;
  for (let k = i32At(down.begin, y); k < i32At(down.begin, y + 1); k++, row++) {
    const from = smallRow(paper, row);
    let own: f64 = 0;
    for (let i = i32At(across.begin, x); i < i32At(across.begin, x + 1); i++) {
      const column = min(paper.smallWidth - 1, max(0, firstColumn + i - 1));
      own += f64At(across.weights, i) * <f64>f32At(from, column);
    }
    sum = <f32>(<f64>sum + f64At(down.weights, k) * <f64><f32>own);
  }
  return sum;
}

/** Enlarged rows that lie one below the other, those that the next row of the picture needs. */
// @ts-ignore: decorator
@unmanaged
class Enlarged {
  rows: usize;
  top: i32;
  count: i32;
  /** One row of the small copy with its margin. */
  small: usize;
}

/** A row of the picture has no more than these of the small copy. */
const MOST_ROWS = 4;

function enlarged(paper: Paper): Enlarged {
  const result = changetype<Enlarged>(reserve(offsetof<Enlarged>()));
  result.rows = reserve(<usize>(MOST_ROWS * paper.across.count) << 2);
  result.small = reserve(<usize>(paper.smallWidth + 2) << 2);
  result.top = 0;
  result.count = 0;
  return result;
}

/** Writes the paper of the picture's row `y`, the rows before having been written: linear interpolation. */
function writePaper(paper: Paper, y: i32, all: Enlarged, row: usize): void {
  const down = paper.down;
  const width = paper.across.count;
  const stride = <usize>width << 2;
  const first = i32At(down.first, y);
  while (all.count > 0 && all.top < first) {
    all.count--;
    all.top++;
    memory.copy(all.rows, all.rows + stride, <usize>all.count * stride);
  }
  if (all.count == 0) all.top = first;
  const wanted = i32At(down.begin, y + 1) - i32At(down.begin, y);
  for (; all.count < wanted; all.count++) {
    const from = smallRow(paper, all.top + all.count);
    store<f32>(all.small, load<f32>(from));
    memory.copy(all.small + 4, from, <usize>paper.smallWidth << 2);
    store<f32>(all.small + (<usize>(paper.smallWidth + 1) << 2), f32At(from, paper.smallWidth - 1));
    averageColumns(all.rows + <usize>all.count * stride, all.small, paper.across);
  }
  averageRows(row, all.rows, width, down, y, all.top);
}

/** Every `step`-th pixel's paper, less the pixel itself if `light` is its image. */
export function samplePaper(paper: Paper, light: usize, pixels: i32, step: i32, sample: usize): void {
  const width = paper.across.count;
  for (let at = 0; at < pixels; at += step, sample += 4) {
    const own = paperAt(paper, at % width, at / width);
    store<f32>(sample, light == 0 ? own : own - f32At(light, at));
  }
}

/** Darker boards than this say nothing about the light on them. */
const LEAST_BOARD: f64 = 0.02;

/** Light ink on a dark board in the shade counts for at most so many times what it is. */
const MOST_LIGHTENING: f64 = 3;

/** What light ink counts for on a board of brightness `here`, where boards of the picture have mostly `typical`. */
function lightening(typical: f64, here: f64): f64 {
  const ratio = typical / max(here, 1e-3);
  return typical < LEAST_BOARD || ratio <= 1 ? 1 : min(MOST_LIGHTENING, power(ratio, 0.7));
}

/**
 * What stands out of the paper by more than `floor`, 0..1, and its histogram on 256 levels (i32). Dark ink counts as a
 * share of the light that its paper gives (at least `least`), since shade darkens ink and paper alike; light ink, for
 * which picture and paper are turned round, as the difference, more where its board is darker than is `typical`.
 */
export function inkOver(
  light: usize,
  paper: Paper,
  height: i32,
  isInkDark: bool,
  floor: f64,
  least: f64,
  typical: f64,
  ink: usize,
  histogram: usize,
): void {
  const width = paper.across.count;
  const before = mark();
  const rows = enlarged(paper);
  const row = reserve(<usize>width << 2);
  const bound = f32x4.splat(notAbove(floor));
  memory.fill(histogram, 0, 1024);
  for (let y = 0; y < height; y++) {
    writePaper(paper, y, rows, row);
    let x = 0;
    for (; x < width; x += 4, light += 16, ink += 16) {
      const count = min(4, width - x);
      if (count == 4) {
        const contrast = f32x4.sub(v128.load(row + (<usize>x << 2)), v128.load(light));
        if (!v128.any_true(f32x4.gt(contrast, bound))) {
          v128.store(ink, f32x4.splat(0)); // most pixels are paper
          continue;
        }
      }
      for (let k = 0; k < count; k++) {
        const here = f32At(row, x + k);
        const value = <f64>(here - f32At(light, k)) - floor;
        let share: f64 = 0;
        if (value > 0) {
          const full = isInkDark
            ? value / max(<f64>here - floor, least)
            : value * lightening(typical, 1 - <f64>here);
          share = min<f64>(1, full);
          const level = <i32>(share * 255 + 0.5);
          setI32(histogram, level, i32At(histogram, level) + 1);
        }
        store<f32>(ink + (<usize>k << 2), <f32>share);
      }
      if (count < 4) {
        light += <usize>count << 2;
        ink += <usize>count << 2;
        break;
      }
    }
  }
  release(before);
}

/** Every `step`-th of the values above `threshold`, no more than `most`; how many these are. */
export function sampleAbove(
  values: usize,
  count: i32,
  threshold: f64,
  step: i32,
  sample: usize,
  most: i32,
): i32 {
  const bound = notAbove(threshold);
  const bounds = f32x4.splat(bound);
  const end = values + (<usize>count << 2);
  let wait = 0;
  let found = 0;
  while (values < end) {
    if (values + 16 <= end && !v128.any_true(f32x4.gt(v128.load(values), bounds))) {
      values += 16;
      continue;
    }
    const stop = min(end, values + 16);
    for (; values < stop; values += 4) {
      const value = load<f32>(values);
      if (value <= bound) continue;
      if (wait == 0 && found < most) {
        store<f32>(sample + (<usize>found << 2), value);
        found++;
        wait = step;
      }
      wait--;
    }
  }
  return found;
}

/** The values as shares of `full`, 1 at most. */
export function stretch(values: usize, count: i32, full: f64): void {
  const end = values + (<usize>count << 2);
  const zero = f32x4.splat(0);
  while (values < end) {
    if (values + 16 <= end && !v128.any_true(f32x4.gt(v128.load(values), zero))) {
      values += 16;
      continue;
    }
    const stop = min(end, values + 16);
    for (; values < stop; values += 4) {
      const value = load<f32>(values);
      if (value > 0) store<f32>(values, <f32>min<f64>(1, <f64>value / full));
    }
  }
}
