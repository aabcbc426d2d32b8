import type { Random } from "../../src/core/random.ts";
import { between, betweenByRatio, noiseAlong, oneOf } from "./chance.ts";
import type { Path } from "./handwriting.ts";
import type { Point } from "./skeletons.ts";

/** Red, green, blue, 0..1, as a picture file has them. */
export type Colour = readonly [number, number, number];

/** A pen in somebody's hand. */
export interface Pen {
  readonly name: PenName;
  /** Of its stroke, in hundredths of the digit's height. */
  readonly width: number;
  readonly colour: Colour;
  /** The share of the paper that full ink hides. */
  readonly opacity: number;
  /** How much of the ink the paper's grain takes away, 0 none .. 1 all of it in places. */
  readonly grain: number;
  /** Whether pixels are either ink or paper, as cheap drawing programs draw. */
  readonly isAliased: boolean;
  /** The share of its width that a stroke in this direction has, `at` this place of its length. */
  readonly shareOfWidth: (direction: number, at: number) => number;
}

export type PenName = "ballpoint" | "pencil" | "fountain" | "felt-tip" | "marker" | "chalk" | "digital";

/** A point of a stroke and how broad the stroke is there, both in hundredths of the digit's height. */
export interface Dab extends Point {
  readonly width: number;
}

export const BLACKS: readonly Colour[] = [
  [0.07, 0.07, 0.09],
  [0.12, 0.11, 0.12],
  [0.16, 0.16, 0.2],
];
export const BLUES: readonly Colour[] = [
  [0.1, 0.18, 0.55],
  [0.16, 0.25, 0.68],
  [0.07, 0.1, 0.36],
];
const COLOURS: readonly Colour[] = [
  ...BLACKS,
  ...BLUES,
  [0.72, 0.1, 0.12],
  [0.08, 0.42, 0.2],
  [0.4, 0.14, 0.5],
];
export const CHALKS: readonly Colour[] = [
  [0.93, 0.93, 0.9],
  [0.9, 0.88, 0.8],
  [0.95, 0.9, 0.6],
  [0.95, 0.78, 0.78],
];

/** A pen of that name, one of the many that there are. */
export function takePen(random: Random, name: PenName): Pen {
  const pressure = noiseAlong(random, between(random, 40, 120));
  const evenness = (strength: number) => (_: number, at: number) => 1 + strength * pressure(at);
  const usual = { name, grain: 0, isAliased: false };
  switch (name) {
    case "ballpoint": {
      const width = betweenByRatio(random, 2, 4.5);
      const colour = oneOf(random, [...BLUES, ...BLACKS]);
      const opacity = between(random, 0.75, 0.95);
      return { ...usual, width, colour, opacity, grain: 0.15, shareOfWidth: evenness(0.15) };
    }
    case "pencil": {
      const width = betweenByRatio(random, 2.2, 5.5);
      const level = between(random, 0.2, 0.34);
      const opacity = between(random, 0.65, 0.9);
      const grain = between(random, 0.2, 0.45);
      return { ...usual, width, colour: [level, level, level], opacity, grain, shareOfWidth: evenness(0.2) };
    }
    case "fountain": {
      const width = betweenByRatio(random, 4, 9);
      const nib = between(random, 0.5, 1.1);
      const least = between(random, 0.3, 0.55);
      const shareOfWidth = (direction: number, at: number) =>
        (least + (1 - least) * Math.abs(Math.sin(direction + nib))) * (1 + 0.1 * pressure(at));
      return { ...usual, width, colour: oneOf(random, [...BLUES, ...BLACKS]), opacity: 0.95, shareOfWidth };
    }
    case "felt-tip": {
      const width = betweenByRatio(random, 6, 11);
      return { ...usual, width, colour: oneOf(random, COLOURS), opacity: 0.93, shareOfWidth: evenness(0.1) };
    }
    case "marker": {
      const width = betweenByRatio(random, 11, 21);
      return { ...usual, width, colour: oneOf(random, COLOURS), opacity: 0.96, shareOfWidth: evenness(0.05) };
    }
    case "chalk": {
      const width = betweenByRatio(random, 5, 12);
      const opacity = between(random, 0.75, 0.95);
      const grain = between(random, 0.35, 0.6);
      return { ...usual, width, colour: oneOf(random, CHALKS), opacity, grain, shareOfWidth: evenness(0.2) };
    }
    case "digital": {
      const width = betweenByRatio(random, 2, 25);
      const colour: Colour = random.below(3) > 0 ? [0, 0, 0] : oneOf(random, COLOURS);
      return { ...usual, width, colour, opacity: 1, isAliased: random.below(3) === 0, shareOfWidth: () => 1 };
    }
  }
}

/** The path drawn with the pen: how broad it is at each point. */
export function drawnWith(pen: Pen, path: Path): Dab[] {
  let length = 0;
  return path.map((point, i) => {
    const before = path[i - 1] ?? point;
    const after = path[i + 1] ?? point;
    length += Math.hypot(point.x - before.x, point.y - before.y);
    const direction = Math.atan2(after.y - before.y, after.x - before.x);
    return { ...point, width: pen.width * pen.shareOfWidth(direction, length) };
  });
}
