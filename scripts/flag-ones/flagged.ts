import type { Random } from "../../src/core/random.ts";
import { normalizeDigit } from "../../src/image/normalize.ts";
import { between } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";

const SIDE = 28;

/** An MNIST 1 as a bar, lengths in pixels. */
interface Bar {
  /** The middle of the pen where it began and where it ended. */
  readonly top: Point;
  readonly bottom: Point;
  readonly thickness: number;
}

/** A bar is straight: nearly all of its ink is within its pen's breadth of the line from top to bottom. */
const STRAIGHT_SHARE = 0.9;

/** MNIST's 1s are 20 pixels high, but for those that lean over. */
const LEAST_HEIGHT = 17;

/** A drawn stroke's edge fades over so many pixels, as MNIST's do. */
const SOFTNESS = 1;

/** Places looked at for each pixel, across and down. */
const FINENESS = 4;

/**
 * A 1 of MNIST, `[28, 28]`, with a flag at its top, as most of Europe writes it, and sometimes a foot; `undefined` for a
 * 1 that is no plain bar: it may have them already.
 */
export function flagged(pixels: Uint8Array, random: Random): Uint8Array | undefined {
  const bar = barOf(pixels);
  if (bar === undefined) return undefined;
  const height = bar.bottom.y - bar.top.y;
  const strokes = [flagOf(bar, height, random)];
  if (random.uniform() < 0.25) strokes.push(footOf(bar, height, random));
  const breadth = bar.thickness * between(random, 0.75, 1);
  const data = Float32Array.from(pixels, (value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const drawn = strokes.map((stroke) => inkOf(stroke, breadth, x, y));
    return Math.max(value / 255, ...drawn);
  });
  // To the middle again, by whole pixels.
  return normalizeDigit({ width: SIDE, height: SIDE, data })?.pixels;
}

/** From the top to the left and down: steeper than a 7's bar, and shorter. It leans with the digit, though less. */
function flagOf({ top, bottom }: Bar, height: number, random: Random): readonly Point[] {
  const lean = Math.atan2(top.x - bottom.x, height);
  const angle = (between(random, 25, 65) * Math.PI) / 180 - 0.4 * lean;
  const length = height * between(random, 0.2, 0.45);
  const end = { x: top.x - length * Math.cos(angle), y: top.y + length * Math.sin(angle) };
  // Hollow or round by a little: nobody draws it by a ruler.
  const sag = length * between(random, -0.12, 0.12);
  const middle = {
    x: (top.x + end.x) / 2 + sag * Math.sin(angle),
    y: (top.y + end.y) / 2 + sag * Math.cos(angle),
  };
  return [top, middle, end];
}

function footOf({ bottom }: Bar, height: number, random: Random): readonly Point[] {
  const [left, right] = [between(random, 0.15, 0.35), between(random, 0.15, 0.35)];
  const fall = height * between(random, -0.03, 0.03);
  return [
    { x: bottom.x - height * left, y: bottom.y - fall },
    { x: bottom.x + height * right, y: bottom.y + fall },
  ];
}

function barOf(pixels: Uint8Array): Bar | undefined {
  const inkAt = (x: number, y: number) => pixels[y * SIDE + x]! / 255;
  const rows = Array.from({ length: SIDE }, (_, y) => {
    let ink = 0;
    let moment = 0;
    for (let x = 0; x < SIDE; x++) {
      ink += inkAt(x, y);
      moment += (x + 0.5) * inkAt(x, y);
    }
    return { ink, x: moment / ink };
  });
  const first = rows.findIndex(({ ink }) => ink >= 0.5);
  const last = rows.findLastIndex(({ ink }) => ink >= 0.5);
  if (first < 0 || last + 1 - first < LEAST_HEIGHT) return undefined;
  const mass = rows.reduce((sum, { ink }) => sum + ink, 0);
  const lean = rows[last - 1]!.x - rows[first + 1]!.x;
  const thickness = mass / Math.hypot(last + 1 - first, lean);
  // A gap in the bar: there the middle is not a number.
  if (Number.isNaN(thickness)) return undefined;
  const inset = Math.min(2, Math.floor(thickness / 2));
  const top = { x: rows[first + inset]!.x, y: first + inset + 0.5 };
  const bottom = { x: rows[last - inset]!.x, y: last - inset + 0.5 };
  let near = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const isNear = distance({ x: x + 0.5, y: y + 0.5 }, top, bottom) <= thickness / 2 + 0.75;
      if (isNear) near += inkAt(x, y);
    }
  }
  return near >= STRAIGHT_SHARE * mass ? { top, bottom, thickness } : undefined;
}

/** How much of pixel (x, y) a pen of this breadth inks along the points, 0..1. */
function inkOf(points: readonly Point[], breadth: number, x: number, y: number): number {
  let sum = 0;
  for (let j = 0; j < FINENESS; j++) {
    for (let i = 0; i < FINENESS; i++) {
      const at = { x: x + (i + 0.5) / FINENESS, y: y + (j + 0.5) / FINENESS };
      let nearest = Number.POSITIVE_INFINITY;
      for (let k = 0; k + 1 < points.length; k++) {
        nearest = Math.min(nearest, distance(at, points[k]!, points[k + 1]!));
      }
      sum += Math.min(1, Math.max(0, 0.5 + (breadth / 2 - nearest) / SOFTNESS));
    }
  }
  return sum / FINENESS ** 2;
}

/** From a place to the nearest one between two others. */
function distance(at: Point, from: Point, to: Point): number {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const along = ((at.x - from.x) * x + (at.y - from.y) * y) / (x * x + y * y);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(at.x - from.x - t * x, at.y - from.y - t * y);
}
