import { f32At, f64At, reserve, setI32 } from "./arena";
import { notAbove } from "./vector";

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
 * image that is `margin` larger on every side.
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
  for (let dy = 0; dy < side; dy++) {
    for (let dx = 0; dx < side; dx++) {
      const weight = f64At(pen, dy * side + dx);
      if (weight == 0) continue;
      for (let y = 0; y < height; y++)
        drawRow(
          image + (<usize>(y * width) << 2),
          width,
          weight,
          result + (<usize>((y + dy) * wide + dx) << 2),
        );
    }
  }
}

function drawRow(row: usize, width: i32, weight: f64, to: usize): void {
  const end = row + (<usize>width << 2);
  for (; row < end; row += 4, to += 4) {
    if (row + 16 <= end && !v128.any_true(v128.load(row))) {
      row += 12;
      to += 12;
      continue;
    }
    const value = <f32>(weight * <f64>load<f32>(row));
    if (value > load<f32>(to)) store<f32>(to, value);
  }
}
