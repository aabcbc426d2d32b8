import { expect, test } from "vitest";
import {
  type ComposedPage,
  composePage,
  type Truth,
  writePage,
} from "../../scripts/compose-pages/composePage.ts";
import type { Digits } from "../../scripts/compose-pages/digits.ts";
import { encoded } from "../../scripts/draw-digits/encode.ts";
import type { Box } from "../../src/image/picture.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { testDigit } from "../image/mnistDigits.ts";

/** The labels of MNIST's first twelve test images. */
const labels = [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6];
const digits: Digits = {
  images: Buffer.concat(labels.map((_, index) => testDigit(index))),
  labels: Uint8Array.from(labels),
  sources: labels.map((_, index) => 100 + index),
};

/** Pages without their photographs, which take most of the time. */
const pages = Array.from({ length: 8 }, (_, index) => writePage(digits, { seed: 11, index, kind: "page" }));
const singles = Array.from({ length: 8 }, (_, index) =>
  writePage(digits, { seed: 11, index, kind: "single" }),
);

/** One on paper and one on a board. */
const photographs = [4, 7].map((index) => composePage(digits, { seed: 11, index, kind: "page" }));

const right = ({ x, width }: Box) => x + width;
const bottom = ({ y, height }: Box) => y + height;

function fileOf({ pixels, truth: { width, height, quality } }: ComposedPage): Promise<Buffer> {
  return encoded({ pixels, width, height, quality });
}

test("the same seed and number give the same bytes, whatever came before, and another number others", async () => {
  const [first] = photographs as [ComposedPage];
  const again = composePage(digits, { seed: 11, index: 4, kind: "page" });
  expect(again.truth).toEqual(first.truth);
  expect(Buffer.compare(again.pixels, first.pixels)).toBe(0);
  expect(Buffer.compare(await fileOf(again), await fileOf(first))).toBe(0);
  expect(writePage(digits, { seed: 12, index: 4, kind: "page" }).truth).not.toEqual(first.truth);
  expect(pages[5]!.truth).not.toEqual(first.truth);
});

test("a page has 5 to 40 digits in lines, and its text is theirs", () => {
  for (const { truth } of pages) {
    expect(truth.digits.length).toBeGreaterThanOrEqual(5);
    expect(truth.digits.length).toBeLessThanOrEqual(40);
    expect(truth.lines.length).toBeLessThanOrEqual(8);
    expect(truth.lines.flatMap(({ digits: numbers }) => numbers)).toEqual(truth.digits.map((_, i) => i));
    for (const { digits: numbers, text } of truth.lines) {
      expect(numbers.map((number) => truth.digits[number]!.digit).join("")).toBe(text);
    }
    expect(truth.text).toBe(truth.lines.map(({ text }) => text).join("\n"));
    for (const { digit, source } of truth.digits) expect(digit).toBe(labels[source - 100]);
  }
});

test("digits of a line go from left to right, lines from top to bottom", () => {
  const middle = (truth: Truth, numbers: readonly number[]) =>
    numbers.reduce((sum, i) => sum + truth.digits[i]!.box.y, 0) / numbers.length;
  for (const { truth } of pages) {
    for (const [i, { digits: numbers }] of truth.lines.entries()) {
      const lefts = numbers.map((number) => truth.digits[number]!.box.x);
      expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
      if (i > 0) expect(middle(truth, numbers)).toBeGreaterThan(middle(truth, truth.lines[i - 1]!.digits));
    }
  }
});

test("boxes are of whole pixels, in the picture, and apart by 3 pixels and 6 % of the height", () => {
  for (const { truth } of pages) {
    const boxes = truth.digits.map(({ box }) => box);
    for (const [i, a] of boxes.entries()) {
      expect(Object.values(a).every(Number.isInteger)).toBe(true);
      expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(0);
      expect(right(a)).toBeLessThanOrEqual(truth.width);
      expect(bottom(a)).toBeLessThanOrEqual(truth.height);
      for (const b of boxes.slice(i + 1)) {
        const across = Math.max(a.x, b.x) - Math.min(right(a), right(b));
        const down = Math.max(a.y, b.y) - Math.min(bottom(a), bottom(b));
        expect(Math.max(across, down)).toBeGreaterThanOrEqual(
          Math.max(3, Math.floor(0.06 * Math.max(a.height, b.height))),
        );
      }
    }
  }
});

