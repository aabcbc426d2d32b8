// Softmax and the losses, a row at a time; sums in float64.
import { exp, ln } from "./functions";
import { endTask, firstTask } from "./threads";
import { address, ceilDivide, number, storeFirst } from "./vector";

/** Rows of a task. */
const RUN: i32 = 16;

/** y = e^(x - largest) of a row; returns the sum of y. `rowLargest` is the largest x afterwards. */
function expRow(x: usize, y: usize, columns: i32): f64 {
  rowLargest = -Infinity;
  for (let j: usize = 0; j < <usize>columns; j++) rowLargest = max(rowLargest, load<f32>(x + (j << 2)));
  const largest = f32x4.splat(rowLargest);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize>j << 2;
    storeFirst(y + at, exp(f32x4.sub(v128.load(x + at), largest)), columns - j);
  }
  let sum: f64 = 0;
  for (let j: usize = 0; j < <usize>columns; j++) sum += load<f32>(y + (j << 2));
  return sum;
}

let rowLargest: f32 = 0;

function softmaxRow(x: usize, y: usize, columns: i32): void {
  const sum = expRow(x, y, columns);
  for (let j: usize = 0; j < <usize>columns; j++) {
    const at = y + (j << 2);
    store<f32>(at, <f32>(load<f32>(at) / sum));
  }
}

export function softmax(args: usize): void {
  const x = address(args, 0);
  const y = address(args, 1);
  const rows = number(args, 2);
  const columns = number(args, 3);
  const tasks = ceilDivide(rows, RUN);
  const end = min(endTask(tasks) * RUN, rows);
  for (let i = firstTask(tasks) * RUN; i < end; i++) {
    const row = <usize>(i * columns) << 2;
    softmaxRow(x + row, y + row, columns);
  }
}

export function softmaxCrossEntropy(args: usize): void {
  const logits = address(args, 0);
  const labels = address(args, 1);
  const probabilities = address(args, 2);
  const losses = address(args, 3);
  const dlogits = address(args, 4);
  const rows = number(args, 5);
  const columns = number(args, 6);
  const smoothing: f64 = reinterpret<f32>(number(args, 7));
  const common = smoothing / <f64>columns;
  const tasks = ceilDivide(rows, RUN);
  const end = min(endTask(tasks) * RUN, rows);
  for (let i = firstTask(tasks) * RUN; i < end; i++) {
    const row = <usize>(i * columns) << 2;
    const label = load<i32>(labels + (<usize>i << 2));
    const sum = expRow(logits + row, probabilities + row, columns);
    // A label that names no column has no loss; reading its logit would read anywhere.
    let target: f64 = <u32>label < <u32>columns ? load<f32>(logits + row + (<usize>label << 2)) : NaN;
    if (smoothing != 0) {
      let all: f64 = 0;
      for (let j = 0; j < columns; j++) all += load<f32>(logits + row + (<usize>j << 2));
      target = (1 - smoothing) * target + common * all;
    }
    store<f32>(losses + (<usize>i << 2), <f32>(ln(sum) + <f64>rowLargest - target));
    for (let j = 0; j < columns; j++) {
      const at = row + (<usize>j << 2);
      const probability: f64 = load<f32>(probabilities + at) / sum;
      store<f32>(probabilities + at, <f32>probability);
      if (dlogits != 0) store<f32>(dlogits + at, <f32>((probability - common - (j == label ? 1 - smoothing : 0)) / <f64>rows));
    }
  }
}

export function meanSquaredError(args: usize): void {
  const outputs = address(args, 0);
  const labels = address(args, 1);
  const probabilities = address(args, 2);
  const losses = address(args, 3);
  const doutputs = address(args, 4);
  const rows = number(args, 5);
  const columns = number(args, 6);
  const tasks = ceilDivide(rows, RUN);
  const end = min(endTask(tasks) * RUN, rows);
  for (let i = firstTask(tasks) * RUN; i < end; i++) {
    const row = <usize>(i * columns) << 2;
    const label = load<i32>(labels + (<usize>i << 2));
    let sum: f64 = 0;
    for (let j = 0; j < columns; j++) {
      const at = row + (<usize>j << 2);
      const difference: f64 = <f64>load<f32>(outputs + at) - (j == label ? 1 : 0);
      sum += difference * difference;
      if (doutputs != 0) store<f32>(doutputs + at, <f32>((2 * difference) / (<f64>columns * <f64>rows)));
    }
    store<f32>(losses + (<usize>i << 2), <f32>(sum / <f64>columns));
    softmaxRow(outputs + row, probabilities + row, columns);
  }
}
