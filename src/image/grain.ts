import type { Component } from "./components.ts";
import type { GreyImage } from "./picture.ts";

// How much of a picture is looked at. Pages of writing stay far below these bounds; noise, halftones, mazes and pictures that
// are made to hurt do not, and are no writing.

/** No more pieces are looked at: a page of writing has a few hundred. */
const MOST_PIECES = 1000;

/** Where there are more than these, nearly all are grain, such as a halftone's dots, and fewer are looked at. */
const GRAIN = { pieces: 5000, most: 250 } as const;

/** How many of `count` pieces are looked at. */
export function mostOf(count: number): number {
  return count > GRAIN.pieces ? GRAIN.most : MOST_PIECES;
}

/** What has more runs than this is texture: digits, at the size that they are worked on, have a hundred. */
const MOST_RUNS = { ofOne: 10_000, ofAll: 80_000 } as const;

/** Boxes of pieces, at all thresholds together, so many times as large as the picture are of grain: writing's are up to five times. */
const MOST_AREA = 10;

/** What may yet be looked at of a picture: pixels in boxes of pieces, and runs of marks. */
export interface Budget {
  area: number;
  runs: number;
}

export function budgetOf({ width, height }: GreyImage): Budget {
  return { area: MOST_AREA * width * height, runs: 3 * MOST_RUNS.ofAll };
}

/** Takes a piece's box from the budget; whether there was enough left. */
export function isWithin(budget: Budget, { box }: Component): boolean {
  budget.area -= box.width * box.height;
  return budget.area >= 0;
}

/** The same for the runs of a mark, which are too many as well where they are more than a digit's. */
export function isDigitWithin(budget: Budget, { ends }: Component): boolean {
  const runs = ends.length / 2;
  if (runs > MOST_RUNS.ofOne) return false;
  budget.runs -= runs;
  return budget.runs >= 0;
}

interface Weighed {
  readonly mass: number;
  readonly runs: readonly unknown[];
}

/** The marks, or the heaviest of them where they are more than `most`, or have more runs than a page has. */
export function heaviestOf<T extends Weighed>(marks: T[], most: number): T[] {
  let runs = 0;
  for (const mark of marks) runs += mark.runs.length;
  if (marks.length <= most && runs <= MOST_RUNS.ofAll) return marks;
  runs = 0;
  return marks
    .sort((a, b) => b.mass - a.mass)
    .slice(0, most)
    .filter((mark) => {
      runs += mark.runs.length;
      return runs <= MOST_RUNS.ofAll;
    });
}
