import { expect, it } from "vitest";
import { wilsonInterval } from "../../src/metrics/interval.ts";

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I,
// method 3.
it.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("%i of %i agrees with the published limits", (hits, count, low, high) => {
  const interval = wilsonInterval(hits, count);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
  // The misses' interval is the mirror image.
  const misses = wilsonInterval(count - hits, count);
  expect(misses.low).toBeCloseTo(1 - high, 4);
  expect(misses.high).toBeCloseTo(1 - low, 4);
});

it("ends at 0 and 1 exactly where none or all are hits, and knows nothing of no images", () => {
  expect(wilsonInterval(0, 7).low).toBe(0);
  expect(wilsonInterval(7, 7).high).toBe(1);
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
});
