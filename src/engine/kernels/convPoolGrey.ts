// A convolution of images of one channel whose output is pooled 2x2 at once. With one channel a vector of channels
// would be of no use, and one of filters leaves lanes empty, so four pooled pixels lie side by side in a vector.
//
// Pooled pixel x looks at columns 2x + d + tap of rows 2y + e + tap of the image, with d and e 0 or 1. So a strip of 16
// pooled columns of each row is copied once for every d + tap, every second pixel of it, and beside each copy that of
// the row below: what four pooled pixels look at lies at the same distances for every tap.
import { PACKED, PATCH } from "./layout";
import { Activation } from "./opcodes";
import { copyPatch, setSource } from "./patch";
import { largestOf, winnerOf } from "./poolStore";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, fma, larger, number } from "./vector";
import {
  height,
  images,
  kernelHeight,
  kernelWidth,
  outputHeight,
  outputWidth,
  paddingLeft,
  paddingTop,
  readWindow,
  width,
} from "./window";

/** With fewer images than this the rows of one are cut too. */
const ENOUGH_TASKS: i32 = 8;
/** Filters that share what is read of the image. */
const PAIR: i32 = 2;

/** Pooled columns of a strip, and bytes of such a line. */
const STRIP: i32 = 16;
const LINE: usize = 64;

/** Conv2dMaxPool for one channel and strides of 1. */
export function greyConvMaxPool(args: usize): void {
  readWindow(args, 6);
  const filters = number(args, 18);
  const pooledHeight = outputHeight / 2;
  const pooledWidth = outputWidth / 2;
  if (images == 0) return;
  setSource(height, width, 1, 1, 1);
  const pieces = min(ceilDivide(ENOUGH_TASKS, images), pooledHeight);
  const weights = scratch() + PACKED;
  const tasks = images * pieces;
  const first = firstTask(tasks);
  const end = endTask(tasks);
  if (first < end) pairWeights(address(args, 1), filters, weights);
  for (let task = first; task < end; task++) {
    const image = task / pieces;
    const row0 = (pooledHeight * (task % pieces)) / pieces;
    const row1 = (pooledHeight * ((task % pieces) + 1)) / pieces;
    for (let column = 0; column < pooledWidth; column += STRIP) {
      readStrip(address(args, 0) + (<usize>(image * height * width) << 2), row0, row1, column);
      poolStrip(args, filters, image * pooledHeight + row0, row1 - row0, column);
    }
  }
}

/** Lines of the rows that pooled rows `row0` up to `row1` look at, from pooled column `column` on, to scratch. */
function readStrip(image: usize, row0: i32, row1: i32, column: i32): void {
  const rows = (row1 - row0) * 2 + kernelHeight - 1;
  const columns = STRIP * 2 + kernelWidth + 1;
  const rowBytes = 2 * <usize>(kernelWidth + 1) * LINE;
  let to = scratch() + PATCH;
  const patch = to + <usize>rows * rowBytes;
  copyPatch(patch, image, row0 * 2 - paddingTop, 1, rows, column * 2 - paddingLeft, columns, 0, 1);
  for (let row = 0; row < rows; row++) {
    const from = patch + <usize>row * (<usize>columns << 2);
    for (let shift: usize = 0; shift <= <usize>kernelWidth; shift += 2) {
      for (let x: usize = 0; x < LINE; x += 16) {
        const at = from + (shift << 2) + 2 * x;
        const a = v128.load(at);
        const b = v128.load(at, 16);
        storeLine(v128.shuffle<f32>(a, b, 0, 2, 4, 6), to + shift * 2 * LINE + x, row, rowBytes);
        if (shift == <usize>kernelWidth) continue;
        storeLine(v128.shuffle<f32>(a, b, 1, 3, 5, 7), to + (shift + 1) * 2 * LINE + x, row, rowBytes);
      }
    }
    to += rowBytes;
  }
}

/** To the row's own line and to the one beside that of the row above. */
// @ts-ignore: decorator
@inline
function storeLine(value: v128, to: usize, row: i32, rowBytes: usize): void {
  v128.store(to, value);
  if (row > 0) v128.store(to - rowBytes, value, LINE);
}

