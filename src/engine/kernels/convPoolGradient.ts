// The gradients of a convolution that was pooled 2x2. Of four pixels one at most has a gradient, the winner, and none
// where the ReLU was at 0, so instead of products of matrices that are mostly zeros each winner is taken by itself:
// its window of x, times dy, goes to the weights, and the weights, times dy, go to its window of dx.
import { gather } from "./gather";
import { PACKED, PATCH } from "./layout";
import { CONV_POOL_PARTS } from "./opcodes";
import { copyPatch, setSource } from "./patch";
import { barrier, endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, copyCells, fma, number, zeroCells } from "./vector";
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

let pooledHeight: i32 = 0;
let pooledWidth: i32 = 0;
let filters: i32 = 0;
/** Cells of one row of the kernel, over all its columns and channels: they lie side by side in the image. */
let run: i32 = 0;
/** The same in whole vectors, which is how partial sums and the copied weights are laid out. */
let runVectors: i32 = 0;
/** Cells of one row of the image with its padding. */
let rowCells: i32 = 0;
let rows: i32 = 0;

export function conv2dMaxPoolGradient(args: usize): void {
  readWindow(args, 8);
  filters = number(args, 20);
  pooledHeight = outputHeight / 2;
  pooledWidth = outputWidth / 2;
  run = kernelWidth * channels;
  runVectors = ceilDivide(run, 4);
  rows = pooledHeight * 2 + kernelHeight - 1;
  rowCells = (pooledWidth * 2 + kernelWidth - 1) * channels;
  setSource(height, width, channels, 1, 1);
  const x = address(args, 0);
  const weights = address(args, 1);
  const dy = address(args, 2);
  const winners = address(args, 3);
  const dx = address(args, 6);
  const partials = address(args, 7);
  const filterCells = kernelHeight * runVectors * 4;
  const partCells = filters * (filterCells + 1);

  // Scratch: the lists of winners and the copied weights; x with its padding and dx with its padding.
  const lists = scratch() + PACKED;
  const listBytes = <usize>(pooledHeight * pooledWidth) << 3;
  const copied = lists + <usize>filters * (listBytes + 16);
  const patch = scratch() + PATCH;
  // Whole vectors at the end of a row reach beyond it.
  const patchBytes = (<usize>(rows * rowCells) << 2) + 64;
  const gradient = patch + patchBytes;

  const first = firstTask(CONV_POOL_PARTS);
  const end = endTask(CONV_POOL_PARTS);
  if (first < end && dx != 0) copyWeights(weights, copied);
  for (let part = first; part < end; part++) {
    const sums = partials + (<usize>(part * partCells) << 2);
    const biases = sums + (<usize>(filters * filterCells) << 2);
    zeroCells(sums, partCells);
    const last = (images * (part + 1)) / CONV_POOL_PARTS;
    for (let image = (images * part) / CONV_POOL_PARTS; image < last; image++) {
      const cells = <usize>(image * pooledHeight * pooledWidth * filters) << 2;
      const from = x + (<usize>(image * height * width * channels) << 2);
      copyPatch(patch, from, -paddingTop, 1, rows, -paddingLeft, rowCells / channels, 0, channels);
      for (let filter: usize = 0; filter < <usize>filters; filter++) {
        const list = lists + filter * (listBytes + 16);
        const offset = cells + (filter << 2);
        store<u32>(list, <u32>listWinners(dy + offset, winners + offset, biases + (filter << 2), list + 8));
        addToWeights(list, patch, sums + filter * (<usize>filterCells << 2));
      }
      if (dx != 0) {
        zeroCells(gradient, rows * rowCells + 4);
        for (let filter: usize = 0; filter < <usize>filters; filter++) {
          const list = lists + filter * (listBytes + 16);
          addToInput(list, copied + filter * (<usize>filterCells << 2), gradient);
        }
        cutPadding(gradient, dx + (<usize>(image * height * width * channels) << 2));
      }
    }
  }
  barrier();
  addParts(partials, partCells, filterCells, address(args, 4), address(args, 5));
}

