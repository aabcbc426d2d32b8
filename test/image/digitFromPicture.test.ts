import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";
import type { Picture } from "../../src/image/picture.ts";
import { meanDifference, overlap, paint, plainPicture, type Scene, testDigit } from "./mnistDigits.ts";

/** Every 50th of the test set's first 10,000 digits, and a tenth of them for slow pictures. */
const many = Array.from({ length: 200 }, (_, i) => i * 50);
const few = many.filter((_, i) => i % 8 === 0);

const grey = (value: number): readonly [number, number, number, number] => [value, value, value, 1];

/** How near the digits of pictures come to MNIST's own pixels. */
function compare(indices: readonly number[], picture: (digit: Uint8Array) => Picture) {
  const results = indices.map((index) => {
    const digit = testDigit(index);
    const found = digitFromPicture(picture(digit));
    if (found === undefined) throw new Error(`no digit found in the picture of test digit ${index}`);
    const difference = meanDifference(found.pixels, digit);
    return { difference, overlap: overlap(found.pixels, digit), inverted: found.inverted };
  });
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    difference: mean(results.map((result) => result.difference)),
    worstDifference: Math.max(...results.map((result) => result.difference)),
    overlap: mean(results.map((result) => result.overlap)),
    worstOverlap: Math.min(...results.map((result) => result.overlap)),
    inverted: results.filter((result) => result.inverted).length,
  };
}

describe("MNIST's own digits as 28 x 28 pictures", () => {
  test.each([false, true])("come back within a grey level of their pixels (dark ink: %s)", (invert) => {
    const found = compare(many, (digit) => plainPicture(digit, invert));
    expect(found.inverted).toBe(invert ? 200 : 0);
    expect(found.difference).toBeLessThan(0.4);
    expect(found.worstDifference).toBeLessThan(1);
    expect(found.worstOverlap).toBeGreaterThan(0.98);
  });

  test("come back when they lie anywhere in a larger picture", () => {
    const place = { width: 90, height: 60, left: 51, top: 5, scale: 1 };
    const found = compare(many, (digit) => paint(digit, place, grey));
    expect(found.difference).toBeLessThan(1);
    expect(found.overlap).toBeGreaterThan(0.97);
  });
});

describe("digits enlarged tenfold with soft edges", () => {
  const place = { width: 400, height: 320, left: 30, top: 35, scale: 10 };
  const noise = createRandom(1);
  const scenes: readonly [string, Scene, boolean][] = [
    ["light on black", (ink) => grey(ink), false],
    ["black on white", (ink) => grey(1 - ink), true],
    ["blue on cream", (ink) => [0.98 - 0.85 * ink, 0.95 - 0.75 * ink, 0.85 - 0.15 * ink, 1], true],
    ["black, no paper", (ink) => [0, 0, 0, ink], true],
    ["white, no paper", (ink) => [1, 1, 1, ink], false],
    ["faint pencil", (ink) => grey(0.9 - 0.2 * ink + 0.005 * noise.normal()), true],
    ["slanting light", (ink, x) => grey((0.4 + 0.5 * x) * (1 - 0.75 * ink) + 0.02 * noise.normal()), true],
    [
      "a lamp's light, noise",
      (ink, x, y) => grey((0.9 - (x - 0.5) ** 2 - (y - 0.5) ** 2) * (1 - 0.7 * ink) + 0.02 * noise.normal()),
      true,
    ],
    ["chalk on a lit board", (ink, x) => grey(0.15 + 0.15 * x + 0.6 * ink + 0.02 * noise.normal()), false],
  ];

  test.each(scenes)("%s: the digit is MNIST's again", (_, scene, inverted) => {
    const found = compare(few, (digit) => paint(digit, place, scene));
    expect(found.inverted).toBe(inverted ? few.length : 0);
    // An interpolated edge is softer than MNIST's, and a centre of mass near a half may round the other way.
    expect(found.overlap).toBeGreaterThan(0.7);
    expect(found.difference).toBeLessThan(11);
  });
});

test("a small digit far from the middle of a big, unevenly lit picture is found where it is", () => {
  const noise = createRandom(2);
  const place = { width: 1500, height: 1100, left: 1100, top: 60, scale: 8 };
  const scene: Scene = (ink, _, y) => grey((0.5 + 0.4 * y) * (1 - 0.75 * ink) + 0.02 * noise.normal());
  const found = digitFromPicture(paint(testDigit(0), place, scene));
  expect(found).toBeDefined();
  if (found === undefined) return;
  // Test digit 0 is a 7 in columns 6..21 and rows 7..26 of its 28 x 28.
  expect(Math.abs(found.box.x - (1100 + 6 * 8))).toBeLessThan(8);
  expect(Math.abs(found.box.y - (60 + 7 * 8))).toBeLessThan(8);
  expect(Math.abs(found.box.width - 16 * 8)).toBeLessThan(16);
  expect(Math.abs(found.box.height - 20 * 8)).toBeLessThan(16);
  expect(overlap(found.pixels, testDigit(0))).toBeGreaterThan(0.7);
});

describe("pictures without a digit", () => {
  const noise = createRandom(3);
  const place = { width: 120, height: 90, left: 500, top: 500, scale: 1 };
  test.each<[string, Scene]>([
    ["white", () => grey(1)],
    ["black", () => grey(0)],
    ["transparent", () => [0, 0, 0, 0]],
    ["a slope of light", (_, x) => grey(0.3 + 0.6 * x)],
    ["noise", () => grey(0.7 + 0.02 * noise.normal())],
  ])("%s has none", (_, scene) => {
    expect(digitFromPicture(paint(testDigit(0), place, scene))).toBeUndefined();
  });
});

test.each([
  [1, 1],
  [1, 40],
  [300, 2],
  [3, 3],
])("a picture of %i x %i pixels is no trouble", (width, height) => {
  const random = createRandom(4);
  const data = Uint8Array.from({ length: width * height * 4 }, () => random.below(256));
  const found = digitFromPicture({ width, height, data });
  expect(found === undefined || found.pixels.length === 784).toBe(true);
});

test("pixels that do not fit the size are refused", () => {
  expect(() => digitFromPicture({ width: 4, height: 4, data: new Uint8Array(63) })).toThrow(
    "63 bytes of pixels, expected 64",
  );
  expect(() => digitFromPicture({ width: 0, height: 4, data: new Uint8Array(0) })).toThrow(
    "its size is 0 x 4",
  );
});