/** `rows` pooled rows of the strip that was read, the first of them row `row0` of all images. */
function poolStrip(args: usize, filters: i32, row0: i32, rows: i32, column: i32): void {
  const pooledWidth = outputWidth / 2;
  const columns = min(STRIP, pooledWidth - column);
  const rowBytes = 4 * <usize>(kernelWidth + 1) * LINE;
  const tapBytes = <usize>(kernelHeight * kernelWidth * PAIR) << 2;
  const biases = address(args, 3);
  const winners = address(args, 5);
  const activation = number(args, 19);
  let line = scratch() + PATCH;
  for (let row = 0; row < rows; row++) {
    const cells = ((row0 + row) * pooledWidth + column) * filters;
    let weights = scratch() + PACKED;
    for (let filter = 0; filter < filters; filter += PAIR) {
      const bias0 = biases == 0 ? f32x4.splat(0) : v128.load32_splat(biases + (<usize>filter << 2));
      const bias1 = biases == 0 ? f32x4.splat(0) : v128.load32_splat(biases + (<usize>filter << 2), 4);
      const isPair = filter + 1 < filters;
      for (let x = 0; x < columns; x += 4) {
        const offset = <usize>(cells + x * filters + filter) << 2;
        const y = address(args, 4) + offset;
        const who = winners == 0 ? <usize>0 : winners + offset;
        const from = line + (<usize>x << 2);
        pairKernel(from, weights, bias0, bias1, activation, y, who, filters, min(4, columns - x), isPair);
      }
      weights += tapBytes;
    }
    line += rowBytes;
  }
}

/** weights [taps, filters] to [filters / 2][taps][2], with zeros where the last filter is alone. */
function pairWeights(weights: usize, filters: i32, to: usize): void {
  const taps = kernelHeight * kernelWidth;
  for (let filter = 0; filter < filters; filter += PAIR) {
    for (let tap = 0; tap < taps; tap++) {
      const from = weights + (<usize>(tap * filters + filter) << 2);
      store<f32>(to, load<f32>(from));
      store<f32>(to, filter + 1 < filters ? load<f32>(from, 4) : 0, 4);
      to += 8;
    }
  }
}

/** Two filters at four pooled pixels, whose first taps' vectors begin at `at`. */
function pairKernel(
  at: usize,
  weights: usize,
  bias0: v128,
  bias1: v128,
  activation: i32,
  to: usize,
  winners: usize,
  filters: i32,
  count: i32,
  isPair: bool,
): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  const rowWeights = <usize>(kernelWidth * PAIR) << 2;
  for (let row = kernelHeight; row > 0; row--) {
    for (const end = weights + rowWeights; weights < end; weights += 8) {
      const w0 = v128.load32_splat(weights);
      const w1 = v128.load32_splat(weights, 4);
      let x = v128.load(at);
      a = fma(x, w0, a);
      e = fma(x, w1, e);
      x = v128.load(at, LINE);
      c = fma(x, w0, c);
      g = fma(x, w1, g);
      x = v128.load(at, 2 * LINE);
      b = fma(x, w0, b);
      f = fma(x, w1, f);
      x = v128.load(at, 3 * LINE);
      d = fma(x, w0, d);
      h = fma(x, w1, h);
      at += 2 * LINE;
    }
    at += 2 * LINE;
  }
  const first = largestOf(a, b, c, d);
  const second = largestOf(e, f, g, h);
  let y0 = f32x4.add(first, bias0);
  let y1 = f32x4.add(second, bias1);
  const pixelBytes = <usize>filters << 2;
  if (winners != 0) {
    const winner0 = winnerOf(a, b, c, first, y0, activation);
    const winner1 = winnerOf(e, f, g, second, y1, activation);
    storePixels(winner0, winner1, winners, pixelBytes, count, isPair);
  }
  if (activation == Activation.Relu) {
    y0 = larger(y0, f32x4.splat(0));
    y1 = larger(y1, f32x4.splat(0));
  }
  storePixels(y0, y1, to, pixelBytes, count, isPair);
}

/** The first `count` lanes of two filters, each lane to a pixel of its own; of the second filter only where there is one. */
// @ts-ignore: decorator
@inline
function storePixels(first: v128, second: v128, to: usize, pixelBytes: usize, count: i32, isPair: bool): void {
  if (isPair && count == 4) {
    const low = v128.shuffle<f32>(first, second, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(first, second, 2, 6, 3, 7);
    v128.store_lane<f64>(to, low, 0);
    to += pixelBytes;
    v128.store_lane<f64>(to, low, 1);
    to += pixelBytes;
    v128.store_lane<f64>(to, high, 0);
    to += pixelBytes;
    v128.store_lane<f64>(to, high, 1);
    return;
  }
  storeLanes(first, to, pixelBytes, count);
  if (isPair) storeLanes(second, to + 4, pixelBytes, count);
}

// @ts-ignore: decorator
@inline
function storeLanes(value: v128, to: usize, pixelBytes: usize, count: i32): void {
  v128.store_lane<f32>(to, value, 0);
  if (count > 1) v128.store_lane<f32>(to + pixelBytes, value, 1);
  if (count > 2) v128.store_lane<f32>(to + 2 * pixelBytes, value, 2);
  if (count > 3) v128.store_lane<f32>(to + 3 * pixelBytes, value, 3);
}
