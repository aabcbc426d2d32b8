import type { Box, GreyImage, Picture } from "../../src/image/picture.ts";

/** Ink that is drawn by hand: 0 paper .. 1 full ink. */
export interface Drawing extends GreyImage {
  /** A stroke with round ends and soft edges through all points, x and y by turns. */
  stroke(points: readonly number[], breadth: number, level?: number): Drawing;
  /** An ellipse's outline around a point. */
  ring(x: number, y: number, radiusX: number, radiusY: number, breadth: number): Drawing;
  /** A filled rectangle with hard edges. */
  block(box: Box, level?: number): Drawing;
  /** An MNIST image, each pixel `scale` pixels long, interpolated, with its corner at `left`, `top`. */
  digit(pixels: Uint8Array, left: number, top: number, scale: number): Drawing;
}

export function drawing(width: number, height: number): Drawing {
  const data = new Float32Array(width * height);
  const put = (x: number, y: number, value: number): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    data[y * width + x] = Math.max(data[y * width + x]!, value);
  };
  const self: Drawing = {
    width,
    height,
    data,
    stroke(points, breadth, level = 1) {
      for (let i = 0; i + 3 < points.length; i += 2) {
        const [ax, ay, bx, by] = points.slice(i, i + 4) as [number, number, number, number];
        const reach = breadth / 2 + 1;
        for (let y = Math.floor(Math.min(ay, by) - reach); y <= Math.max(ay, by) + reach; y++) {
          for (let x = Math.floor(Math.min(ax, bx) - reach); x <= Math.max(ax, bx) + reach; x++) {
            const length = (bx - ax) ** 2 + (by - ay) ** 2;
            const along = length === 0 ? 0 : ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length;
            const t = Math.min(1, Math.max(0, along));
            const away = Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
            const value = Math.min(1, Math.max(0, breadth / 2 + 0.5 - away));
            if (value > 0) put(x, y, level * value);
          }
        }
      }
      return self;
    },
    ring(x, y, radiusX, radiusY, breadth) {
      const points = Array.from({ length: 49 }, (_, i) => (i / 24) * Math.PI).flatMap((angle) => [
        x + radiusX * Math.cos(angle),
        y + radiusY * Math.sin(angle),
      ]);
      return self.stroke(points, breadth);
    },
    block({ x, y, width: across, height: down }, level = 1) {
      for (let row = y; row < y + down; row++)
        for (let column = x; column < x + across; column++) put(column, row, level);
      return self;
    },
    digit(pixels, left, top, scale) {
      const at = (x: number, y: number): number =>
        x < 0 || y < 0 || x > 27 || y > 27 ? 0 : pixels[y * 28 + x]! / 255;
      for (let y = Math.floor(top); y < top + 28 * scale; y++) {
        for (let x = Math.floor(left); x < left + 28 * scale; x++) {
          const u = (x + 0.5 - left) / scale - 0.5;
          const v = (y + 0.5 - top) / scale - 0.5;
          const [a, b] = [Math.floor(u), Math.floor(v)];
          const upper = at(a, b) * (1 - u + a) + at(a + 1, b) * (u - a);
          const lower = at(a, b + 1) * (1 - u + a) + at(a + 1, b + 1) * (u - a);
          put(x, y, upper * (1 - v + b) + lower * (v - b));
        }
      }
      return self;
    },
  };
  return self;
}

/** The brightness (0..1) of a place without ink, and of full ink there. */
export type Light = (x: number, y: number) => { readonly paper: number; readonly ink: number };

/** Black ink on white paper. */
export const onWhite: Light = () => ({ paper: 1, ink: 0 });

/** The ink photographed in a light, as brightness 0..1. */
export function lit({ width, height, data }: GreyImage, light: Light): GreyImage {
  const grey = Float32Array.from(data, (ink, i) => {
    const { paper, ink: full } = light(i % width, Math.floor(i / width));
    return Math.min(1, Math.max(0, paper + ink * (full - paper)));
  });
  return { width, height, data: grey };
}

/** The same as a picture of grey pixels. */
export function pictureOf(ink: GreyImage, light: Light = onWhite): Picture {
  const { width, height, data: grey } = lit(ink, light);
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [i, value] of grey.entries()) data.fill(Math.round(255 * value), i * 4, i * 4 + 3);
  return { width, height, data };
}

/** The sum of the ink in a box. */
export function inkIn({ width, data }: GreyImage, box: Box): number {
  let sum = 0;
  for (let y = box.y; y < box.y + box.height; y++)
    for (let x = box.x; x < box.x + box.width; x++) sum += data[y * width + x]!;
  return sum;
}

/** Whether the sides of two boxes differ by no more than `by` pixels. */
export function isNearTo(a: Box, b: Box, by: number): boolean {
  return (
    Math.abs(a.x - b.x) <= by &&
    Math.abs(a.y - b.y) <= by &&
    Math.abs(a.x + a.width - b.x - b.width) <= by &&
    Math.abs(a.y + a.height - b.y - b.height) <= by
  );
}
