// Batch normalisation (Ioffe and Szegedy, 2015) of [rows, channels], where the rows are all pixels of all images: in
// training by the batch's own statistics, in prediction by the moving ones. Sums are taken over parts of the rows first and
// then over the parts, so that their order depends on the shape alone.
import { Activation, BATCH_NORM_PARTS } from "./opcodes";
import { activate } from "./tile";
import { barrier, endTask, firstTask } from "./threads";
import { address, ceilDivide, fma, number, storeFirst } from "./vector";

/** Rows whose sum is added to the part's sum at once: keeps the rounding error of long sums small. */
const BATCH_ROWS: i32 = 256;
/** Elements that a task of those that take each element by itself has, about: they stay in the first cache. */
const RUN: i32 = 4096;
/** Channels of a task that adds up the parts: a cache line. */
const LINE: i32 = 16;

// @ts-ignore: decorator
@inline
function real(args: usize, index: i32): f32 {
  return reinterpret<f32>(number(args, index));
}

/** Four of a tensor of channels from `offset` bytes on; `absent` where the layer does without it. */
// @ts-ignore: decorator
@inline
function channelsAt(tensor: usize, offset: usize, absent: f32): v128 {
  return tensor == 0 ? f32x4.splat(absent) : v128.load(tensor + offset);
}

/**
 * x, gamma, beta, y, mean, inverse, movingMean, movingVariance, sums, randomState, rows, channels, activation, momentum,
 * epsilon
 */
export function batchNorm(args: usize): void {
  const rows = number(args, 10);
  const channels = number(args, 11);
  if (rows == 0) return;
  const x = address(args, 0);
  const mean = address(args, 4);
  const inverse = address(args, 5);
  const sums = address(args, 8);
  const pitch = <usize>channels << 2;
  const partRows = ceilDivide(rows, BATCH_NORM_PARTS);
  const endPart = endTask(BATCH_NORM_PARTS);
  for (let part = firstTask(BATCH_NORM_PARTS); part < endPart; part++) {
    const row0 = min(part * partRows, rows);
    const count = min(row0 + partRows, rows) - row0;
    const to = sums + <usize>part * 2 * pitch;
    for (let c = 0; c < channels; c += 4) {
      sumColumns(x + (<usize>c << 2), <usize>row0 * pitch, pitch, count, to + (<usize>c << 2), channels - c);
    }
  }
  barrier();

  const share = f32x4.splat(<f32>1 / <f32>rows);
  const one = f32x4.splat(1);
  const epsilon = f32x4.splat(real(args, 14));
  const step = <f32>load<i32>(address(args, 9), 4);
  const kept = min<f32>(real(args, 13), (1 + step) / (10 + step));
  const keep = f32x4.splat(kept);
  const rest = f32x4.splat(1 - kept);
  const lines = ceilDivide(channels, LINE);
  const end = min(endTask(lines) * LINE, channels);
  for (let c = firstTask(lines) * LINE; c < end; c += 4) {
    const at = <usize>c << 2;
    const distance = f32x4.mul(sumParts(sums + at, pitch), share);
    const square = f32x4.mul(sumParts(sums + pitch + at, pitch), share);
    const center = f32x4.add(v128.load(x + at), distance);
    const variance = f32x4.max(f32x4.sub(square, f32x4.mul(distance, distance)), f32x4.splat(0));
    storeFirst(mean + at, center, channels - c);
    storeFirst(inverse + at, f32x4.div(one, f32x4.sqrt(f32x4.add(variance, epsilon))), channels - c);
    const means = address(args, 6) + at;
    const variances = address(args, 7) + at;
    storeFirst(means, fma(keep, v128.load(means), f32x4.mul(rest, center)), channels - c);
    storeFirst(variances, fma(keep, v128.load(variances), f32x4.mul(rest, variance)), channels - c);
  }
  barrier();
  normalize(x, address(args, 1), address(args, 2), mean, inverse, address(args, 3), rows, channels, number(args, 12));
}

/** Sums of four columns' distances from the first row of all, and of their squares, to `to` and `pitch` further. */
function sumColumns(x: usize, from: usize, pitch: usize, rows: i32, to: usize, count: i32): void {
  // Near the mean, so that the variance is no small difference of large numbers.
  const origin = v128.load(x);
  let sum = f32x4.splat(0);
  let square = f32x4.splat(0);
  let at = x + from;
  for (; rows > 0; rows -= BATCH_ROWS) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    for (let i = min(rows, BATCH_ROWS); i > 0; i--) {
      const distance = f32x4.sub(v128.load(at), origin);
      a = f32x4.add(a, distance);
      b = fma(distance, distance, b);
      at += pitch;
    }
    sum = f32x4.add(sum, a);
    square = f32x4.add(square, b);
  }
  storeFirst(to, sum, count);
  storeFirst(to + pitch, square, count);
}

