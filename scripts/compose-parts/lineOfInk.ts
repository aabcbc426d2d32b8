import type { Random } from "../../src/core/random.ts";
import type { GreyImage } from "../../src/image/picture.ts";
import type { Digits } from "../compose-pages/digits.ts";
import { glyphOf } from "../compose-pages/glyph.ts";
import { between, normalWithin } from "../draw-digits/chance.ts";

/** Digits that touch, as ink without paper, and whose each pixel is. */
export interface LineOfInk {
  readonly ink: GreyImage;
  /** The digits, left to right. */
  readonly labels: readonly number[];
  /** `[height, width]`: which digit of the line has the most ink there, or 255 where none has any. */
  readonly owners: Uint8Array;
  /** Of the digits, pixels. */
  readonly height: number;
}

/** Digits are about so high, pixels: strokes are then as broad as where pages are worked on. */
const HEIGHT = 60;

/** Paper around the line, pixels. */
const MARGIN = 12;

/** How far a digit may be over the one before it, in parts of its height. */
const MOST_OVERLAP = 0.05;

interface Shape {
  readonly label: number;
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** So many digits of those given, chosen by chance, each against the one before it. */
export function lineOfInk(digits: Digits, count: number, random: Random): LineOfInk {
  const size = HEIGHT * between(random, 0.8, 1.25);
  const edge = between(random, 0.28, 0.5);
  const shapes = Array.from({ length: count }, () => shapeOf(digits, size, edge, random));
  const places = placesOf(shapes, size, random);
  const width = Math.ceil(Math.max(...places.map(({ x }, i) => x + shapes[i]!.width))) + MARGIN;
  const top = Math.min(...places.map(({ y }) => y));
  const height = Math.max(...places.map(({ y }, i) => y - top + shapes[i]!.height)) + 2 * MARGIN;
  const data = new Float32Array(width * height);
  const owners = new Uint8Array(width * height).fill(255);
  for (const [i, shape] of shapes.entries()) {
    const { x, y } = places[i]!;
    for (let v = 0; v < shape.height; v++) {
      for (let u = 0; u < shape.width; u++) {
        const at = (y - top + MARGIN + v) * width + x + u;
        const value = shape.data[v * shape.width + u]!;
        if (value <= data[at]!) continue;
        data[at] = value;
        owners[at] = i;
      }
    }
  }
  return { ink: { width, height, data }, labels: shapes.map(({ label }) => label), owners, height: size };
}

function shapeOf({ images, labels }: Digits, size: number, edge: number, random: Random): Shape {
  const index = random.below(labels.length);
  const glyph = glyphOf(images.subarray(index * 784, (index + 1) * 784), index, edge);
  const scale = (size * normalWithin(random, 1, 0.1, 0.75, 1.25)) / glyph.height;
  const shear = normalWithin(random, 0, 0.1, -0.25, 0.25);
  const steepness = between(random, 2, 4);
  const height = Math.ceil(glyph.height * scale) + 2;
  const lean = Math.abs(shear) * height;
  const width = Math.ceil(glyph.width * scale + lean) + 2;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const moved = x - 1 - (shear > 0 ? shear * (height - y) : -shear * y);
      const ink = glyph.inkAt(glyph.left + moved / scale, glyph.top + (y - 0.5) / scale);
      data[y * width + x] = Math.min(1, Math.max(0, 0.5 + (ink - glyph.edge) * steepness));
    }
  }
  return { label: labels[index]!, width, height, data };
}

/** Each digit's left upper corner: standing on a line, more or less, and over the one before it. */
function placesOf(shapes: readonly Shape[], size: number, random: Random): { x: number; y: number }[] {
  const places: { x: number; y: number }[] = [];
  for (const [i, shape] of shapes.entries()) {
    const y = Math.round(normalWithin(random, 0, 0.06, -0.2, 0.2) * size) - shape.height;
    const last = places.at(-1);
    const overlap = between(random, 0, MOST_OVERLAP) * size;
    const x = last === undefined ? MARGIN : Math.round(againstIn(shapes[i - 1]!, last, shape, y) - overlap);
    places.push({ x, y });
  }
  return places;
}

/** Where the digit's left edge is as it just touches the one before it. */
function againstIn(before: Shape, at: { x: number; y: number }, shape: Shape, y: number): number {
  let x = -Infinity;
  for (let row = Math.max(at.y, y); row < Math.min(at.y + before.height, y + shape.height); row++) {
    const right = lastInk(before, row - at.y);
    const left = firstInk(shape, row - y);
    if (right >= 0 && left >= 0) x = Math.max(x, at.x + right + 1 - left);
  }
  return x === -Infinity ? at.x + before.width : x;
}

function lastInk({ width, data }: Shape, row: number): number {
  let x = width - 1;
  while (x >= 0 && data[row * width + x]! < 0.5) x--;
  return x;
}

function firstInk({ width, data }: Shape, row: number): number {
  let x = 0;
  while (x < width && data[row * width + x]! < 0.5) x++;
  return x === width ? -1 : x;
}
