import { describe, expect, test } from "vitest";
import { linearTicks, logTicks, numberLabel, percentLabel, placeOn } from "../../src/report/ticks.ts";

describe("ticks", () => {
  // By hand: the step is the smallest of 1, 2, 5 times a power of ten that is at least the range over the count.
  test.each([
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [0, 2580, 6, [0, 500, 1000, 1500, 2000, 2500]], // 430 -> 500
    [0.9, 1, 5, [0.9, 0.92, 0.94, 0.96, 0.98, 1]], // 0.02, whose multiples floats do not hit
    [0, 0.3, 3, [0, 0.1, 0.2, 0.3]], // 3 * 0.1 is not 0.3 in floats
    [-3, 7, 4, [0, 5]], // 2.5 -> 5
    [-1, 1, 4, [-1, -0.5, 0, 0.5, 1]],
    [13, 17, 2, [14, 16]],
    [0, 1e-5, 2, [0, 5e-6, 1e-5]],
    [0.9865, 0.9907, 4, [0.988, 0.99]], // 0.00105 -> 0.002
  ])("linear from %d to %d, about %d", (low, high, count, expected) => {
    expect(linearTicks(low, high, count)).toEqual(expected);
  });

  test.each([
    [0.006, 3, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]],
    [0.001, 100, [0.001, 0.01, 0.1, 1, 10, 100]], // decades alone where there are more than three
    [0.5, 10_000, [1, 10, 100, 1000, 10_000]],
    [2, 5, [2, 5]],
  ])("logarithmic from %d to %d", (low, high, expected) => {
    expect(logTicks(low, high)).toEqual(expected);
  });

  test("values lie where their scale says", () => {
    expect(placeOn({ kind: "linear", low: 10, high: 30 }, 15)).toBe(0.25);
    expect(placeOn({ kind: "log", low: 0.01, high: 100 }, 1)).toBeCloseTo(0.5, 12);
    expect(placeOn({ kind: "log", low: 0.01, high: 100 }, 1000)).toBeCloseTo(1.25, 12);
  });

  test("labels have the decimals that there are", () => {
    expect([0, 0.0005, 0.05, 2500, 1e-5, -2.5].map(numberLabel)).toEqual([
      "0",
      "0.0005",
      "0.05",
      "2,500",
      "1e-5",
      "-2.5",
    ]);
    expect([0, 0.995, 0.07, 1].map(percentLabel)).toEqual(["0 %", "99.5 %", "7 %", "100 %"]);
  });
});
