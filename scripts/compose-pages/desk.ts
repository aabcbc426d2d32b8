import type { Random } from "../../src/core/random.ts";
import { between, noiseAlong, oneOf } from "../draw-digits/chance.ts";
import type { Colour } from "../draw-digits/pens.ts";
import type { Point } from "../draw-digits/skeletons.ts";
import type { Bounds } from "./placed.ts";

/** What a sheet lies on, where the picture shows more than the sheet. */
export interface Desk {
  /** The sheet's sides, on the plane that the sheet is in. */
  readonly sheet: Bounds;
  readonly colour: Colour;
  /** How its brightness differs from 1, by the grain of its wood. */
  readonly grain: (place: Point) => number;
  /** How far from the sheet its shadow on the desk is seen, pixels. */
  readonly shadow: number;
}

const DESKS: readonly Colour[] = [
  [0.55, 0.4, 0.27],
  [0.4, 0.27, 0.18],
  [0.68, 0.55, 0.4],
  [0.25, 0.25, 0.27],
  [0.45, 0.46, 0.48],
];

/** A sheet that ends somewhere between what is written and the picture's sides, at one side or more. */
export function takeDesk(random: Random, written: Bounds, size: number, width: number, height: number): Desk {
  // At the sides where it goes on it is larger than any picture of it.
  const far = 2 * Math.max(width, height);
  const isSeen = [0, 1, 2, 3].map(() => random.below(2) === 0);
  isSeen[random.below(4)] = true;
  const end = (side: number, from: number, room: number) =>
    isSeen[side] === true && room > 2 * size ? from + size + (room - size) * between(random, 0.2, 0.9) : far;
  const waves = noiseAlong(random, between(random, 25, 60));
  const bend = noiseAlong(random, between(random, 500, 1500));
  const strength = between(random, 0.01, 0.07);
  return {
    sheet: {
      left: -end(0, -written.left, width / 2 + written.left),
      top: -end(1, -written.top, height / 2 + written.top),
      right: end(2, written.right, width / 2 - written.right),
      bottom: end(3, written.bottom, height / 2 - written.bottom),
    },
    colour: oneOf(random, DESKS),
    grain: ({ x, y }) => strength * waves(y + 25 * bend(x)),
    shadow: size * between(random, 0.05, 0.25),
  };
}

/** How far inside the sheet a place is, pixels; negative outside. */
export function inside({ left, top, right, bottom }: Bounds, { x, y }: Point): number {
  return Math.min(x - left, right - x, y - top, bottom - y);
}
