// A convolution with strides of 1 whose output is pooled 2x2 at once: what is not a maximum never reaches memory.
import { greyConvMaxPool } from "./convPoolGrey";
import { PACKED, PATCH } from "./layout";
import { PANEL } from "./microKernel";
import { packRows } from "./pack";
import { copyPatch, setSource } from "./patch";
import { maxPoolStore } from "./poolStore";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, fma, number } from "./vector";
import { winogradMaxPool } from "./winograd";
import {
  channels,
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

export function conv2dMaxPool(args: usize): void {
  if (address(args, 2) != 0) return winogradMaxPool(args);
  if (number(args, 9) == 1) return greyConvMaxPool(args);
  readWindow(args, 6);
  const filters = number(args, 18);
  const pooledHeight = outputHeight / 2;
  const pooledWidth = outputWidth / 2;
  if (images == 0) return;
  setSource(height, width, channels, 1, 1);
  const pieces = min(ceilDivide(ENOUGH_TASKS, images), pooledHeight);
  const depth = kernelHeight * kernelWidth * channels;
  const panelBytes = <usize>(depth * PANEL) << 2;
  const packed = scratch() + PACKED;
  const patch = scratch() + PATCH;
  const columns = pooledWidth * 2 + kernelWidth - 1;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>columns * pixelBytes;
  const biases = address(args, 3);
  const winners = address(args, 5);
  const activation = number(args, 19);
  const tasks = images * pieces;
  const first = firstTask(tasks);
  const end = endTask(tasks);
  if (first < end) packRows(address(args, 1), <usize>filters << 2, depth, filters, packed, panelBytes);
  for (let task = first; task < end; task++) {
    const image = task / pieces;
    const row0 = (pooledHeight * (task % pieces)) / pieces;
    const row1 = (pooledHeight * ((task % pieces) + 1)) / pieces;
    const from = address(args, 0) + (<usize>(image * height * width * channels) << 2);
    const rows = (row1 - row0) * 2 + kernelHeight - 1;
    copyPatch(patch, from, row0 * 2 - paddingTop, 1, rows, -paddingLeft, columns, 0, channels);
    for (let filter = 0; filter < filters; filter += PANEL) {
      const panel = packed + <usize>(filter / PANEL) * panelBytes;
      const bias0 = biases == 0 ? f32x4.splat(0) : v128.load(biases + (<usize>filter << 2));
      const bias1 = biases == 0 ? f32x4.splat(0) : v128.load(biases + (<usize>filter << 2), 16);
      for (let y = row0; y < row1; y++) {
        let at = patch + <usize>((y - row0) * 2) * rowBytes;
        let cell = <usize>(((image * pooledHeight + y) * pooledWidth) * filters + filter) << 2;
        for (let x = 0; x < pooledWidth; x++) {
          const to = address(args, 4) + cell;
          const who = winners == 0 ? <usize>0 : winners + cell;
          poolKernel(at, pixelBytes, rowBytes, panel, bias0, bias1, activation, to, who, filters - filter);
          at += 2 * pixelBytes;
          cell += <usize>filters << 2;
        }
      }
    }
  }
}

/** Eight filters at the four pixels whose windows begin at `a`, one pixel on, one row on, and both. */
function poolKernel(
  a: usize,
  pixelBytes: usize,
  rowBytes: usize,
  b: usize,
  bias0: v128,
  bias1: v128,
  activation: i32,
  to: usize,
  winners: usize,
  count: i32,
): void {
  const run = kernelWidth * channels;
  let a0 = a;
  let a1 = a + pixelBytes;
  let a2 = a + rowBytes;
  let a3 = a2 + pixelBytes;
  const skip = rowBytes - (<usize>run << 2);
  let value: v128, b0: v128, b1: v128;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let row = kernelHeight; row > 0; row--) {
    let k = run;
    // Not unrolled: V8 would load everything first and run out of registers.
    for (; k > 0; k--) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      value = v128.load32_splat(a0);
      c00 = fma(value, b0, c00);
      c01 = fma(value, b1, c01);
      value = v128.load32_splat(a1);
      c10 = fma(value, b0, c10);
      c11 = fma(value, b1, c11);
      value = v128.load32_splat(a2);
      c20 = fma(value, b0, c20);
      c21 = fma(value, b1, c21);
      value = v128.load32_splat(a3);
      c30 = fma(value, b0, c30);
      c31 = fma(value, b1, c31);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      b += 32;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
    a3 += skip;
  }
  maxPoolStore(c00, c10, c20, c30, bias0, activation, to, winners, count);
  if (count > 4) {
    maxPoolStore(c01, c11, c21, c31, bias1, activation, to + 16, winners == 0 ? <usize>0 : winners + 16, count - 4);
  }
}
