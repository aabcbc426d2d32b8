import { expect, test } from "vitest";
import { distanceOf, grownWithin, isInside, overlaps, scaledBox, unionOf } from "../../src/image/boxes.ts";
import { median, weightedMedian } from "../../src/image/medians.ts";
import { smoothed } from "../../src/image/smooth.ts";

const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

test("a union reaches from the least corner to the greatest", () => {
  expect(unionOf([box(3, 4, 5, 6)])).toEqual(box(3, 4, 5, 6));
  expect(unionOf([box(3, 4, 5, 6), box(10, 0, 1, 2)])).toEqual(box(3, 0, 8, 10));
  expect(unionOf([box(0, 0, 9, 9), box(2, 2, 1, 1)])).toEqual(box(0, 0, 9, 9));
});

test("a box grows on every side, and stops at the image's", () => {
  const image = { width: 20, height: 10 };
  expect(grownWithin(box(5, 4, 3, 2), 2, image)).toEqual(box(3, 2, 7, 6));
  expect(grownWithin(box(1, 4, 18, 6), 3, image)).toEqual(box(0, 1, 20, 9));
});

test("boxes that share a side do not overlap and are 0 apart", () => {
  expect(overlaps(box(0, 0, 4, 4), box(4, 0, 4, 4))).toBe(false);
  expect(overlaps(box(0, 0, 4, 4), box(3, 3, 4, 4))).toBe(true);
  expect(distanceOf(box(0, 0, 4, 4), box(4, 0, 4, 4))).toBe(0);
  expect(distanceOf(box(0, 0, 4, 4), box(2, 2, 9, 9))).toBe(0);
});

test("the distance is between the nearest corners or sides, from either", () => {
  const [a, b] = [box(0, 0, 4, 4), box(7, 8, 2, 2)]; // 3 aside and 4 below
  expect(distanceOf(a, b)).toBe(5);
  expect(distanceOf(b, a)).toBe(5);
  expect(distanceOf(a, box(10, 1, 2, 2))).toBe(6);
});

test("a box is inside of itself, and not inside of what it looks out of", () => {
  expect(isInside(box(1, 1, 2, 2), box(1, 1, 2, 2))).toBe(true);
  expect(isInside(box(1, 1, 3, 2), box(1, 1, 2, 2))).toBe(false);
  expect(isInside(box(0, 1, 2, 2), box(1, 1, 4, 4))).toBe(false);
});

test("a scaled box holds all of the pixels that it stands for", () => {
  expect(scaledBox(box(2, 3, 4, 5), 2, 3)).toEqual(box(4, 9, 8, 15));
  // 1.5 .. 3 and 4.5 .. 6: outwards to whole pixels.
  expect(scaledBox(box(1, 3, 1, 1), 1.5, 1.5)).toEqual(box(1, 4, 2, 2));
  expect(scaledBox(box(0, 0, 640, 480), 4000 / 640, 3000 / 480)).toEqual(box(0, 0, 4000, 3000));
});

test("a median is a value in the middle, of nothing 0, and leaves the order as it is", () => {
  const values = [5, 100, 1];
  expect(median(values)).toBe(5);
  expect(values).toEqual([5, 100, 1]);
  expect(median([2, 1])).toBe(2);
  expect(median([10, 9])).toBe(10); // as numbers, not as text
  expect(median([])).toBe(0);
});

test("a weighted median counts each value by its weight", () => {
  const of = (pairs: readonly (readonly [number, number])[]) =>
    weightedMedian(
      pairs,
      ([value]) => value,
      ([, weight]) => weight,
    );
  expect(of([[7, 1]])).toBe(7);
  expect(
    of([
      [30, 5],
      [1, 1],
      [2, 1],
      [3, 1],
    ]),
  ).toBe(30);
  expect(
    of([
      [1, 1],
      [30, 1],
      [2, 1],
    ]),
  ).toBe(2);
  expect(of([])).toBe(0);
});

test("smoothing spreads a point by 1 2 1 both ways and keeps what is even", () => {
  const data = new Float32Array(49);
  data[3 * 7 + 3] = 16;
  const image = smoothed({ width: 7, height: 7, data });
  const rows = [2, 3, 4].map((y) => [...image.data.subarray(y * 7 + 2, y * 7 + 5)]);
  expect(rows).toEqual([
    [1, 2, 1],
    [2, 4, 2],
    [1, 2, 1],
  ]);
  expect(image.data.reduce((sum, value) => sum + value, 0)).toBe(16);
  const even = smoothed({ width: 5, height: 4, data: new Float32Array(20).fill(0.5) });
  expect([...even.data]).toEqual(new Array(20).fill(0.5));
});
