import { f32At, f64At, i32At, reserve, setI32 } from "./arena";
import { joined, lower, upper } from "./vector";

/** The source pixels that each window covers, and how much of the window each of them fills. */
// @ts-ignore: decorator
@unmanaged
export class Windows {
  count: i32;
  /** i32[count]: the first pixel of each window. */
  first: usize;
  /** i32[count + 1]: where each window's weights begin. */
  begin: usize;
  /** f64[] */
  weights: usize;
}

/** Windows that begin at `start` + i * `step` over a line of `length` pixels; those narrower than a pixel are widened. */
export function windows(start: f64, step: f64, count: i32, length: i32): Windows {
  const size = max<f64>(1, step);
  const result = changetype<Windows>(reserve(offsetof<Windows>()));
  const first = reserve(<usize>count << 2);
  const begin = reserve(<usize>(count + 1) << 2);
  const weights = reserve(<usize>(<f64>count * (ceil(size) + 2)) << 3);
  let filled = 0;
  setI32(begin, 0, 0);
  for (let i = 0; i < count; i++) {
    const middle = start + (<f64>i + 0.5) * step;
    const from = middle - size / 2;
    const to = middle + size / 2;
    const one = <i32>min<f64>(length, max<f64>(0, floor(from)));
    const end = max(one, <i32>min<f64>(length, ceil(to)));
    for (let k = one; k < end; k++, filled++) {
      const share = max<f64>(0, min<f64>(to, k + 1) - max<f64>(from, k)) / size;
      store<f64>(weights + (<usize>filled << 3), share);
    }
    setI32(first, i, one);
    setI32(begin, i + 1, filled);
  }
  result.count = count;
  result.first = first;
  result.begin = begin;
  result.weights = weights;
  return result;
}

/** Writes the mean of the rows of `data` that lie in window `j`; its first row is number `top` of the image. */
export function averageRows(to: usize, data: usize, width: i32, rows: Windows, j: i32, top: i32): void {
  const stride = <usize>width << 2;
  const end = i32At(rows.begin, j + 1);
  let k = i32At(rows.begin, j);
  let from = data + <usize>(i32At(rows.first, j) - top) * stride;
  if (k == end) {
    memory.fill(to, 0, stride);
    return;
  }
  if (k + 1 < end) {
    setTwoRows(to, from, stride, f64At(rows.weights, k), f64At(rows.weights, k + 1));
    k += 2;
    from += 2 * stride;
  } else {
    setRow(to, from, stride, f64At(rows.weights, k));
    k++;
    from += stride;
  }
  for (; k < end; k++, from += stride) addRow(to, from, stride, f64At(rows.weights, k));
}

function setRow(to: usize, from: usize, stride: usize, weight: f64): void {
  const weights = f64x2.splat(weight);
  const end = to + stride;
  for (; to + 16 <= end; to += 16, from += 16) {
    const values = v128.load(from);
    v128.store(to, joined(f64x2.mul(weights, lower(values)), f64x2.mul(weights, upper(values))));
  }
  for (; to < end; to += 4, from += 4) store<f32>(to, <f32>(weight * <f64>load<f32>(from)));
}

function setTwoRows(to: usize, from: usize, stride: usize, first: f64, second: f64): void {
  const ones = f64x2.splat(first);
  const others = f64x2.splat(second);
  const end = to + stride;
  for (; to + 16 <= end; to += 16, from += 16) {
    const values = v128.load(from);
    const set = joined(f64x2.mul(ones, lower(values)), f64x2.mul(ones, upper(values)));
    const below = v128.load(from + stride);
    const low = f64x2.add(lower(set), f64x2.mul(others, lower(below)));
    v128.store(to, joined(low, f64x2.add(upper(set), f64x2.mul(others, upper(below)))));
  }
  for (; to < end; to += 4, from += 4) {
    const set = <f32>(first * <f64>load<f32>(from));
    store<f32>(to, <f32>(<f64>set + second * <f64>load<f32>(from + stride)));
  }
}

function addRow(to: usize, from: usize, stride: usize, weight: f64): void {
  const weights = f64x2.splat(weight);
  const end = to + stride;
  for (; to + 16 <= end; to += 16, from += 16) {
    const sums = v128.load(to);
    const values = v128.load(from);
    const low = f64x2.add(lower(sums), f64x2.mul(weights, lower(values)));
    v128.store(to, joined(low, f64x2.add(upper(sums), f64x2.mul(weights, upper(values)))));
  }
  for (; to < end; to += 4, from += 4)
    store<f32>(to, <f32>(<f64>load<f32>(to) + weight * <f64>load<f32>(from)));
}

/** Writes the mean of the pixels of a row in each window. */
export function averageColumns(to: usize, row: usize, columns: Windows): void {
  const count = columns.count;
  const first = columns.first;
  const begin = columns.begin;
  const weights = columns.weights;
  let k = 0;
  for (let i = 0; i < count; i++, to += 4) {
    const end = i32At(begin, i + 1);
    let at = i32At(first, i);
    let sum: f64 = 0;
    for (; k < end; k++, at++) sum += f64At(weights, k) * <f64>f32At(row, at);
    store<f32>(to, <f32>sum);
  }
}

/** Rows `from` .. `to` - 1 of an image made smaller; `data` are the source's rows from number `top` on. */
export function shrinkRows(
  data: usize,
  width: i32,
  top: i32,
  columns: Windows,
  rows: Windows,
  from: i32,
  to: i32,
  result: usize,
): void {
  const row = reserve(<usize>width << 2);
  const stride = <usize>columns.count << 2;
  for (let j = from; j < to; j++) {
    averageRows(row, data, width, rows, j, top);
    averageColumns(result + <usize>j * stride, row, columns);
  }
}

/** The image [height, width] averaged over windows: along the axis first that leaves the least to do for the other. */
export function resample(
  data: usize,
  width: i32,
  height: i32,
  columns: Windows,
  rows: Windows,
  result: usize,
): void {
  if (rows.count < height) {
    shrinkRows(data, width, 0, columns, rows, 0, rows.count, result);
    return;
  }
  const stride = <usize>columns.count << 2;
  const across = reserve(<usize>height * stride);
  for (let y = 0; y < height; y++)
    averageColumns(across + <usize>y * stride, data + (<usize>(y * width) << 2), columns);
  for (let j = 0; j < rows.count; j++)
    averageRows(result + <usize>j * stride, across, columns.count, rows, j, 0);
}
