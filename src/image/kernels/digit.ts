import { f32At, f64At, reserve, setI32 } from "./arena";
import { raise } from "./filters";
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
 * image that is `margin` larger on every side. The pen is a disc: its weights are the same to all four sides, and rise to 1
 * along each row.
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
  const bytes = <usize>width << 2;
  memory.fill(result, 0, (<usize>wide * (height + 2 * margin)) << 2);
  const product = reserve(bytes);
  const line = reserve(<usize>(width + 2 * (side - 1)) << 2);
  for (let y = 0; y < height; y++) {
    const row = image + <usize>y * bytes;
    memory.fill(line, 0, <usize>(width + 2 * (side - 1)) << 2);
    memory.copy(line + (<usize>(side - 1) << 2), row, bytes);
    // From `line` + i on, the greatest of `size` values.
    let size = 1;
    for (let dy = 0; dy <= margin; dy++) {
      const weights = pen + (<usize>(dy * side) << 3);
      const above = result + (<usize>((y + dy) * wide) << 2);
      const below = result + (<usize>((y + side - 1 - dy) * wide) << 2);
      let dx = 0;
      for (; dx <= margin && f64At(weights, dx) < 1; dx++) {
        if (f64At(weights, dx) == 0) continue;
        multiply(row, width, f64At(weights, dx), product);
        const other = <usize>(side - 1 - dx) << 2;
        larger(above + (<usize>dx << 2), product, width);
        larger(above + other, product, width);
        larger(below + (<usize>dx << 2), product, width);
        larger(below + other, product, width);
      }
      if (dx > margin) continue;
      // Weights of 1 beside each other, no fewer than in the row before.
      const full = side - 2 * dx;
      while (size < full) {
        const more = min(size, full - size);
        raise(line, width + 2 * (side - 1) - size - more + 1, more);
        size += more;
      }
      const from = line + (<usize>(side - full) << 2);
      larger(above + (<usize>dx << 2), from, width + full - 1);
      larger(below + (<usize>dx << 2), from, width + full - 1);
    }
  }
}

function multiply(row: usize, width: i32, weight: f64, to: usize): void {
  const weights = f64x2.splat(weight);
  const end = row + (<usize>width << 2);
  for (; row + 16 <= end; row += 16, to += 16) {
    const values = v128.load(row);
    v128.store(to, joined(f64x2.mul(weights, lower(values)), f64x2.mul(weights, upper(values))));
  }
  for (; row < end; row += 4, to += 4) store<f32>(to, <f32>(weight * <f64>load<f32>(row)));
}

/** The larger of values at `to` and at `from`. */
function larger(to: usize, from: usize, count: i32): void {
  const end = to + (<usize>count << 2);
  for (; to + 16 <= end; to += 16, from += 16)
    v128.store(to, f32x4.pmax(v128.load(to), v128.load(from)));
  for (; to < end; to += 4, from += 4) store<f32>(to, max(load<f32>(to), load<f32>(from)));
}
