import { describe, expect, test } from "vitest";
import { annotated } from "../../src/cli/predictAnnotate.ts";
import type { Picture } from "../../src/image/picture.ts";
import { fakePage } from "./fakePage.ts";

const paper = (width: number, height: number, level: number): Picture => ({
  width,
  height,
  data: new Uint8Array(width * height * 4).fill(level),
});

/** How many pixels of each colour there are in a rectangle. */
function coloursIn({ width, data }: Picture, x: number, y: number, across: number, down: number) {
  const counts = new Map<string, number>();
  for (let v = y; v < y + down; v++)
    for (let u = x; u < x + across; u++) {
      const key = [...data.subarray((v * width + u) * 4, (v * width + u) * 4 + 4)].join(",");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return counts;
}

const blue = "0,114,178,255";
const orange = "213,94,0,255";
const black = "0,0,0,255";
const white = "255,255,255,255";

describe("an annotated picture", () => {
  test("has a box of its own colour around each digit, a white halo, and the digits untouched", () => {
    const picture = paper(800, 600, 200);
    const before = Uint8Array.from(picture.data);
    const page = fakePage("72!?");
    const drawn = annotated(picture, page);
    expect(Buffer.compare(picture.data as Uint8Array, before)).toBe(0);
    expect([drawn.width, drawn.height]).toEqual([800, 600]);
    for (const [i, colour] of [blue, orange, black].entries()) {
      const { x, y, width, height } = page.digits[i]!.box;
      // The digit itself, then its frame, then its label over it.
      expect([...coloursIn(drawn, x, y, width, height).keys()]).toEqual(["200,200,200,200"]);
      const framed = coloursIn(drawn, x - 5, y - 5, width + 10, height + 10);
      for (const one of [colour, white]) expect(framed.get(one)).toBeGreaterThan(2 * (width + height) - 20);
      const over = coloursIn(drawn, x - 10, y - 25, width + 20, 18);
      expect(over.get(colour)).toBeGreaterThan(10);
      for (const other of [blue, orange, black].filter((one) => one !== colour))
        expect(over.has(other)).toBe(false);
    }
  });

  test("is enlarged where it is small, so that labels can be read", () => {
    const page = fakePage("7");
    const drawn = annotated(paper(60, 80, 255), page);
    expect([drawn.width, drawn.height]).toEqual([420, 560]);
    expect(coloursIn(drawn, 0, 0, 420, 560).get(blue)).toBeGreaterThan(500);
  });

  test("has broader lines for larger digits", () => {
    const page = fakePage("7");
    const large = {
      ...page,
      digits: page.digits.map((one) => ({ ...one, box: { x: 1000, y: 800, width: 1000, height: 1500 } })),
    };
    const drawn = annotated(paper(4000, 3000, 255), large);
    // Across the left side of the frame, in the middle of its height.
    expect(coloursIn(drawn, 900, 1500, 100, 1).get(blue)).toBe(16);
  });

  test("stays within the picture where a digit fills it", () => {
    const page = fakePage("7");
    const filling = {
      ...page,
      digits: page.digits.map((one) => ({ ...one, box: { x: 0, y: 0, width: 800, height: 600 } })),
    };
    const drawn = annotated(paper(800, 600, 255), filling);
    // The frame, at the picture's edges: a pixel of white, then two of blue.
    expect([...coloursIn(drawn, 0, 300, 4, 1)]).toEqual([
      [white, 2],
      [blue, 2],
    ]);
    expect(coloursIn(drawn, 0, 0, 800, 600).get(blue)).toBeGreaterThan(4 * 2 * 600);
  });
});
