import type { Random } from "../../src/core/random.ts";
import { between, oneOf } from "../draw-digits/chance.ts";
import { BOARDS, LINES, PAPERS } from "../draw-digits/paper.ts";
import { BLACKS, BLUES, CHALKS, type Colour } from "../draw-digits/pens.ts";

export const penNames = ["black", "blue", "red", "green", "pencil", "chalk"] as const;

/** What is written with. */
export interface PagePen {
  readonly name: (typeof penNames)[number];
  readonly colour: Colour;
  /** The share of the paper that full ink hides. */
  readonly opacity: number;
  /** How much of the ink the paper's grain takes away, 0 none .. 1 all of it in places. */
  readonly grain: number;
}

/** What is written on. */
export interface Sheet {
  readonly name: "plain" | "ruled" | "squared" | "board";
  readonly colour: Colour;
  readonly lineColour: Colour;
  /** How much of it a printed line hides. */
  readonly lineStrength: number;
}

const REDS: readonly Colour[] = [
  [0.72, 0.1, 0.12],
  [0.8, 0.16, 0.14],
];
const GREENS: readonly Colour[] = [
  [0.08, 0.42, 0.2],
  [0.05, 0.36, 0.28],
];

/** How much darker than its paper ink must be at least, of 1, for everybody to read it at once. */
const LEAST_CONTRAST = 0.3;

/** Paper and a pen that is seen on it. */
export function takeScene(random: Random): { sheet: Sheet; pen: PagePen } {
  const isBoard = random.below(6) === 0;
  const name = isBoard
    ? ("board" as const)
    : oneOf(random, ["plain", "plain", "plain", "ruled", "squared"] as const);
  const sheet: Sheet = {
    name,
    colour: oneOf(random, isBoard ? BOARDS : random.below(2) === 0 ? PAPERS.slice(0, 3) : PAPERS),
    lineColour: oneOf(random, LINES),
    lineStrength: between(random, 0.3, 0.75),
  };
  for (;;) {
    const pen = takePagePen(random, isBoard);
    if (pen.opacity * Math.abs(luma(pen.colour) - luma(sheet.colour)) >= LEAST_CONTRAST) {
      return { sheet, pen };
    }
  }
}

function takePagePen(random: Random, isBoard: boolean): PagePen {
  if (isBoard) {
    const [opacity, grain] = [between(random, 0.75, 0.95), between(random, 0.25, 0.5)];
    return { name: "chalk", colour: oneOf(random, CHALKS.slice(0, 3)), opacity, grain };
  }
  const name = oneOf(random, ["black", "black", "blue", "blue", "red", "green", "pencil"] as const);
  if (name === "pencil") {
    const level = between(random, 0.2, 0.36);
    const [opacity, grain] = [between(random, 0.65, 0.85), between(random, 0.2, 0.4)];
    return { name, colour: [level, level, level * 1.03], opacity, grain };
  }
  const colours = { black: BLACKS, blue: BLUES, red: REDS, green: GREENS }[name];
  return {
    name,
    colour: oneOf(random, colours),
    opacity: between(random, 0.8, 0.97),
    grain: between(random, 0, 0.2),
  };
}

function luma([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
