import type { Point } from "../draw-digits/skeletons.ts";
import type { Glyph } from "./glyph.ts";
import type { Lens } from "./lens.ts";

/** A glyph with its size, its slope and its place on the sheet. */
export interface Placed {
  readonly glyph: Glyph;
  /** The middle of its ink on the sheet, pixels. */
  readonly middle: Point;
  /** Pixels of the sheet for each of MNIST's. */
  readonly scale: number;
  /** Radians, clockwise. */
  readonly turn: number;
  /** How far the upper end leans to the right, as a part of the height. */
  readonly shear: number;
  /** Whether it touches the digit before it. */
  readonly touches?: true;
}

/** Sides of a rectangle. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where the glyph's places are on the sheet. */
export function ontoSheet({ glyph, middle, scale, turn, shear }: Placed): (place: Point) => Point {
  const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
  const [x0, y0] = [glyph.left + glyph.width / 2, glyph.top + glyph.height / 2];
  return (place) => {
    const y = place.y - y0;
    const x = place.x - x0 - shear * y;
    return { x: middle.x + cos * x - sin * y, y: middle.y + sin * x + cos * y };
  };
}

/** The way back of {@link ontoSheet}. */
export function ontoGlyph({ glyph, middle, scale, turn, shear }: Placed): (place: Point) => Point {
  const [cos, sin] = [Math.cos(turn) / scale, Math.sin(turn) / scale];
  const [x0, y0] = [glyph.left + glyph.width / 2, glyph.top + glyph.height / 2];
  return (place) => {
    const [dx, dy] = [place.x - middle.x, place.y - middle.y];
    const y = cos * dy - sin * dx;
    return { x: cos * dx + sin * dy + shear * y + x0, y: y + y0 };
  };
}

/** How far two digits are apart along the rows that both have ink in; negative where one is over the other. */
export function gapInRows(left: Placed, right: Placed): number {
  const [before, after] = [left, right].map((placed) => placed.glyph.outline.map(ontoSheet(placed)));
  const step = (2 * Math.max(left.scale, right.scale)) / 4;
  const ends = new Map<number, number>();
  for (const { x, y } of before!) {
    const row = Math.round(y / step);
    ends.set(row, Math.max(ends.get(row) ?? -Infinity, x));
  }
  return Math.min(...after!.map(({ x, y }) => x - (ends.get(Math.round(y / step)) ?? -Infinity)));
}

/** What the ink takes up on the sheet. */
export function boundsOnSheet(placed: Placed): Bounds {
  return boundsOf(placed.glyph.outline.map(ontoSheet(placed)));
}

/** What the ink takes up in the picture. */
export function boundsInPicture(placed: Placed, lens: Lens): Bounds {
  const onto = ontoSheet(placed);
  return boundsOf(placed.glyph.outline.map((place) => lens.toPicture(onto(place))));
}

function boundsOf(points: readonly Point[]): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

/** How far two rectangles are apart, along the axis where they are farther; negative where they overlap. */
export function gapBetween(a: Bounds, b: Bounds): number {
  const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
  const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
  return Math.max(across, down);
}

/** How far digits of such rectangles must be apart at least, so that nobody takes them for one. */
export function gapNeeded(a: Bounds, b: Bounds): number {
  return Math.max(3, 0.06 * Math.max(a.bottom - a.top, b.bottom - b.top)) + 1;
}