/** weights [kernelHeight, run, filters] to [filters][kernelHeight][whole vectors of run], zeros at the ends. */
function copyWeights(weights: usize, to: usize): void {
  const step = <usize>filters << 2;
  for (let filter: usize = 0; filter < <usize>filters; filter++) {
    let from = weights + (filter << 2);
    for (let row = 0; row < kernelHeight; row++) {
      for (let i = 0; i < runVectors * 4; i++) {
        if (i < run) {
          store<f32>(to, load<f32>(from));
          from += step;
        } else store<f32>(to, 0);
        to += 4;
      }
    }
  }
}

/** Lists where in the image each winner's window begins, in bytes, and its dy, column by column; gives their number. */
function listWinners(dy: usize, winners: usize, dbias: usize, list: usize): i32 {
  const pixel = <usize>filters << 2;
  const pixelRow = <usize>pooledWidth * pixel;
  const channelBytes = channels << 2;
  let entry = list;
  for (let px = 0; px < pooledWidth; px++) {
    let at = <usize>px * pixel;
    let corner = 2 * px * channelBytes;
    for (let py = 0; py < pooledHeight; py++) {
      const winner = load<i32>(winners + at);
      const value = load<f32>(dy + at);
      store<i32>(entry, corner + (winner & 1) * channelBytes + (winner >> 1) * (rowCells << 2));
      store<f32>(entry, value, 4);
      // Written always and kept where there is one: whether there is cannot be foreseen, so it is no branch.
      const isWinner = <i32>(winner < 4);
      entry += <usize>(isWinner << 3);
      at += pixelRow;
      corner += 2 * (rowCells << 2);
    }
  }
  store<f32>(dbias, load<f32>(dbias) + sumOf(list, entry));
  return <i32>((entry - list) >> 3);
}

/** The sum of a list's values, every fourth to a sum of its own, since to add to one takes longer than to read. */
function sumOf(entry: usize, end: usize): f32 {
  let a: f32 = 0;
  let b: f32 = 0;
  let c: f32 = 0;
  let d: f32 = 0;
  for (; entry + 32 <= end; entry += 32) {
    a += load<f32>(entry, 4);
    b += load<f32>(entry, 12);
    c += load<f32>(entry, 20);
    d += load<f32>(entry, 28);
  }
  for (; entry < end; entry += 8) a += load<f32>(entry, 4);
  return a + b + (c + d);
}

/** sums [kernelHeight][runVectors] += the winners' windows of x times their dy. */
function addToWeights(list: usize, patch: usize, sums: usize): void {
  const count = load<i32>(list);
  if (count == 0) return;
  list += 8;
  const end = list + (<usize>count << 3);
  let row = 0;
  // Short rows, as those of 5x5 kernels of one channel, are taken three at a time: six sums are held in registers, ten are not.
  for (; runVectors == 2 && row + 3 <= kernelHeight; row += 3) {
    addThreeRows(list, end, patch + (<usize>(row * rowCells) << 2), sums);
    sums += 96;
  }
  for (; runVectors == 2 && row + 2 <= kernelHeight; row += 2) {
    addTwoRows(list, end, patch + (<usize>(row * rowCells) << 2), sums);
    sums += 64;
  }
  for (; row < kernelHeight; row++) {
    gather(list, end, patch + (<usize>(row * rowCells) << 2), sums, runVectors * 4, true);
    sums += <usize>runVectors << 4;
  }
}

