import { describe, expect, test } from "vitest";
import { digitLines } from "../../src/image/digitLines.ts";
import { findMarks } from "../../src/image/marks.ts";
import type { Box } from "../../src/image/picture.ts";
import { textLines } from "../../src/image/textLines.ts";
import { drawing } from "./drawnInk.ts";

interface Placed {
  readonly name: string;
  readonly box: Box;
}

/** Characters as boxes, a space as a gap: where line `text` begins, how high it is, and how it runs. */
function line(
  text: string,
  { x = 40, y = 100, size = 40, slope = 0, wave = 0, pitch = 0.95 } = {},
): Placed[] {
  return [...text].flatMap((name, i) => {
    if (name === " ") return [];
    // Not all are equally broad or high, nor do they stand on one level.
    const width = size * (name === "1" ? 0.25 : 0.6);
    const high = size * (1 - 0.04 * (name.charCodeAt(0) % 4));
    const left = x + i * size * pitch;
    const middle = y + slope * (left - x) + wave * Math.sin(i * 0.9) + 0.03 * size * ((i % 3) - 1);
    return [{ name, box: { x: left, y: middle - high / 2, width, height: high } }];
  });
}

/** The order that they come in depends on nothing but where they are. */
function read(...lines: readonly Placed[][]): string[] {
  const all = lines.flat();
  const mixed = all.map((_, i) => all[(i * 37 + 11) % all.length]!);
  const marks = all.length % 37 === 0 ? all : mixed;
  return textLines(marks).map((one) => one.map(({ name }) => name).join(""));
}

const degrees = (angle: number) => Math.tan((angle * Math.PI) / 180);

describe("lines of text", () => {
  test("are read top to bottom, left to right", () => {
    expect(read(line("9081726", { y: 240 }), line("314159", { y: 100 }), line("26535", { y: 170 }))).toEqual([
      "314159",
      "26535",
      "9081726",
    ]);
  });

  test.each([-4, -2, 2, 4])("slanting by %i degrees stay together and apart", (angle) => {
    const slope = degrees(angle);
    const of = (text: string, y: number) => line(text, { y, slope });
    expect(read(of("314159265358", 200), of("979323846264", 270), of("338327950288", 340))).toEqual([
      "314159265358",
      "979323846264",
      "338327950288",
    ]);
  });

  test("that wave by a fifth of their height stay together", () => {
    const of = (text: string, y: number) => line(text, { y, wave: 8 });
    expect(read(of("314159265358", 100), of("979323846264", 175))).toEqual(["314159265358", "979323846264"]);
  });

  test("have words with wide gaps", () => {
    expect(read(line("31   415   92", { y: 100 }), line("6535    89", { y: 180 }))).toEqual([
      "3141592",
      "653589",
    ]);
    const slope = degrees(3);
    expect(read(line("314    159", { y: 100, slope }), line("265    358", { y: 170, slope }))).toEqual([
      "314159",
      "265358",
    ]);
  });

  test("of two sizes are read apart", () => {
    expect(read(line("314", { y: 100, size: 90 }), line("159265", { y: 210, size: 30 }))).toEqual([
      "314",
      "159265",
    ]);
  });

  test("may begin anywhere", () => {
    expect(
      read(
        line("31415", { x: 200, y: 100 }),
        line("92", { x: 40, y: 170 }),
        line("65358", { x: 120, y: 240 }),
      ),
    ).toEqual(["31415", "92", "65358"]);
  });

  test("of one digit each, one below the other, are as many", () => {
    expect(read(line("3", { y: 100 }), line("1", { y: 170 }), line("4", { y: 240 }))).toEqual([
      "3",
      "1",
      "4",
    ]);
    expect(read(line("7"))).toEqual(["7"]);
    expect(textLines([])).toEqual([]);
  });

  test("have every mark once", () => {
    const marks = [0, 1, 2, 3].flatMap((row) =>
      line("0123456789", { y: 80 + 50 * row + 7 * (row % 2), wave: 12, slope: 0.03 }),
    );
    const found = textLines(marks).flat();
    expect(found.length).toBe(40);
    expect(new Set(found).size).toBe(40);
  });
});

describe("lines of digits", () => {
  const linesOf = (ink: ReturnType<typeof drawing>) => digitLines(findMarks(ink), ink.width);

  /** A 5 whose bar does not meet its body. */
  const five = (ink: ReturnType<typeof drawing>, x: number, y: number) =>
    ink
      .stroke([x, y + 3, x - 3, y + 28, x + 22, y + 34, x + 24, y + 56, x - 2, y + 68], 7)
      .stroke([x + 12, y, x + 36, y - 3], 7);

  const zero = (ink: ReturnType<typeof drawing>, x: number, y: number) => ink.ring(x + 17, y + 33, 17, 33, 7);

  test("have a 5's bar beside its body, and are as high as its digits", () => {
    const ink = drawing(450, 240);
    zero(ink, 60, 80);
    five(ink, 140, 80);
    zero(ink, 220, 80);
    zero(ink, 300, 80);
    const [only, ...rest] = linesOf(ink);
    expect(rest).toEqual([]);
    expect(only!.marks.length).toBe(5);
    expect(only!.height).toBeGreaterThan(60);
    expect(only!.height).toBeLessThan(90);
    const middles = only!.marks.map(({ box }) => box.x + box.width / 2);
    expect(middles).toEqual([...middles].sort((a, b) => a - b));
  });

  test("leave out a speck that is near to none", () => {
    const ink = drawing(450, 400);
    zero(ink, 60, 80);
    zero(ink, 140, 80);
    ink.block({ x: 300, y: 330, width: 8, height: 7 });
    const lines = linesOf(ink);
    expect(lines.map(({ marks }) => marks.length)).toEqual([2]);
  });

  test("of two rows of zeros are two, each with its own", () => {
    const ink = drawing(450, 300);
    for (const x of [60, 140, 220]) zero(ink, x, 40);
    for (const x of [90, 170, 250, 330]) zero(ink, x, 170);
    const lines = linesOf(ink);
    expect(lines.map(({ marks }) => marks.length)).toEqual([3, 4]);
    expect(lines[0]!.marks.every(({ box }) => box.y < 130)).toBe(true);
  });

  test("that are close to each other stay apart, though digits twice as large stand below", () => {
    const ink = drawing(700, 520);
    for (const x of [60, 130, 200]) zero(ink, x, 30);
    for (const x of [60, 130, 200]) zero(ink, x, 115);
    for (const x of [60, 220, 380, 540]) ink.ring(x + 40, 320, 40, 75, 14);
    expect(linesOf(ink).map(({ marks, height }) => [marks.length, height > 100])).toEqual([
      [3, false],
      [3, false],
      [4, true],
    ]);
  });

  test("of nothing are none", () => {
    expect(digitLines([], 100)).toEqual([]);
  });
});
