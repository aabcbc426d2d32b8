import { f32At, mark, release, reserve } from "./arena";
import { joined, lower, upper } from "./vector";

// Filters along lines: a line is a row made longer by a margin at both ends, and its result is left at its beginning.

const CLOSING = 0;
const MEAN = 1;

/**
 * The greatest value within `radius` in rows and columns, and then the least of these (a grey-level closing; Serra, 1982):
 * what is dark and narrow is filled.
 */
export function closing(image: usize, width: i32, height: i32, radius: i32, result: usize): void {
  alongBothAxes(image, width, height, radius, CLOSING, 2 * radius, result);
}

/** The mean over a window of 2 `radius` + 1 pixels in both directions. */
export function localMean(image: usize, width: i32, height: i32, radius: i32, result: usize): void {
  alongBothAxes(image, width, height, radius, MEAN, radius, result);
}

function alongBothAxes(
  image: usize,
  width: i32,
  height: i32,
  radius: i32,
  filter: i32,
  margin: i32,
  result: usize,
): void {
  const before = mark();
  const turned = reserve((<usize>width * height) << 2);
  const line = reserve(<usize>(max(width, height) + 2 * margin) << 2);
  alongLines(image, width, height, line, radius, filter, margin, turned);
  alongLines(turned, height, width, line, radius, filter, margin, result);
  release(before);
}

/** Rows become columns. */
function alongLines(
  image: usize,
  width: i32,
  height: i32,
  line: usize,
  radius: i32,
  filter: i32,
  margin: i32,
  turned: usize,
): void {
  const stride = <usize>height << 2;
  for (let y = 0; y < height; y++) {
    extend(line, image + (<usize>(y * width) << 2), width, margin);
    if (filter == CLOSING) closeLine(line, width + 2 * margin, radius);
    else slideMean(line, width + 2 * margin, radius);
    let to = turned + (<usize>y << 2);
    for (let x = 0; x < width; x++, to += stride) store<f32>(to, f32At(line, x));
  }
}

/** The line, going on at both ends as its own mirror image turned about the end: a slope stays a slope. */
function extend(longer: usize, line: usize, length: i32, margin: i32): void {
  const last = length - 1;
  const twiceFirst = 2 * <f64>f32At(line, 0);
  const twiceLast = 2 * <f64>f32At(line, last);
  const begin = longer + (<usize>margin << 2);
  memory.copy(begin, line, <usize>length << 2);
  for (let i = 1; i <= margin; i++) {
    const reach = <usize>i << 2;
    store<f32>(begin - reach, <f32>(twiceFirst - <f64>f32At(line, min(last, i))));
    store<f32>(begin + (<usize>last << 2) + reach, <f32>(twiceLast - <f64>f32At(line, max(0, last - i))));
  }
}

/**
 * Of every window of 2 `radius` + 1 values that fits, in place. The extremes of windows of 1, 2, 4 ... values give those of
 * twice as many; two of the broadest, overlapping, make the window.
 */
function closeLine(line: usize, length: i32, radius: i32): void {
  const size = 2 * radius + 1;
  for (let broad = 1; broad < size; ) {
    const shift = min(broad, size - broad);
    length -= shift;
    raise(line, length, shift);
    broad += shift;
  }
  for (let broad = 1; broad < size; ) {
    const shift = min(broad, size - broad);
    length -= shift;
    sink(line, length, shift);
    broad += shift;
  }
}

function raise(line: usize, length: i32, shift: i32): void {
  const reach = <usize>shift << 2;
  const end = line + (<usize>length << 2);
  for (; line + 16 <= end; line += 16)
    v128.store(line, f32x4.pmax(v128.load(line), v128.load(line + reach)));
  for (; line < end; line += 4) store<f32>(line, max(load<f32>(line), load<f32>(line + reach)));
}

function sink(line: usize, length: i32, shift: i32): void {
  const reach = <usize>shift << 2;
  const end = line + (<usize>length << 2);
  for (; line + 16 <= end; line += 16)
    v128.store(line, f32x4.pmin(v128.load(line), v128.load(line + reach)));
  for (; line < end; line += 4) store<f32>(line, min(load<f32>(line), load<f32>(line + reach)));
}

