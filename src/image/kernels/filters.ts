import { f32At, f64At, mark, release, reserve } from "./arena";
import { joined, lower, upper } from "./vector";

// Filters along rows and then along columns, of which a few beside each other are filtered at once: a line has `lanes` values
// in each place. It is made longer by a margin at both ends, and its result is left at its beginning.

/** Of 64 bytes, which is as much as a processor fetches at once. */
const LANES = 16;

const CLOSING = 0;
const MEAN = 1;
const SURROUNDINGS = 2;

/**
 * The greatest value within `radius` in rows and columns, and then the least of these (a grey-level closing; Serra, 1982):
 * what is dark and narrow is filled. `result` may be the image itself.
 */
export function closing(image: usize, width: i32, height: i32, radius: i32, result: usize): void {
  alongBothAxes(image, width, height, radius, CLOSING, 2 * radius, result);
}

/** The mean over a window of 2 `radius` + 1 pixels in both directions; `result` may be the image itself. */
export function localMean(image: usize, width: i32, height: i32, radius: i32, result: usize): void {
  alongBothAxes(image, width, height, radius, MEAN, radius, result);
}

/**
 * The mean as {@link localMean} takes it, but of an image that goes on as its plain mirror image: a dark strip at its side counts
 * twice, where turned about it would make the surroundings darker than anything is.
 */
export function surroundings(image: usize, width: i32, height: i32, radius: i32, result: usize): void {
  alongBothAxes(image, width, height, radius, SURROUNDINGS, radius, result);
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
  const lanes = min(LANES, width);
  const line = reserve(<usize>max(width + 2 * margin, (height + 2 * margin) * lanes) << 2);
  const stride = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    memory.copy(line + (<usize>margin << 2), image + <usize>y * stride, stride);
    alongLine(line, width, 1, radius, filter, margin);
    memory.copy(result + <usize>y * stride, line, stride);
  }
  for (let x = 0; x < width; x += LANES) {
    const beside = min(LANES, width - x);
    const bytes = <usize>beside << 2;
    const columns = result + (<usize>x << 2);
    for (let y = 0; y < height; y++)
      memory.copy(line + <usize>(y + margin) * bytes, columns + <usize>y * stride, bytes);
    alongLine(line, height, beside, radius, filter, margin);
    for (let y = 0; y < height; y++)
      memory.copy(columns + <usize>y * stride, line + <usize>y * bytes, bytes);
  }
  release(before);
}

function alongLine(line: usize, length: i32, lanes: i32, radius: i32, filter: i32, margin: i32): void {
  if (filter == SURROUNDINGS) mirror(line, length, lanes, margin);
  else extend(line, length, lanes, margin);
  if (filter == CLOSING) closeLine(line, length + 2 * margin, lanes, radius);
  else slideMean(line, length + 2 * margin, lanes, radius);
}

/** The line, going on at both ends as its own mirror image turned about the end: a slope stays a slope. */
function extend(line: usize, length: i32, lanes: i32, margin: i32): void {
  const last = length - 1;
  const begin = line + (<usize>(margin * lanes) << 2);
  for (let i = 1; i <= margin; i++) {
    for (let lane = 0; lane < lanes; lane++) {
      const near = 2 * <f64>f32At(begin, lane) - <f64>f32At(begin, min(last, i) * lanes + lane);
      store<f32>(line + (<usize>((margin - i) * lanes + lane) << 2), <f32>near);
      const far =
        2 * <f64>f32At(begin, last * lanes + lane) - <f64>f32At(begin, max(0, last - i) * lanes + lane);
      store<f32>(begin + (<usize>((last + i) * lanes + lane) << 2), <f32>far);
    }
  }
}

/** The line, going on at both ends as its own mirror image. */
function mirror(line: usize, length: i32, lanes: i32, margin: i32): void {
  const bytes = <usize>lanes << 2;
  const begin = line + <usize>margin * bytes;
  const end = begin + <usize>length * bytes;
  for (let i = 0; i < margin; i++) {
    const inside = <usize>min(length - 1, i) * bytes;
    memory.copy(begin - <usize>(i + 1) * bytes, begin + inside, bytes);
    memory.copy(end + <usize>i * bytes, end - inside - bytes, bytes);
  }
}

