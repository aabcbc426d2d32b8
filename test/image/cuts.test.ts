import { expect, test } from "vitest";
import type { Run } from "../../src/image/components.ts";
import { slicesOf } from "../../src/image/cuts.ts";
import { findMarks, type Mark } from "../../src/image/marks.ts";
import { type Drawing, drawing } from "./drawnInk.ts";

function onlyMark(ink: Drawing): Mark {
  const marks = findMarks(ink);
  expect(marks.length).toBe(1);
  return marks[0]!;
}

const isIn = ({ from, to }: Run, x: number, y: number) => y * 240 + x >= from && y * 240 + x < to;

/** Every pixel of the mark is in one slice, and in no other. */
function expectParted(mark: Mark, slices: readonly Mark[]): void {
  const pixelsOf = ({ runs }: Mark) =>
    runs.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
  const whole = pixelsOf(mark).sort((a, b) => a - b);
  const parted = slices.flatMap(pixelsOf).sort((a, b) => a - b);
  expect(parted.join()).toBe(whole.join());
}

test("two 1s that a thin stroke ties together are cut between them", () => {
  const ink = drawing(240, 160)
    .stroke([60, 30, 60, 130], 9)
    .stroke([130, 30, 130, 130], 9)
    .stroke([60, 80, 130, 76], 4);
  const mark = onlyMark(ink);
  const slices = slicesOf(ink, mark, 100);
  expect(slices.length).toBeGreaterThan(1);
  expectParted(mark, slices);
  for (const { box } of slices) expect(box.x <= 56 && box.x + box.width >= 134).toBe(false);
});

test("two 1s that lean to the right and hang together by a thin stroke are cut along their slant", () => {
  const ink = drawing(240, 160)
    .stroke([100, 30, 70, 130], 9)
    .stroke([160, 30, 130, 130], 9)
    .stroke([72, 125, 132, 120], 4);
  const mark = onlyMark(ink);
  const slices = slicesOf(ink, mark, 100);
  expect(slices.length).toBeGreaterThan(1);
  expectParted(mark, slices);
  // The left 1's top at x = 100 and the right one's foot at x = 130 are in different slices, though 1s are this near.
  const sliceAt = (x: number, y: number) =>
    slices.findIndex(({ runs }) => runs.some((run) => isIn(run, x, y)));
  expect(sliceAt(100, 31)).not.toBe(sliceAt(130, 128));
  expect(sliceAt(100, 31)).toBeGreaterThanOrEqual(0);
});

test("a mark too narrow for two digits stays whole", () => {
  const ink = drawing(100, 160).stroke([50, 20, 48, 140], 10);
  const mark = onlyMark(ink);
  expect(slicesOf(ink, mark, 120)).toEqual([mark]);
});
