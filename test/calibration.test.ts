import { describe, expect, test } from "vitest";
import { createCalibrator, fitTemperature } from "../src/calibration.ts";
import { createRandom } from "../src/core/random.ts";
import { softmaxRows } from "../src/nn/softmax.ts";

const classes = 10;

/** Logits of random confidence whose labels are drawn from their softmax at `temperature`. */
function drawn(temperature: number, count: number, seed: number) {
  const random = createRandom(seed);
  const logits = Float32Array.from({ length: count * classes }, () => 3 * random.normal());
  const probabilities = softmaxRows(logits, classes, temperature);
  const labels = Array.from({ length: count }, (_, i) => {
    let left = random.uniform();
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const label = row.findIndex((p) => {
      left -= p;
      return left < 0;
    });
    return label < 0 ? classes - 1 : label;
  });
  return { logits, labels };
}

/** The mean negative log-likelihood, by its definition. */
function likelihood(logits: ArrayLike<number>, labels: readonly number[], temperature: number): number {
  let sum = 0;
  for (const [i, label] of labels.entries()) {
    const row = Array.from({ length: classes }, (_, j) => logits[i * classes + j]! / temperature);
    const largest = Math.max(...row);
    sum += Math.log(row.reduce((all, z) => all + Math.exp(z - largest), 0)) + largest - row[label]!;
  }
  return sum / labels.length;
}

describe("a temperature", () => {
  test.each([0.3, 0.7, 1, 1.8, 4])("of %d is found again in labels drawn with it", (temperature) => {
    const { logits, labels } = drawn(temperature, 8000, 3);
    expect(fitTemperature(logits, labels, classes) / temperature).toBeCloseTo(1, 1);
  });

  test("is the likelihood's best to the last digits, and never worse than none", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { logits, labels } = drawn(0.4 + seed * 0.5, 300, seed);
      const temperature = fitTemperature(logits, labels, classes);
      const best = likelihood(logits, labels, temperature);
      expect(best).toBeLessThan(likelihood(logits, labels, 1));
      for (const factor of [0.9, 0.999, 1.001, 1.1]) {
        expect(likelihood(logits, labels, temperature * factor)).toBeGreaterThan(best);
      }
    }
  });

  test("scales as the logits do", () => {
    const { logits, labels } = drawn(1.5, 500, 8);
    const once = fitTemperature(logits, labels, classes);
    expect(
      fitTemperature(
        logits.map((z) => z * 2),
        labels,
        classes,
      ),
    ).toBeCloseTo(2 * once, 9);
  });

  test("is 1 where the images do not say: all right, all worse than guessed, or none", () => {
    const { logits } = drawn(1, 50, 1);
    const rows = Array.from({ length: 50 }, (_, i) => [...logits.subarray(i * classes, (i + 1) * classes)]);
    const right = rows.map((row) => row.indexOf(Math.max(...row)));
    const worst = rows.map((row) => row.indexOf(Math.min(...row)));
    expect(fitTemperature(logits, right, classes)).toBe(1);
    expect(fitTemperature(logits, worst, classes)).toBe(1);
    expect(fitTemperature(logits, [], classes)).toBe(1);
    expect(fitTemperature(new Float32Array(20), [3, 4], classes)).toBe(1); // all alike
  });

  test("survives logits that no exponential takes", () => {
    const logits = Float32Array.from([3e4, -3e4, 0, -1e4, 2e4, 3e4], (z) => z);
    expect(fitTemperature(logits, [0, 1, 1], 2)).toBe(1);
  });
});

test("a calibrator fits what came in batches as what came at once, whose arrays may change", () => {
  const { logits, labels } = drawn(2, 400, 6);
  const calibrator = createCalibrator(classes);
  const room = new Float32Array(150 * classes);
  for (let start = 0; start < 400; start += 150) {
    const count = Math.min(150, 400 - start);
    room.fill(99);
    room.set(logits.subarray(start * classes, (start + count) * classes));
    calibrator.add(room, labels.slice(start), count);
  }
  expect(calibrator.fit()).toEqual({ temperature: fitTemperature(logits, labels, classes) });
});
