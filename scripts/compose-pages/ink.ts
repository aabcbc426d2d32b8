import type { Box, GreyImage } from "../../src/image/picture.ts";
import type { Lens } from "./lens.ts";
import { boundsInPicture, ontoGlyph, type Placed } from "./placed.ts";

/** How much of a pixel of MNIST's an edge there takes, whatever its size, at the least in a picture's pixels. */
const EDGE = 1.8;

/**
 * Adds a digit's ink, 0..1, to that of the picture, out of focus by a deviation of `blur` pixels, and gives the box of
 * the pixels that it covers by half or more before the blur.
 */
export function addInk(ink: GreyImage, placed: Placed, lens: Lens, blur: number): Box {
  const bounds = boundsInPicture(placed, lens);
  const margin = Math.ceil(3 * blur) + 2;
  const left = Math.max(0, Math.floor(bounds.left) - margin);
  const top = Math.max(0, Math.floor(bounds.top) - margin);
  const width = Math.min(ink.width, Math.ceil(bounds.right) + margin) - left;
  const height = Math.min(ink.height, Math.ceil(bounds.bottom) + margin) - top;
  const { glyph, scale } = placed;
  const toGlyph = ontoGlyph(placed);
  const steepness = Math.max(2, EDGE * scale);
  const patch = { width, height, data: new Float32Array(width * height) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = toGlyph(lens.toSheet({ x: left + x + 0.5, y: top + y + 0.5 }));
      const covered = 0.5 + (glyph.inkAt(place.x, place.y) - glyph.edge) * steepness;
      patch.data[y * width + x] = Math.min(1, Math.max(0, covered));
    }
  }
  const box = boxOf(patch);
  const seen = blurred(patch, blur);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (top + y) * ink.width + left + x;
      ink.data[at] = Math.max(ink.data[at]!, seen[y * width + x]!);
    }
  }
  return { ...box, x: left + box.x, y: top + box.y };
}

function boxOf({ width, height, data }: GreyImage): Box {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < 0.5) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Convolved with a Gaussian, across and then down; nothing is beyond the sides. */
function blurred({ width, height, data }: GreyImage, deviation: number): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / deviation) ** 2),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  const along = (from: Float32Array, count: number, length: number, countStep: number, step: number) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < count; line++) {
      for (let i = 0; i < length; i++) {
        let value = 0;
        const [first, last] = [Math.max(0, i - reach), Math.min(length - 1, i + reach)];
        for (let j = first; j <= last; j++)
          value += kernel[j - i + reach]! * from[line * countStep + j * step]!;
        to[line * countStep + i * step] = value / sum;
      }
    }
    return to;
  };
  return along(along(data, height, width, width, 1), width, height, 1, width);
}
