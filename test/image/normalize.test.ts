import { describe, expect, test } from "vitest";
import { normalizeDigit } from "../../src/image/normalize.ts";
import type { GreyImage } from "../../src/image/picture.ts";
import { resample } from "../../src/image/resample.ts";
import { testDigit } from "./mnistDigits.ts";

/** An image with full ink where `isInk` says so. */
function drawing(width: number, height: number, isInk: (x: number, y: number) => boolean): GreyImage {
  const data = new Float32Array(width * height).map((_, i) =>
    isInk(i % width, Math.floor(i / width)) ? 1 : 0,
  );
  return { width, height, data };
}

function normalized(ink: GreyImage) {
  const digit = normalizeDigit(ink);
  if (digit === undefined) throw new Error("expected a digit");
  return digit;
}

/** Centre of mass and the box of all ink, in coordinates that count from the middle of the first pixel. */
function measure(pixels: Uint8Array) {
  let mass = 0;
  let x = 0;
  let y = 0;
  const columns = new Set<number>();
  const rows = new Set<number>();
  for (const [i, value] of pixels.entries()) {
    mass += value;
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
    if (value > 0) {
      columns.add(i % 28);
      rows.add(Math.floor(i / 28));
    }
  }
  return {
    x: x / mass,
    y: y / mass,
    left: Math.min(...columns),
    top: Math.min(...rows),
    width: columns.size,
    height: rows.size,
  };
}

test("MNIST's own files keep the convention that is followed here", () => {
  for (let index = 0; index < 1000; index++) {
    const { x, y, width, height } = measure(testDigit(index));
    expect(x).toBeGreaterThanOrEqual(13.49);
    expect(x).toBeLessThanOrEqual(14.51);
    expect(y).toBeGreaterThanOrEqual(13.49);
    expect(y).toBeLessThanOrEqual(14.51);
    expect(Math.max(width, height)).toBeLessThanOrEqual(20);
  }
});

test("a bar of 60 x 200 becomes 6 x 20 around the centre, all ink", () => {
  const { pixels, box } = normalized(drawing(400, 300, (x, y) => x >= 310 && x < 370 && y >= 50 && y < 250));
  expect(box).toEqual({ x: 310, y: 50, width: 60, height: 200 });
  expect(measure(pixels)).toEqual({ x: 13.5, y: 13.5, left: 11, top: 4, width: 6, height: 20 });
  expect(pixels[14 * 28 + 14]).toBe(255);
});

test("a triangle's centre of mass, not its box, is put at the centre", () => {
  // Right-angled, 200 x 200: its centre of mass is a third of the way from the corner, 6.67 of 20 pixels.
  const { pixels } = normalized(drawing(200, 200, (x, y) => x + y < 200));
  const { x, y, left, top } = measure(pixels);
  expect([left, top]).toEqual([8, 8]);
  expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.55);
  expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.55);
});

test("an edge half over a pixel is half ink", () => {
  // 185 x 200 at a scale of 1/10: the last column is half covered.
  const { pixels } = normalized(drawing(200, 200, (x) => x < 185));
  const { left } = measure(pixels);
  expect([...pixels.subarray(14 * 28 + left + 16, 14 * 28 + left + 20)]).toEqual([255, 255, 128, 0]);
});

test("specks neither shrink nor move the digit, large pieces stay", () => {
  const bars = (x: number, y: number): boolean =>
    y >= 100 && y < 300 && (Math.abs(x - 150) < 20 || Math.abs(x - 220) < 15);
  const clean = normalized(drawing(600, 600, bars));
  const speckled = normalized(
    drawing(600, 600, (x, y) => bars(x, y) || (x > 580 && y > 590) || (x < 9 && y < 9)),
  );
  expect(speckled).toEqual(clean);
  expect(measure(clean.pixels).width).toBeGreaterThan(6);
});

test("a line one pixel broad in a large picture stays a line of MNIST's breadth", () => {
  const { pixels } = normalized(drawing(900, 900, (x, y) => x === y && x >= 50 && x < 850));
  for (let i = 8; i < 20; i++) expect(pixels[i * 28 + i]).toBeGreaterThan(200);
  const inked = pixels.reduce((sum, value) => sum + value / 255, 0);
  // 20 pixels along both axes, so 28 long, and between 1.4 and 3 broad.
  expect(inked).toBeGreaterThan(28 * 1.4);
  expect(inked).toBeLessThan(28 * 3);
});

test("no ink, no digit", () => {
  expect(normalizeDigit(drawing(28, 28, () => false))).toBeUndefined();
});

describe("resampling", () => {
  const source: GreyImage = { width: 2, height: 1, data: Float32Array.of(0, 1) };

  test("averages areas, of which what is outside counts as 0", () => {
    const found = resample(source, { x: -1, y: 0, stepX: 2, stepY: 1, width: 2, height: 1 });
    expect([...found.data]).toEqual([0, 0.5]);
  });

  test("interpolates linearly when it enlarges", () => {
    const found = resample(source, { x: 0.25, y: 0, stepX: 0.5, stepY: 1, width: 3, height: 1 });
    expect([...found.data]).toEqual([0, 0.5, 1]);
  });
});
