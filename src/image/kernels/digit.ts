import { f32At, f64At, reserve, setI32 } from "./arena";
import { greatest } from "./filters";
import { joined, lower, notAbove, upper } from "./vector";

/**
 * The smallest box around all pixels of more than `threshold` ink, which lie in a part of an image: i32[4], left, top, right,
 * bottom; 0 where there are none.
 */
export function inkBox(
  image: usize,
  width: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
  threshold: f64,
): usize {
  const bound = notAbove(threshold);
  const box = reserve(16);
  let first = right;
  let last = left - 1;
  let above = bottom;
  let below = top - 1;
  for (let y = top; y < bottom; y++) {
    const row = image + (<usize>(y * width) << 2);
    let x = left;
    while (x < right && f32At(row, x) <= bound) x++;
    if (x == right) continue;
    first = min(first, x);
    above = min(above, y);
    below = y;
    x = right - 1;
    while (x > last && f32At(row, x) <= bound) x--;
    last = max(last, x);
  }
  setI32(box, 0, first);
  setI32(box, 1, above);
  setI32(box, 2, last + 1);
  setI32(box, 3, below + 1);
  return below < top ? 0 : box;
}

/** The centre of mass of a part of an image, x and y, f64[2], in coordinates that count from the image's edge. */
export function centreOfMass(
  image: usize,
  width: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
): usize {
  const result = reserve(16);
  let mass: f64 = 0;
  let sumX: f64 = 0;
  let sumY: f64 = 0;
  for (let y = top; y < bottom; y++) {
    const row = image + (<usize>(y * width) << 2);
    for (let x = left; x < right; x++) {
      const value = <f64>f32At(row, x);
      if (value == 0) continue; // most are
      mass += value;
      sumX += value * (<f64>x + 0.5);
      sumY += value * (<f64>y + 0.5);
    }
  }
  store<f64>(result, sumX / mass);
  store<f64>(result, sumY / mass, 8);
  return result;
}

/** Values as bytes, the greatest at 255. */
export function toBytes(values: usize, count: i32, bytes: usize): void {
  let most: f64 = 0;
  for (let i = 0; i < count; i++) most = max(most, <f64>f32At(values, i));
  for (let i = 0; i < count; i++) {
    const value = (255 * <f64>f32At(values, i)) / most;
    const whole = floor(value);
    store<u8>(bytes + i, <u8>(value - whole >= 0.5 ? whole + 1 : whole));
  }
}

/** The greatest value of each square of `factor` x `factor` pixels: no line gets lost. */
export function maxPool(image: usize, width: i32, height: i32, factor: i32, result: usize): void {
  const columns = (width + factor - 1) / factor;
  memory.fill(result, 0, (<usize>columns * ((height + factor - 1) / factor)) << 2);
  for (let y = 0; y < height; y++) {
    const row = result + (<usize>(y / factor) * columns << 2);
    for (let x = 0; x < width; x++) {
      const at = row + (<usize>(x / factor) << 2);
      store<f32>(at, max(load<f32>(at), f32At(image, y * width + x)));
    }
  }
}

/**
 * The image drawn with a pen of (2 `margin` + 1)^2 weights (f64): the greatest of what each of them makes of a pixel, in an
 * image that is `margin` larger on every side. Weights of a row of the pen rise to 1 and fall again.
 */
export function dilate(
  image: usize,
  width: i32,
  height: i32,
  pen: usize,
  margin: i32,
  result: usize,
): void {
  const side = 2 * margin + 1;
  const wide = width + 2 * margin;
  memory.fill(result, 0, (<usize>wide * (height + 2 * margin)) << 2);
  const line = reserve(<usize>(width + 4 * margin) << 2);
  for (let dy = 0; dy < side; dy++) {
    const weights = pen + (<usize>(dy * side) << 3);
    let first = 0;
    while (first <= margin && f64At(weights, first) < 1) first++;
    // Between the soft ends of the pen's row, `full` weights of 1 beside each other.
    const full = max(0, side - 2 * first);
    for (let y = 0; y < height; y++) {
      const row = image + (<usize>(y * width) << 2);
      const to = result + (<usize>((y + dy) * wide) << 2);
      for (let dx = 0; dx < side; dx++) {
        if (dx == first) dx += full;
        if (dx < side && f64At(weights, dx) > 0) drawRow(row, width, f64At(weights, dx), to + (<usize>dx << 2));
      }
      if (full == 0) continue;
      const beside = <usize>(full - 1) << 2;
      const bytes = <usize>width << 2;
      memory.fill(line, 0, beside);
      memory.copy(line + beside, row, bytes);
      memory.fill(line + beside + bytes, 0, beside);
      greatest(line, width + 2 * (full - 1), full);
      larger(to + (<usize>first << 2), line, width + full - 1);
    }
  }
}

function drawRow(row: usize, width: i32, weight: f64, to: usize): void {
  const weights = f64x2.splat(weight);
  const end = row + (<usize>width << 2);
  for (; row + 16 <= end; row += 16, to += 16) {
    const values = v128.load(row);
    if (!v128.any_true(values)) continue;
    const drawn = joined(f64x2.mul(weights, lower(values)), f64x2.mul(weights, upper(values)));
    v128.store(to, f32x4.pmax(v128.load(to), drawn));
  }
  for (; row < end; row += 4, to += 4)
    store<f32>(to, max(load<f32>(to), <f32>(weight * <f64>load<f32>(row))));
}

/** The larger of values at `to` and at `from`. */
function larger(to: usize, from: usize, count: i32): void {
  const end = to + (<usize>count << 2);
  for (; to + 16 <= end; to += 16, from += 16)
    v128.store(to, f32x4.pmax(v128.load(to), v128.load(from)));
  for (; to < end; to += 4, from += 4) store<f32>(to, max(load<f32>(to), load<f32>(from)));
}
