import { describe, expect, test } from "vitest";
import type { GreyImage } from "../../src/image/picture.ts";
import { withoutRuledLines } from "../../src/image/ruledLines.ts";
import { type Drawing, drawing } from "./drawnInk.ts";

const [width, height] = [600, 450];
const slope = Math.tan((3 * Math.PI) / 180);

/** Lines all over the page, 60 pixels apart and two thick, drawn point by point: they may bend. */
function rule(ink: Drawing, isUpright: boolean, slant: number, bend = 0): Drawing {
  const [along, over] = isUpright ? [height, width] : [width, height];
  for (let at = -30; at < over + 60; at += 60) {
    const points: number[] = [];
    for (let x = 0; x <= along; x += 20) {
      const y = at + slant * x + bend * (x - along / 2) ** 2;
      points.push(...(isUpright ? [y, x] : [x, y]));
    }
    ink.stroke(points, 2, 0.5);
  }
  return ink;
}

/** A 1, a 0, a 7 and a 1 that lies in the lines' direction less than they do. */
function write(ink: Drawing): Drawing {
  return ink
    .stroke([150, 150, 140, 250], 9)
    .ring(230, 210, 28, 45, 9)
    .stroke([300, 165, 350, 165, 320, 255], 9)
    .stroke([420, 160, 470, 240], 9);
}

const isSame = (a: GreyImage, b: GreyImage) => a.data.every((value, i) => value === b.data[i]);

const sum = ({ data }: GreyImage) => data.reduce((all, value) => all + value, 0);

/** The share of the writing's ink that `left` still has, and how much else it has as a share of the writing. */
function compared(left: GreyImage) {
  const written = write(drawing(width, height));
  let kept = 0;
  let rest = 0;
  for (const [i, value] of left.data.entries()) {
    kept += Math.min(value, written.data[i]!);
    rest += Math.max(0, value - written.data[i]!);
  }
  return { kept: kept / sum(written), rest: rest / sum(written) };
}

describe("ruled lines vanish and writing across them stays", () => {
  test.each([
    ["level", [[false, 0, 0]]],
    ["slanting by 3 degrees", [[false, slope, 0]]],
    ["slanting and slightly bent", [[false, slope, 2e-5]]],
    [
      "squared, slanting by 3 degrees",
      [
        [false, slope, 0],
        [true, -slope, 0],
      ],
    ],
    [
      "squared and slightly bent",
      [
        [false, slope, 1e-5],
        [true, -slope, -1e-5],
      ],
    ],
  ] as const)("%s", (_, rulings) => {
    const ink = drawing(width, height);
    for (const [isUpright, slant, bend] of rulings) rule(ink, isUpright, slant, bend);
    write(ink);
    const before = compared(ink);
    expect(before.rest).toBeGreaterThan(0.3);
    const { kept, rest } = compared(withoutRuledLines(ink));
    expect(kept).toBeGreaterThan(0.97);
    expect(rest).toBeLessThan(0.1 * before.rest);
  });
});

test("a stroke that crosses a line stays in one piece", () => {
  const ink = rule(drawing(width, height), false, slope).stroke([300, 50, 310, 400], 8);
  const left = withoutRuledLines(ink);
  for (let y = 55; y < 395; y++) {
    const row = left.data.subarray(y * width, (y + 1) * width);
    expect(Math.max(...row.subarray(290, 320))).toBeGreaterThan(0.9);
  }
});

test("paper without lines stays as it is, to the very image", () => {
  const ink = write(drawing(width, height));
  expect(isSame(withoutRuledLines(ink), ink)).toBe(true);
  const blank = drawing(50, 40);
  expect(isSame(withoutRuledLines(blank), blank)).toBe(true);
});

test("a row of digits is not taken for a line", () => {
  const ink = drawing(width, height);
  // Thin 7s, whose level strokes are at nearly the same height, by a few pixels more or less.
  for (let i = 0; i < 12; i++) {
    const [x, y] = [20 + 45 * i, 200 + ((7 * i) % 13)];
    ink.stroke([x, y, x + 22, y, x + 8, y + 45], 3);
  }
  const left = withoutRuledLines(ink);
  expect(sum(left) / sum(ink)).toBeGreaterThan(0.99);
});

test.each([
  [1, 1],
  [1, 60],
  [60, 1],
])("an image of %i x %i pixels is no trouble", (across, down) => {
  const ink = drawing(across, down).block({ x: 0, y: 0, width: across, height: down });
  const left = withoutRuledLines(ink);
  expect([left.width, left.height, left.data.length]).toEqual([across, down, across * down]);
  expect(left.data.every(Number.isFinite)).toBe(true);
});

test("of a texture all over a large picture nothing is left, of the same in a part of it everything", () => {
  const side = 1200;
  const hatched = (to: number): GreyImage => ({
    width: side,
    height: side,
    data: Float32Array.from({ length: side * side }, (_, i) =>
      Number(i % side < to && (i + 7 * Math.floor(i / side)) % 12 < 3),
    ),
  });
  const share = ({ data }: GreyImage) => data.reduce((a, b) => a + b, 0) / data.length;
  expect(share(withoutRuledLines(hatched(side)))).toBe(0);
  const part = hatched(300);
  expect(share(withoutRuledLines(part))).toBe(share(part));
});