/** The sum over the parts of what lies at `from` in the first; each has two rows of channels. */
function sumParts(from: usize, pitch: usize): v128 {
  let sum = v128.load(from);
  for (let part = 1; part < BATCH_NORM_PARTS; part++) {
    from += 2 * pitch;
    sum = f32x4.add(sum, v128.load(from));
  }
  return sum;
}

/** f((x - center) scale + shift) of four columns of some rows. */
// @ts-ignore: decorator
@inline
function normalizeRows(
  from: usize,
  to: usize,
  rows: i32,
  pitch: usize,
  center: v128,
  scale: v128,
  shift: v128,
  activation: i32,
  count: i32,
): void {
  for (; rows > 0; rows--) {
    const z = fma(f32x4.sub(v128.load(from), center), scale, shift);
    storeFirst(to, activate(z, activation), count);
    from += pitch;
    to += pitch;
  }
}

/** y = f((x - mean) inverse gamma + beta) */
function normalize(
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  inverse: usize,
  y: usize,
  rows: i32,
  channels: i32,
  activation: i32,
): void {
  const pitch = <usize>channels << 2;
  const taskRows = max(RUN / channels, 1);
  const tasks = ceilDivide(rows, taskRows);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const row = task * taskRows;
    const count = min(taskRows, rows - row);
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const center = v128.load(mean + at);
      const scale = f32x4.mul(channelsAt(gamma, at, 1), v128.load(inverse + at));
      const shift = channelsAt(beta, at, 0);
      const offset = <usize>row * pitch + at;
      normalizeRows(x + offset, y + offset, count, pitch, center, scale, shift, activation, channels - c);
    }
  }
}

/** x, gamma, beta, movingMean, movingVariance, y, rows, channels, activation, epsilon */
export function batchNormInference(args: usize): void {
  const rows = number(args, 6);
  const channels = number(args, 7);
  const activation = number(args, 8);
  const epsilon = f32x4.splat(real(args, 9));
  const pitch = <usize>channels << 2;
  const taskRows = max(RUN / channels, 1);
  const tasks = ceilDivide(rows, taskRows);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const row = task * taskRows;
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const center = v128.load(address(args, 3) + at);
      const scale = movingScale(address(args, 1), address(args, 4), at, epsilon);
      const shift = channelsAt(address(args, 2), at, 0);
      const offset = <usize>row * pitch + at;
      const count = min(taskRows, rows - row);
      const x = address(args, 0) + offset;
      normalizeRows(x, address(args, 5) + offset, count, pitch, center, scale, shift, activation, channels - c);
    }
  }
}

/** gamma / sqrt(variance + epsilon) */
// @ts-ignore: decorator
@inline
function movingScale(gamma: usize, variance: usize, at: usize, epsilon: v128): v128 {
  return f32x4.div(channelsAt(gamma, at, 1), f32x4.sqrt(f32x4.add(v128.load(variance + at), epsilon)));
}

/** weights, bias, gamma, beta, movingMean, movingVariance, folded, foldedBias, rows, filters, epsilon */
export function foldBatchNorm(args: usize): void {
  const rows = number(args, 8);
  const filters = number(args, 9);
  const epsilon = f32x4.splat(real(args, 10));
  const pitch = <usize>filters << 2;
  const lines = ceilDivide(filters, LINE);
  const end = min(endTask(lines) * LINE, filters);
  for (let c = firstTask(lines) * LINE; c < end; c += 4) {
    const at = <usize>c << 2;
    const scale = movingScale(address(args, 2), address(args, 5), at, epsilon);
    if (address(args, 6) != 0) {
      let from = address(args, 0) + at;
      let to = address(args, 6) + at;
      for (let row = 0; row < rows; row++) {
        storeFirst(to, f32x4.mul(v128.load(from), scale), filters - c);
        from += pitch;
        to += pitch;
      }
    }
    if (address(args, 7) != 0) {
      const bias = f32x4.sub(channelsAt(address(args, 1), at, 0), v128.load(address(args, 4) + at));
      storeFirst(address(args, 7) + at, fma(bias, scale, channelsAt(address(args, 3), at, 0)), filters - c);
    }
  }
}