/** Three rows of a kernel, of up to 8 cells each. */
function addThreeRows(entry: usize, end: usize, patch: usize, sums: usize): void {
  const step = <usize>rowCells << 2;
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  let s4 = v128.load(sums, 64);
  let s5 = v128.load(sums, 80);
  for (; entry < end; entry += 8) {
    let at = patch + load<u32>(entry);
    const dy = v128.load32_splat(entry, 4);
    s0 = fma(dy, v128.load(at), s0);
    s1 = fma(dy, v128.load(at, 16), s1);
    at += step;
    s2 = fma(dy, v128.load(at), s2);
    s3 = fma(dy, v128.load(at, 16), s3);
    at += step;
    s4 = fma(dy, v128.load(at), s4);
    s5 = fma(dy, v128.load(at, 16), s5);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
}

/** Two rows of a kernel, of up to 8 cells each. */
function addTwoRows(entry: usize, end: usize, patch: usize, sums: usize): void {
  const step = <usize>rowCells << 2;
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  for (; entry < end; entry += 8) {
    let at = patch + load<u32>(entry);
    const dy = v128.load32_splat(entry, 4);
    s0 = fma(dy, v128.load(at), s0);
    s1 = fma(dy, v128.load(at, 16), s1);
    at += step;
    s2 = fma(dy, v128.load(at), s2);
    s3 = fma(dy, v128.load(at, 16), s3);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
}

/** The winners' windows of dx += their dy times the filter's weights. */
function addToInput(list: usize, weights: usize, gradient: usize): void {
  const count = load<i32>(list);
  if (count == 0) return;
  list += 8;
  const end = list + (<usize>count << 3);
  for (let row = 0; row < kernelHeight; row++) {
    let left = runVectors;
    let to = gradient + (<usize>(row * rowCells) << 2);
    for (; left >= 8; left -= 8) {
      spreadEight(list, end, weights, to);
      to += 128;
      weights += 128;
    }
    for (; left > 0; left--) {
      spreadOne(list, end, weights, to);
      to += 16;
      weights += 16;
    }
  }
}

function spreadEight(entry: usize, end: usize, weights: usize, to: usize): void {
  const w0 = v128.load(weights);
  const w1 = v128.load(weights, 16);
  const w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48);
  const w4 = v128.load(weights, 64);
  const w5 = v128.load(weights, 80);
  const w6 = v128.load(weights, 96);
  const w7 = v128.load(weights, 112);
  for (; entry < end; entry += 8) {
    const at = to + load<u32>(entry);
    const dy = v128.load32_splat(entry, 4);
    v128.store(at, fma(dy, w0, v128.load(at)));
    v128.store(at, fma(dy, w1, v128.load(at, 16)), 16);
    v128.store(at, fma(dy, w2, v128.load(at, 32)), 32);
    v128.store(at, fma(dy, w3, v128.load(at, 48)), 48);
    v128.store(at, fma(dy, w4, v128.load(at, 64)), 64);
    v128.store(at, fma(dy, w5, v128.load(at, 80)), 80);
    v128.store(at, fma(dy, w6, v128.load(at, 96)), 96);
    v128.store(at, fma(dy, w7, v128.load(at, 112)), 112);
  }
}

function spreadOne(entry: usize, end: usize, weights: usize, to: usize): void {
  const w = v128.load(weights);
  for (; entry < end; entry += 8) {
    const at = to + load<u32>(entry);
    v128.store(at, fma(v128.load32_splat(entry, 4), w, v128.load(at)));
  }
}

/** Copies the image without its padding to dx; rows and columns that no window covered are zero. */
function cutPadding(gradient: usize, to: usize): void {
  const rowLength = width * channels;
  const covered = min(rowCells - paddingLeft * channels, rowLength);
  for (let y = 0; y < height; y++) {
    const row = y + paddingTop;
    if (row < rows) {
      copyCells(to, gradient + (<usize>(row * rowCells + paddingLeft * channels) << 2), covered);
      zeroCells(to + (<usize>covered << 2), rowLength - covered);
    } else zeroCells(to, rowLength);
    to += <usize>rowLength << 2;
  }
}

/** Adds the parts up, in order, and brings the sums into the weights' own order. */
function addParts(partials: usize, partCells: i32, filterCells: i32, dweights: usize, dbias: usize): void {
  const partBytes = <usize>partCells << 2;
  const step = <usize>filters << 2;
  const end = endTask(filters);
  const line = scratch() + PACKED;
  for (let filter = firstTask(filters); filter < end; filter++) {
    let to = dweights + (<usize>filter << 2);
    for (let row = 0; row < kernelHeight; row++) {
      const from = partials + (<usize>(filter * filterCells + row * runVectors * 4) << 2);
      for (let i: usize = 0; i < <usize>runVectors << 4; i += 16) {
        let sum = v128.load(from + i);
        for (let part = 1; part < CONV_POOL_PARTS; part++) {
          sum = f32x4.add(sum, v128.load(from + <usize>part * partBytes + i));
        }
        v128.store(line + i, sum);
      }
      for (let i = 0; i < run; i++) {
        store<f32>(to, load<f32>(line + (<usize>i << 2)));
        to += step;
      }
    }
    if (dbias != 0) {
      let sum: f32 = 0;
      for (let part = 0; part < CONV_POOL_PARTS; part++) {
        sum += load<f32>(partials + <usize>part * partBytes + (<usize>(filters * filterCells + filter) << 2));
      }
      store<f32>(dbias + (<usize>filter << 2), sum);
    }
  }
}
