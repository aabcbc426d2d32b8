import { expect, it } from "vitest";
import { createPrecisionRecall } from "../../src/metrics/precisionRecall.ts";

it("counts at each threshold what its definition says", () => {
  // Three images of two classes; probabilities that lie on thresholds count as reaching them.
  const images = [
    { probabilities: [50 / 126, 76 / 126], label: 0 },
    { probabilities: [1, 0], label: 0 },
    { probabilities: [0.3, 0.7], label: 1 },
  ];
  const counter = createPrecisionRecall(2);
  for (const { probabilities, label } of images) counter.add([9, ...probabilities], 1, label);
  const result = counter.result();
  expect(result).toHaveLength(2);
  for (const [one, counts] of result.entries()) {
    for (let k = 0; k < 127; k++) {
      const of = (isIt: boolean, isTaken: boolean) =>
        images.filter(
          ({ probabilities, label }) =>
            (label === one) === isIt && (probabilities[one] ?? 0) >= k / 126 === isTaken,
        ).length;
      expect(counts.truePositives[k]).toBe(of(true, true));
      expect(counts.falsePositives[k]).toBe(of(false, true));
      expect(counts.trueNegatives[k]).toBe(of(false, false));
      expect(counts.falseNegatives[k]).toBe(of(true, false));
    }
    for (const list of Object.values(counts)) expect(list).toHaveLength(127);
  }
});

it("is exact on every threshold, and a step below and above it", () => {
  for (let k = 0; k < 127; k++) {
    const threshold = k / 126;
    for (const [probability, reached] of [
      [threshold, k],
      [threshold * (1 - 2 ** -52), k - 1],
      [threshold * (1 + 2 ** -52), k],
    ] as const) {
      const counter = createPrecisionRecall(1);
      counter.add([probability], 0, 0);
      const { truePositives } = counter.result()[0]!;
      expect(truePositives.lastIndexOf(1)).toBe(k === 0 ? 0 : reached);
    }
  }
});
