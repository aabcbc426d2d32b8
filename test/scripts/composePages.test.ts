import { expect, test } from "vitest";
import { type ComposedPage, composePage, type Truth } from "../../scripts/compose-pages/composePage.ts";
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

const compose = (index: number, kind: "page" | "single" = "page", touching = 0) =>
  composePage(digits, { seed: 11, index, kind, touching });

const pages = Array.from({ length: 8 }, (_, index) => compose(index));

const right = ({ x, width }: Box) => x + width;
const bottom = ({ y, height }: Box) => y + height;

/** Grey levels. */
function levelAt({ pixels, truth: { width } }: ComposedPage, x: number, y: number): number {
  const at = (y * width + x) * 3;
  return (pixels[at]! + pixels[at + 1]! + pixels[at + 2]!) / 3;
}

/** The mean level of a rectangle, its right and lower side not in it. */
function mean(page: ComposedPage, left: number, top: number, end: number, below: number): number {
  let sum = 0;
  for (let y = top; y < below; y++) for (let x = left; x < end; x++) sum += levelAt(page, x, y);
  return sum / ((end - left) * (below - top));
}

test("the same seed and number give the same bytes, whatever came before, and another number others", async () => {
  const again = compose(3);
  expect(again).toEqual(pages[3]);
  const bytes = ({ pixels, truth: { width, height, quality } }: ComposedPage) =>
    encoded({ pixels, width, height, quality });
  expect(await bytes(again)).toEqual(await bytes(pages[3]!));
  expect(compose(4).truth).not.toEqual(again.truth);
  expect(composePage(digits, { seed: 12, index: 3, kind: "page" }).truth).not.toEqual(again.truth);
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

test("boxes are whole, in the picture, and apart by 3 pixels and 6 % of the height", () => {
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

test("a box holds the ink and no more: each of its sides has ink, what is just outside has none", () => {
  for (const page of pages) {
    const sign = page.truth.polarity === "dark on light" ? -1 : 1;
    for (const { box } of page.truth.digits) {
      // The paper nearby, outside of what the blur reaches.
      const inkIn = mean(page, box.x, box.y, right(box), bottom(box));
      const sides = [
        mean(page, Math.max(0, box.x - 3), box.y, Math.max(1, box.x - 2), bottom(box)),
        mean(
          page,
          Math.min(right(box) + 2, page.truth.width - 1),
          box.y,
          Math.min(right(box) + 3, page.truth.width),
          bottom(box),
        ),
      ];
      for (const side of sides) expect(sign * (inkIn - side)).toBeGreaterThan(0);
    }
  }
});

test("dark ink on light paper and light chalk on dark boards both occur, each as it says", () => {
  const truths = Array.from({ length: 8 }, (_, index) => compose(index, "single").truth);
  const all = [...pages.map(({ truth }) => truth), ...truths];
  expect(new Set(all.map(({ polarity }) => polarity)).size).toBe(2);
  for (const { polarity, paper, pen } of all) {
    expect(polarity === "light on dark").toBe(paper === "board");
    expect(polarity === "light on dark").toBe(pen === "chalk");
  }
});

test("a single digit has 10 to 95 % of the picture's shorter side and is whole", () => {
  for (let index = 0; index < 6; index++) {
    const { truth } = compose(index, "single");
    expect(truth.digits.length).toBe(1);
    expect(truth.text).toBe(String(truth.digits[0]!.digit));
    const { box } = truth.digits[0]!;
    const share = Math.max(box.width, box.height) / Math.min(truth.width, truth.height);
    expect(share).toBeGreaterThan(0.085);
    expect(share).toBeLessThan(0.97);
  }
});

test("digits touch where they are told to", () => {
  const { truth } = compose(2, "page", 1);
  const numbers = truth.lines.flatMap(({ digits: line }) => line.slice(1));
  const touching = numbers.filter((number) => truth.digits[number]!.touches);
  expect(touching.length).toBeGreaterThan(numbers.length / 2);
  for (const number of touching) {
    expect(truth.digits[number]!.box.x).toBeLessThanOrEqual(right(truth.digits[number - 1]!.box));
  }
});

test("sides are 600 to 3000 pixels, and a file has the picture's size", async () => {
  for (const { pixels, truth } of pages) {
    const { width, height, quality } = truth;
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(600);
    expect(Math.max(width, height)).toBeLessThanOrEqual(3000);
    expect(pixels.length).toBe(width * height * 3);
    if (quality !== undefined) expect(quality >= 40 && quality <= 95).toBe(true);
  }
  const { pixels, truth } = pages[0]!;
  const { width, height, quality } = truth;
  const picture = await decodePicture(await encoded({ pixels, width, height, quality }), "page");
  expect([picture.width, picture.height]).toEqual([width, height]);
});