/** x, gamma, beta, dy, mean, inverse, dx, dgamma, dbeta, sums, rows, channels, activation */
export function batchNormGradient(args: usize): void {
  const rows = number(args, 10);
  const channels = number(args, 11);
  const mean = address(args, 4);
  const inverse = address(args, 5);
  const sums = address(args, 9);
  const pitch = <usize>channels << 2;
  const partRows = ceilDivide(rows, BATCH_NORM_PARTS);
  const endPart = endTask(BATCH_NORM_PARTS);
  for (let part = firstTask(BATCH_NORM_PARTS); part < endPart; part++) {
    const row0 = min(part * partRows, rows);
    const count = min(row0 + partRows, rows) - row0;
    for (let c = 0; c < channels; c += 4) sumGradients(args, row0, count, c, sums + <usize>part * 2 * pitch);
  }
  barrier();

  const share = f32x4.splat(<f32>1 / <f32>max(rows, 1));
  const lines = ceilDivide(channels, LINE);
  const endChannel = min(endTask(lines) * LINE, channels);
  for (let c = firstTask(lines) * LINE; c < endChannel; c += 4) {
    const at = <usize>c << 2;
    const root = v128.load(inverse + at);
    const scale = f32x4.mul(channelsAt(address(args, 1), at, 1), root);
    const sum = sumParts(sums + at, pitch);
    const product = f32x4.mul(sumParts(sums + pitch + at, pitch), root);
    if (address(args, 7) != 0) storeFirst(address(args, 7) + at, product, channels - c);
    if (address(args, 8) != 0) storeFirst(address(args, 8) + at, sum, channels - c);
    // What the passage over all elements subtracts, in place of the first part's sums.
    const mine = f32x4.mul(scale, share);
    storeFirst(sums + at, f32x4.mul(sum, mine), channels - c);
    storeFirst(sums + pitch + at, f32x4.mul(f32x4.mul(product, root), mine), channels - c);
  }
  if (address(args, 6) == 0) return;
  barrier();

  const isRelu = number(args, 12) == Activation.Relu;
  const taskRows = max(RUN / channels, 1);
  const tasks = ceilDivide(rows, taskRows);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const row = task * taskRows;
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const center = v128.load(mean + at);
      const scale = f32x4.mul(channelsAt(address(args, 1), at, 1), v128.load(inverse + at));
      const shift = channelsAt(address(args, 2), at, 0);
      const constant = f32x4.neg(v128.load(sums + at));
      const slope = f32x4.neg(v128.load(sums + pitch + at));
      let offset = <usize>row * pitch + at;
      for (let i = min(taskRows, rows - row); i > 0; i--) {
        const distance = f32x4.sub(v128.load(address(args, 0) + offset), center);
        let dz = v128.load(address(args, 3) + offset);
        if (isRelu) dz = v128.and(dz, f32x4.gt(fma(distance, scale, shift), f32x4.splat(0)));
        const dx = fma(dz, scale, fma(distance, slope, constant));
        storeFirst(address(args, 6) + offset, dx, channels - c);
        offset += pitch;
      }
    }
  }
}

/** Sums of four columns of dz, and of dz (x - mean), to `to` and a row of channels further. */
function sumGradients(args: usize, row0: i32, rows: i32, c: i32, to: usize): void {
  const channels = number(args, 11);
  const pitch = <usize>channels << 2;
  const at = <usize>c << 2;
  const offset = <usize>row0 * pitch + at;
  const isRelu = number(args, 12) == Activation.Relu;
  const center = v128.load(address(args, 4) + at);
  const scale = f32x4.mul(channelsAt(address(args, 1), at, 1), v128.load(address(args, 5) + at));
  const shift = channelsAt(address(args, 2), at, 0);
  let x = address(args, 0) + offset;
  let dy = address(args, 3) + offset;
  let sum = f32x4.splat(0);
  let product = f32x4.splat(0);
  for (; rows > 0; rows -= BATCH_ROWS) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    for (let i = min(rows, BATCH_ROWS); i > 0; i--) {
      const distance = f32x4.sub(v128.load(x), center);
      let dz = v128.load(dy);
      // As in the forward pass, to the bit.
      if (isRelu) dz = v128.and(dz, f32x4.gt(fma(distance, scale, shift), f32x4.splat(0)));
      a = f32x4.add(a, dz);
      b = fma(dz, distance, b);
      x += pitch;
      dy += pitch;
    }
    sum = f32x4.add(sum, a);
    product = f32x4.add(product, b);
  }
  storeFirst(to + at, sum, channels - c);
  storeFirst(to + pitch + at, product, channels - c);
}
