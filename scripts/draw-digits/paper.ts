import type { Random } from "../../src/core/random.ts";
import { between, noiseOver, oneOf } from "./chance.ts";
import type { Colour } from "./pens.ts";
import type { Point } from "./skeletons.ts";

/** What is written on. */
export interface Paper {
  readonly name: PaperName;
  readonly colour: Colour;
  /** How its brightness at a pixel differs from 1, by its fibres, or by what a sponge left on a board. */
  readonly texture: (x: number, y: number) => number;
  /** How much of a printed line, 0..1, lies at a place in hundredths of the digit's height. */
  readonly lineAt: (place: Point) => number;
  readonly lineColour: Colour;
}

export type PaperName = "plain" | "ruled" | "squared" | "board" | "screen";

const WHITES: readonly Colour[] = [
  [1, 1, 1],
  [0.97, 0.97, 0.95],
  [0.95, 0.95, 0.96],
];
export const PAPERS: readonly Colour[] = [
  ...WHITES,
  [0.97, 0.93, 0.83],
  [0.86, 0.86, 0.85],
  [0.74, 0.72, 0.68],
  [0.98, 0.92, 0.55],
  [0.95, 0.78, 0.8],
  [0.72, 0.85, 0.94],
  [0.74, 0.9, 0.74],
  [0.76, 0.62, 0.46],
];
export const BOARDS: readonly Colour[] = [
  [0.13, 0.25, 0.2],
  [0.11, 0.11, 0.12],
  [0.2, 0.22, 0.26],
  [0.16, 0.32, 0.26],
];
export const LINES: readonly Colour[] = [
  [0.55, 0.68, 0.85],
  [0.7, 0.7, 0.72],
  [0.85, 0.6, 0.62],
  [0.6, 0.78, 0.7],
];

/** A sheet for a picture of `width` x `height` pixels with a digit `size` pixels high. */
export function takePaper(
  random: Random,
  name: PaperName,
  isScanned: boolean,
  width: number,
  height: number,
  size: number,
): Paper {
  const isBoard = name === "board";
  const colour =
    name === "screen" ? WHITES[0]! : oneOf(random, isBoard ? BOARDS : isScanned ? WHITES : PAPERS);
  const roughness = name === "screen" ? 0 : isScanned ? 0.004 : isBoard ? 0.04 : between(random, 0.004, 0.02);
  const fibres = noiseOver(random, width, height, Math.max(1.5, size * between(random, 0.008, 0.03)));
  const patches = noiseOver(random, width, height, size * between(random, 0.3, 1));
  const patchiness = isBoard ? 0.12 : roughness;
  return {
    name,
    colour,
    texture: (x, y) => roughness * fibres(x, y) + patchiness * patches(x, y),
    lineAt: linesOf(random, name),
    lineColour: oneOf(random, LINES),
  };
}

function linesOf(random: Random, name: PaperName): (place: Point) => number {
  if (name !== "ruled" && name !== "squared") return () => 0;
  const strength = between(random, 0.35, 0.9);
  const breadth = between(random, 1.2, 2.2);
  // On ruled paper a digit nearly fills a line, and stands on it; on squared paper it fills one square or two.
  const spacing =
    name === "ruled" ? between(random, 120, 170) : oneOf(random, [1, 0.5]) * between(random, 105, 140);
  const offset = { x: between(random, 0, spacing), y: 50 + between(random, -4, 12) };
  const line = (at: number) => {
    const distance = Math.abs(at - spacing * Math.round(at / spacing));
    return Math.min(1, Math.max(0, 0.5 + (breadth / 2 - distance) / breadth));
  };
  if (name === "ruled") return ({ y }) => strength * line(y - offset.y);
  return ({ x, y }) => strength * Math.max(line(x - offset.x), line(y - offset.y));
}
