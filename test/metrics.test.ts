import { expect, it } from "vitest";
import { createMetrics } from "../src/metrics.ts";

// Four images of three classes, in two batches; predictions 0, 2, 1, 1 against labels 0, 0, 1, 2.
const metrics = createMetrics(["a", "b", "c"]);
metrics.add([0.7, 0.2, 0.1, 0.25, 0.25, 0.5], [0, 0], 2);
metrics.add([0, 1, 0, 0.1, 0.6, 0.3], [1, 2], 2);
const result = metrics.result();

it("counts every batch", () => {
  expect(result.count).toBe(4);
  expect(result.confusionMatrix).toEqual([
    [1, 0, 1],
    [0, 1, 0],
    [0, 1, 0],
  ]);
});

it("agrees with values computed by hand", () => {
  expect(result.accuracy).toBe(0.5);
  // (0 + 2^2 + 0 + 1^2) / 4
  expect(result.meanSquaredError).toBe(1.25);
  // (0.09 + 0.04 + 0.01) + (0.5625 + 0.0625 + 0.25) + 0 + (0.01 + 0.36 + 0.49), by 4
  expect(result.brierScore).toBeCloseTo((0.14 + 0.875 + 0 + 0.86) / 4, 12);
  expect(result.crossEntropy).toBeCloseTo(
    -(Math.log(0.7) + Math.log(0.25) + Math.log(1) + Math.log(0.3)) / 4,
    12,
  );
});

it("says what else one asks: the two most probable, the interval, how sure it may be", () => {
  expect(result.topTwoAccuracy).toBe(1);
  // Wilson's for 2 of 4.
  expect(result.accuracyInterval.low).toBeCloseTo(0.15, 3);
  expect(result.accuracyInterval.high).toBeCloseTo(0.85, 3);
  // Each alone in its bin: 0.7 right, 0.5 wrong, 1 right, 0.6 wrong.
  expect(result.expectedCalibrationError).toBeCloseTo((0.3 + 0.5 + 0 + 0.6) / 4, 12);
  expect(result.reliability.filter(({ count }) => count > 0)).toHaveLength(4);
  expect(result.precisionRecall).toHaveLength(3);
  // At the threshold of 63/126 = 0.5.
  const at = result.precisionRecall.map((one) => Object.values(one).map((counts) => counts[63]));
  // truePositives, falsePositives, trueNegatives, falseNegatives
  expect(at).toEqual([
    [1, 0, 2, 1],
    [1, 1, 2, 0],
    [0, 1, 2, 1],
  ]);
});

it("takes of equals the first for the more probable, among two too", () => {
  const ties = createMetrics(["a", "b", "c"]);
  // First, second, third of all alike; then second and third of the two that are alike behind one.
  ties.add([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], [0, 1, 2], 3);
  ties.add([0.6, 0.2, 0.2, 0.6, 0.2, 0.2], [1, 2], 2);
  expect(ties.result()).toMatchObject({ accuracy: 1 / 5, topTwoAccuracy: 3 / 5 });
});

it("says meanwhile how far it is", () => {
  const two = createMetrics(["a", "b"]);
  expect(two.soFar()).toEqual({ count: 0, accuracy: 0 });
  two.add([1, 0, 0, 1, 0, 1], [0, 0, 1], 3);
  expect(two.soFar()).toEqual({ count: 3, accuracy: 2 / 3 });
});

it("gives precision, recall and F1 a class, 0 where there is nothing to divide by", () => {
  expect(result.classes).toEqual([
    { name: "a", count: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
    { name: "b", count: 1, precision: 0.5, recall: 1, f1: 2 / 3 },
    { name: "c", count: 1, precision: 0, recall: 0, f1: 0 },
  ]);
});

it("stays finite where the label's probability is 0", () => {
  const sure = createMetrics(["a", "b"]);
  sure.add([1, 0], [1], 1);
  expect(sure.result().crossEntropy).toBeCloseTo(126 * Math.LN2, 6);
});