function slideMean(line: usize, length: i32, radius: i32): void {
  const size = 2 * radius + 1;
  let sum: f64 = 0;
  for (let i = 0; i < size - 1; i++) sum += <f64>f32At(line, i);
  for (let i = 0; i + size <= length; i++) {
    sum += <f64>f32At(line, i + size - 1);
    const at = line + (<usize>i << 2);
    const first = load<f32>(at);
    store<f32>(at, <f32>(sum / <f64>size));
    sum -= <f64>first;
  }
}

/** Each pixel averaged with its neighbours by weights of 1 2 1 in both directions; those at the border stay. */
export function smooth(image: usize, width: i32, height: i32, result: usize): void {
  const stride = <usize>width << 2;
  const before = mark();
  // Three rows take turns: above, here, below.
  let above = reserve(stride);
  let here = reserve(stride);
  let below = reserve(stride);
  const last = width * height - 1;
  smoothAcross(here, image, 0, width, last);
  memory.copy(result, here, stride);
  if (height > 1) smoothAcross(below, image, width, width, last);
  for (let y = 1; y + 1 < height; y++) {
    const free = above;
    above = here;
    here = below;
    below = free;
    smoothAcross(below, image, (y + 1) * width, width, last);
    smoothDown(result + <usize>y * stride, above, here, below, stride);
  }
  if (height > 1) memory.copy(result + <usize>(height - 1) * stride, below, stride);
  release(before);
}

/** As ever, the ends of rows are neighbours of the next rows' beginnings: only the image's first and last pixel stay. */
function smoothAcross(to: usize, image: usize, from: i32, width: i32, last: i32): void {
  let at = image + (<usize>from << 2);
  const end = image + (<usize>(from + width) << 2);
  const final = image + (<usize>last << 2);
  if (at == image) {
    store<f32>(to, load<f32>(at));
    at += 4;
    to += 4;
  }
  for (; at + 16 <= min(end, final); at += 16, to += 16)
    v128.store(to, weighted(v128.load(at - 4), v128.load(at), v128.load(at + 4)));
  for (; at < end; at += 4, to += 4) {
    if (at == final) store<f32>(to, load<f32>(at));
    else
      store<f32>(
        to,
        <f32>((<f64>load<f32>(at - 4) + 2 * <f64>load<f32>(at) + <f64>load<f32>(at + 4)) / 4),
      );
  }
}

function smoothDown(to: usize, above: usize, here: usize, below: usize, stride: usize): void {
  const end = to + stride;
  for (; to + 16 <= end; to += 16, above += 16, here += 16, below += 16)
    v128.store(to, weighted(v128.load(above), v128.load(here), v128.load(below)));
  for (; to < end; to += 4, above += 4, here += 4, below += 4)
    store<f32>(to, <f32>((<f64>load<f32>(above) + 2 * <f64>load<f32>(here) + <f64>load<f32>(below)) / 4));
}

// @ts-ignore: decorator
@inline
function weighted(before: v128, here: v128, after: v128): v128 {
  return joined(
    quarter(lower(before), lower(here), lower(after)),
    quarter(upper(before), upper(here), upper(after)),
  );
}

// @ts-ignore: decorator
@inline
function quarter(before: v128, here: v128, after: v128): v128 {
  return f64x2.mul(f64x2.add(f64x2.add(before, f64x2.add(here, here)), after), f64x2.splat(0.25));
}

/** The standardised third moment of `count` values; 0 where all are equal. */
export function skewness(values: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += <f64>f32At(values, i);
  const mean = sum / <f64>count;
  let second: f64 = 0;
  let third: f64 = 0;
  for (let i = 0; i < count; i++) {
    const difference = <f64>f32At(values, i) - mean;
    second += difference * difference;
    third += difference * difference * difference;
  }
  const variance = second / <f64>count;
  return variance < 1e-12 ? 0 : third / <f64>count / power(variance, 1.5);
}

// @ts-ignore: decorator
@external("env", "power")
export declare function power(base: f64, exponent: f64): f64;

/** From each value that of another image: `values` less `others`, into the latter. */
export function lessOf(values: usize, others: usize, count: i32): void {
  for (let i = 0; i < count; i++, values += 4, others += 4)
    store<f32>(others, load<f32>(values) - load<f32>(others));
}

/** 1 less each value. */
export function turnRound(values: usize, count: i32, to: usize): void {
  const end = to + (<usize>count << 2);
  const one = f32x4.splat(1);
  for (; to + 16 <= end; to += 16, values += 16) v128.store(to, f32x4.sub(one, v128.load(values)));
  for (; to < end; to += 4, values += 4) store<f32>(to, 1 - load<f32>(values));
}
