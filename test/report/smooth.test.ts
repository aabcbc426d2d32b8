import { expect, test } from "vitest";
import { smoothed, thinned, type XY } from "../../src/report/smooth.ts";

test("smoothing is TensorBoard's: a moving average without the weight of what came before the first value", () => {
  // Weight 1/2, by hand: 1; (1/2 + 3) / (1/2 + 1); (1/4 + 3/2 + 5) / (1/4 + 1/2 + 1).
  const values = smoothed(
    [
      [0, 1],
      [1, 3],
      [2, 5],
    ],
    0.5,
  );
  expect(values.map(([x]) => x)).toEqual([0, 1, 2]);
  expect(values[0]![1]).toBe(1);
  expect(values[1]![1]).toBeCloseTo(3.5 / 1.5, 12);
  expect(values[2]![1]).toBeCloseTo(6.75 / 1.75, 12);
});

test("thinning keeps the lowest and the highest of each stretch, in their order", () => {
  const points: XY[] = [5, 1, 9, 4, 7, 7, 2, 8].map((y, x) => [x, y]);
  expect(thinned(points, 8)).toBe(points);
  expect(thinned(points, 4)).toEqual([
    [1, 1],
    [2, 9],
    [6, 2],
    [7, 8],
  ]);
  expect(
    thinned(
      points.map(([x]) => [x, 3]),
      4,
    ),
  ).toEqual([
    [0, 3],
    [4, 3],
  ]);
});