test("boxes hold the ink but for what the blur takes out of them, and end where it ends", () => {
  for (const { truth, ink } of pages) {
    const inkIn = ({ x, y, width, height }: Box) => {
      let sum = 0;
      for (let row = y; row < y + height; row++) {
        for (let column = x; column < x + width; column++) sum += ink.data[row * truth.width + column]!;
      }
      return sum;
    };
    const all = ink.data.reduce((sum, one) => sum + one, 0);
    const inBoxes = truth.digits.reduce((sum, { box }) => sum + inkIn(box), 0);
    expect(inBoxes / all).toBeGreaterThan(0.9);
    expect(inBoxes / all).toBeLessThanOrEqual(1);
    for (const { box } of truth.digits) {
      // Each side has ink: a box one pixel smaller holds less.
      const { x, y, width, height } = box;
      for (const smaller of [
        { x: x + 1, y, width: width - 1, height },
        { x, y: y + 1, width, height: height - 1 },
        { x, y, width: width - 1, height },
        { x, y, width, height: height - 1 },
      ]) {
        expect(inkIn(box) - inkIn(smaller)).toBeGreaterThan(0.3);
      }
    }
  }
});

test("dark ink on light paper and light chalk on dark boards both occur, and look it", () => {
  const all = [...pages, ...singles].map(({ truth }) => truth);
  expect(new Set(all.map(({ polarity }) => polarity)).size).toBe(2);
  for (const { polarity, paper, pen } of all) {
    expect(polarity === "light on dark").toBe(paper === "board");
    expect(polarity === "light on dark").toBe(pen === "chalk");
  }
  const polarities = photographs.map((page, i) => {
    const { data } = pages[[4, 7][i]!]!.ink;
    const levels = { ink: 0, paper: 0 };
    const counts = { ink: 0, paper: 0 };
    for (const [at, ink] of data.entries()) {
      const what = ink > 0.9 ? "ink" : "paper";
      levels[what] += page.pixels[at * 3 + 1]!;
      counts[what]++;
    }
    return levels.ink / counts.ink > levels.paper / counts.paper ? "light on dark" : "dark on light";
  });
  expect(polarities).toEqual(["dark on light", "light on dark"]);
  expect(photographs.map(({ truth }) => truth.polarity)).toEqual(polarities);
});

test("a single digit has 10 to 95 % of the picture's shorter side", () => {
  for (const { truth } of singles) {
    expect(truth.digits.length).toBe(1);
    const { digit, box } = truth.digits[0]!;
    expect(truth.text).toBe(String(digit));
    const share = Math.max(box.width, box.height) / Math.min(truth.width, truth.height);
    expect(share).toBeGreaterThan(0.085);
    expect(share).toBeLessThan(0.97);
  }
});

test("digits touch where they are told to", () => {
  const { truth } = writePage(digits, { seed: 11, index: 4, kind: "page", touching: 1 });
  const numbers = truth.lines.flatMap(({ digits: line }) => line.slice(1));
  const touching = numbers.filter((number) => truth.digits[number]!.touches);
  expect(touching.length).toBeGreaterThan(numbers.length / 2);
  for (const number of touching) {
    expect(truth.digits[number]!.box.x).toBeLessThanOrEqual(right(truth.digits[number - 1]!.box));
  }
});

test("sides are 600 to 3000 pixels, qualities 40 to 95, and a file has the picture's size", async () => {
  for (const { width, height, quality = 95 } of [...pages, ...singles].map(({ truth }) => truth)) {
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(600);
    expect(Math.max(width, height)).toBeLessThanOrEqual(3000);
    expect(quality).toBeGreaterThanOrEqual(40);
    expect(quality).toBeLessThanOrEqual(95);
  }
  const [page] = photographs as [ComposedPage];
  const picture = await decodePicture(await fileOf(page), "page");
  expect([picture.width, picture.height]).toEqual([page.truth.width, page.truth.height]);
});
