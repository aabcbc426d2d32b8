import { mnistSize } from "../formats/mnistIdx.ts";

/** Grey levels 0..255, [28, 28], row by row. */
export type Grey = Uint8Array;

export const side = mnistSize;

/** The level at a point between pixels, by the four around it; black beyond the picture. */
export function levelAt(image: Grey, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const upper = pixelAt(image, left, top) * (1 - right) + pixelAt(image, left + 1, top) * right;
  const lower = pixelAt(image, left, top + 1) * (1 - right) + pixelAt(image, left + 1, top + 1) * right;
  return upper * (1 - down) + lower * down;
}

/** The level of a pixel; black beyond the picture. */
export function pixelAt(image: Grey, x: number, y: number): number {
  return x >= 0 && x < side && y >= 0 && y < side ? image[y * side + x]! : 0;
}

/** A picture of the levels that `levelOf` gives for each pixel, rounded, and cut off below 0 and above 255. */
export function draw(levelOf: (x: number, y: number, index: number) => number): Grey {
  const image = new Uint8ClampedArray(side * side); // rounds and cuts off
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) image[y * side + x] = levelOf(x, y, y * side + x);
  }
  return new Uint8Array(image.buffer);
}

/** Each pixel of its own level alone. */
export function eachLevel(image: Grey, change: (level: number) => number): Grey {
  return draw((_x, _y, index) => change(image[index]!));
}
