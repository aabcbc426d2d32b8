import { expect, it } from "vitest";
import { createReliability, expectedCalibrationError } from "../../src/metrics/reliability.ts";

it("puts confidences into 15 bins with their upper edges", () => {
  const reliability = createReliability();
  reliability.add(1, true);
  reliability.add(0.95, false);
  reliability.add(0.93, true); // below 14/15 = 0.9333
  reliability.add(0.2, false); // the upper edge of (2/15, 3/15]
  reliability.add(0.21, true);
  const bins = reliability.bins();
  expect(bins).toHaveLength(15);
  expect(bins[14]).toEqual({ count: 2, confidence: 0.975, accuracy: 0.5 });
  expect(bins[13]).toEqual({ count: 1, confidence: 0.93, accuracy: 1 });
  expect(bins[2]).toEqual({ count: 1, confidence: 0.2, accuracy: 0 });
  expect(bins[3]).toEqual({ count: 1, confidence: 0.21, accuracy: 1 });
  expect(bins[0]).toEqual({ count: 0, confidence: 0, accuracy: 0 });
});

it("gives the calibration error computed by hand", () => {
  const reliability = createReliability();
  // Ten at 0.9, of which 6 are right: 0.3 off. Thirty at 0.5, of which 18 are right: 0.1 off.
  for (let i = 0; i < 10; i++) reliability.add(0.9, i < 6);
  for (let i = 0; i < 30; i++) reliability.add(0.5, i < 18);
  expect(expectedCalibrationError(reliability.bins())).toBeCloseTo((10 * 0.3 + 30 * 0.1) / 40, 12);
});

it("is 0 for a model that is as sure as it is right, and where there is nothing", () => {
  const reliability = createReliability();
  expect(expectedCalibrationError(reliability.bins())).toBe(0);
  for (let i = 0; i < 4; i++) reliability.add(0.75, i > 0);
  expect(expectedCalibrationError(reliability.bins())).toBe(0);
});

it("takes a probability that rounding made more than 1 for one", () => {
  const reliability = createReliability();
  reliability.add(1 + 2 ** -23, true);
  expect(reliability.bins()[14]?.count).toBe(1);
});
