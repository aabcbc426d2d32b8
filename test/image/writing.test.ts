import { describe, expect, test } from "vitest";
import { inkOfPicture } from "../../src/image/inkOfPicture.ts";
import { findMarks, type Mark } from "../../src/image/marks.ts";
import type { GreyImage } from "../../src/image/picture.ts";
import { writing } from "../../src/image/writing.ts";
import { writingScale } from "../../src/image/writingScale.ts";
import { type Drawing, drawing, lit, onWhite } from "./drawnInk.ts";

const written = (ink: GreyImage) => writing(findMarks(ink), ink);
const isAt =
  (x: number, y: number) =>
  ({ box }: Mark) =>
    x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;

/** A 0, a 7, a 4 and a 1, 80 pixels high. */
function write(ink: Drawing): Drawing {
  return ink
    .ring(100, 150, 25, 36, 8)
    .stroke([160, 114, 205, 114, 175, 186], 8)
    .stroke([250, 114, 235, 155, 280, 155], 8)
    .stroke([268, 130, 262, 186], 8)
    .stroke([330, 114, 325, 186], 8);
}

describe("writing", () => {
  test("is all of some digits", () => {
    const ink = write(drawing(500, 400));
    const marks = written(ink);
    expect(marks.length).toBe(findMarks(ink).length);
    for (const [x, y] of [
      [100, 150],
      [180, 150],
      [265, 150],
      [328, 150],
    ] as const)
      expect(marks.some(isAt(x, y))).toBe(true);
  });

  test("is no hair", () => {
    const hair = Array.from({ length: 20 }, (_, i) => [
      60 + 16 * i,
      300 + 20 * Math.sin(i / 3) + 2 * i,
    ]).flat();
    const ink = write(drawing(500, 400)).stroke(hair, 0.7, 0.6);
    const marks = written(ink);
    expect(marks.some(isAt(100, 150))).toBe(true);
    expect(marks.some(({ box }) => box.y > 250)).toBe(false);
  });

  test("is no edge of the paper along the picture's side", () => {
    const ink = write(drawing(500, 400)).block({ x: 494, y: 0, width: 6, height: 400 });
    const marks = written(ink);
    expect(marks.some(({ box }) => box.x > 450)).toBe(false);
    expect(marks.some(isAt(328, 150))).toBe(true);
  });

  test("is no faint patch by itself, small or at the picture's side", () => {
    const ink = write(drawing(500, 400))
      .block({ x: 440, y: 330, width: 20, height: 30 }, 0.5)
      .block({ x: 0, y: 300, width: 50, height: 70 }, 0.5)
      .stroke([100, 194, 120, 197], 6, 0.5);
    const marks = written(ink);
    expect(marks.some(isAt(450, 340))).toBe(false);
    expect(marks.some(isAt(20, 330))).toBe(false);
    // Beside a digit it may be a stroke of it.
    expect(marks.some(isAt(110, 195))).toBe(true);
  });

  test("is no frame around digits", () => {
    const frame = [30, 50, 400, 50, 400, 250, 30, 250, 30, 50];
    const ink = write(drawing(500, 400)).stroke(frame, 3);
    const marks = written(ink);
    expect(marks.some(({ box }) => box.width > 300)).toBe(false);
    expect(marks.filter(({ box }) => box.height > 40 && box.height < 110).length).toBeGreaterThanOrEqual(4);
  });

  test("may be a lone 1, long and thin", () => {
    const ink = drawing(400, 500).stroke([200, 60, 190, 440], 10);
    expect(written(ink).length).toBe(1);
    expect(written(drawing(200, 200))).toEqual([]);
  });

  test("has thin 1s among broad digits", () => {
    const ink = drawing(500, 300)
      .ring(100, 150, 25, 36, 9)
      .stroke([200, 110, 200, 190], 6)
      .ring(300, 150, 25, 36, 9);
    expect(written(ink).length).toBe(3);
  });
});

describe("the scale of writing", () => {
  const page = (size: number, breadth: number): GreyImage => {
    const ink = drawing(600, 450);
    for (let x = 60; x + size < 580 && x < 60 + 8 * 1.5 * size; x += 1.5 * size)
      ink.ring(x + size / 2, 220, size / 3, size / 2, breadth);
    return lit(ink, onWhite);
  };

  test("keeps all pixels of thin strokes and few of broad ones", () => {
    const small = writingScale(page(30, 4), true, 7);
    const large = writingScale(page(380, 44), true, 7);
    expect(small.side).toBeGreaterThan(450);
    expect(small.side).toBeLessThanOrEqual(600);
    expect(large.side).toBeLessThan(300);
    expect(large.side).toBeGreaterThan(40);
  });

  test("looks for the paper in a window broader than the strokes, as a share of the shorter side", () => {
    for (const [size, breadth] of [
      [30, 4],
      [100, 14],
      [380, 44],
    ] as const) {
      const { window } = writingScale(page(size, breadth), true, 7);
      expect(window * 450).toBeGreaterThan(1.5 * breadth);
      expect(window).toBeLessThanOrEqual(0.5);
    }
    expect(writingScale(page(30, 4), true, 7).window).toBeLessThan(
      writingScale(page(380, 44), true, 7).window,
    );
  });

  test("of a blank page is its own", () => {
    const blank = lit(drawing(300, 200), onWhite);
    const { side, window } = writingScale(blank, true, 7);
    expect(side).toBe(300);
    expect(window).toBeGreaterThan(0);
  });
});

describe("the ink of a picture", () => {
  const found = (light: Parameters<typeof lit>[1]) => {
    const picture = lit(write(drawing(500, 400)), light);
    return inkOfPicture(picture, true, writingScale(picture, true, 7));
  };

  test.each<[string, Parameters<typeof lit>[1]]>([
    ["in even light", onWhite],
    ["in slanting light", (x) => ({ paper: 0.9 - 0.001 * x, ink: (0.9 - 0.001 * x) * 0.2 })],
    // A hand's shadow over half of the page, 20 pixels soft at its edge.
    [
      "across a shadow's edge",
      (x, y) => {
        const shade = 0.45 + 0.5 / (1 + Math.exp(-(x + 0.4 * y - 250) / 5));
        return { paper: shade, ink: shade * 0.2 };
      },
    ],
  ])("%s is what was written, and no more", (_, light) => {
    const { ink, marks } = found(light);
    const scale = 500 / ink.width;
    const high = marks.filter(({ box }) => box.height * scale > 40);
    expect(high.length).toBe(findMarks(write(drawing(500, 400))).length);
    for (const { box } of marks) {
      expect(box.y * scale).toBeGreaterThan(100);
      expect((box.y + box.height) * scale).toBeLessThan(200);
    }
  });
});