function closeLine(line: usize, length: i32, lanes: i32, radius: i32): void {
  const size = 2 * radius + 1;
  greatest(line, length * lanes, size, lanes);
  least(line, (length - size + 1) * lanes, size, lanes);
}

// Of every window of `size` places that fits, in place. The extremes of windows of 1, 2, 4 ... places give those of twice as
// many; two of the broadest, overlapping, make the window.

function greatest(line: usize, count: i32, size: i32, lanes: i32): void {
  for (let broad = 1; broad < size; ) {
    const shift = min(broad, size - broad);
    count -= shift * lanes;
    raise(line, count, shift * lanes);
    broad += shift;
  }
}

function least(line: usize, count: i32, size: i32, lanes: i32): void {
  for (let broad = 1; broad < size; ) {
    const shift = min(broad, size - broad);
    count -= shift * lanes;
    sink(line, count, shift * lanes);
    broad += shift;
  }
}

/** The larger of each value and the one that is `shift` after it. */
export function raise(line: usize, count: i32, shift: i32): void {
  const reach = <usize>shift << 2;
  const end = line + (<usize>count << 2);
  for (; line + 16 <= end; line += 16)
    v128.store(line, f32x4.pmax(v128.load(line), v128.load(line + reach)));
  for (; line < end; line += 4) store<f32>(line, max(load<f32>(line), load<f32>(line + reach)));
}

function sink(line: usize, count: i32, shift: i32): void {
  const reach = <usize>shift << 2;
  const end = line + (<usize>count << 2);
  for (; line + 16 <= end; line += 16)
    v128.store(line, f32x4.pmin(v128.load(line), v128.load(line + reach)));
  for (; line < end; line += 4) store<f32>(line, min(load<f32>(line), load<f32>(line + reach)));
}

function slideMean(line: usize, length: i32, lanes: i32, radius: i32): void {
  const size = 2 * radius + 1;
  const stride = <usize>lanes << 2;
  const sums = reserve(<usize>LANES << 3);
  memory.fill(sums, 0, LANES << 3);
  for (let i = 0; i < (size - 1) * lanes; i++) {
    const sum = sums + (<usize>(i % lanes) << 3);
    store<f64>(sum, load<f64>(sum) + <f64>f32At(line, i));
  }
  for (let i = 0; i + size <= length; i++, line += stride) {
    const last = line + <usize>(size - 1) * stride;
    for (let lane = 0; lane < lanes; lane++) {
      const sum = f64At(sums, lane) + <f64>f32At(last, lane);
      const first = f32At(line, lane);
      store<f32>(line + (<usize>lane << 2), <f32>(sum / <f64>size));
      store<f64>(sums + (<usize>lane << 3), sum - <f64>first);
    }
  }
  release(sums);
}

/** Each pixel averaged with its neighbours by weights of 1 2 1 in both directions; those at the border stay. `result` may be the image itself. */
export function smooth(image: usize, width: i32, height: i32, result: usize): void {
  const stride = <usize>width << 2;
  const before = mark();
  // Three rows take turns: above, here, below.
  let above = reserve(stride);
  let here = reserve(stride);
  let below = reserve(stride);
  const last = width * height - 1;
  smoothAcross(here, image, 0, width, last);
  if (height > 1) smoothAcross(below, image, width, width, last);
  memory.copy(result, here, stride);
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

/** Raises each value to `share` of another image's where it is below. */
export function raiseTo(values: usize, others: usize, count: i32, share: f32): void {
  const end = values + (<usize>count << 2);
  const shares = f32x4.splat(share);
  for (; values + 16 <= end; values += 16, others += 16)
    v128.store(values, f32x4.max(v128.load(values), f32x4.mul(shares, v128.load(others))));
  for (; values < end; values += 4, others += 4)
    store<f32>(values, max(load<f32>(values), share * load<f32>(others)));
}

/** 1 less each value. */
export function turnRound(values: usize, count: i32, to: usize): void {
  const end = to + (<usize>count << 2);
  const one = f32x4.splat(1);
  for (; to + 16 <= end; to += 16, values += 16) v128.store(to, f32x4.sub(one, v128.load(values)));
  for (; to < end; to += 4, values += 4) store<f32>(to, 1 - load<f32>(values));
}
