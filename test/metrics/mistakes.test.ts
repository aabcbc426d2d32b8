import { expect, it } from "vitest";
import { collectMistakes } from "../../src/metrics/mistakes.ts";

/** Images of two pixels, the first their number, two classes; `own` is the probability of the label. */
function add(collector: ReturnType<typeof collectMistakes>, from: number, own: readonly number[]): void {
  const labels = own.map((_, i) => (from + i) % 2);
  const images = Uint8Array.from(own.flatMap((_, i) => [from + i, 7]));
  collector.add(
    images,
    own.flatMap((p, i) => (labels[i] === 0 ? [p, 1 - p] : [1 - p, p])),
    labels,
    own.length,
  );
  images.fill(255); // a batch's arrays are used again
}

it("keeps the worst, worst first, with their places over all batches and their images", () => {
  const collector = collectMistakes(2, 3);
  add(collector, 0, [0.4, 0.9, 0.1]);
  add(collector, 3, [0.3, 0.2, 0.8, 0.45]);
  expect(collector.result()).toEqual([
    { index: 2, label: 0, predicted: 1, probabilities: [0.1, 0.9], pixels: Uint8Array.of(2, 7) },
    { index: 4, label: 0, predicted: 1, probabilities: [0.2, 0.8], pixels: Uint8Array.of(4, 7) },
    { index: 3, label: 1, predicted: 0, probabilities: [0.7, 0.3], pixels: Uint8Array.of(3, 7) },
  ]);
});

it("keeps the first of those that are as bad, and none where none are wanted", () => {
  const [two, none] = [collectMistakes(2, 2), collectMistakes(2, 0)];
  for (const collector of [two, none]) add(collector, 0, [0.25, 0.25, 0.25]);
  expect(two.result().map(({ index }) => index)).toEqual([0, 1]);
  expect(none.result()).toEqual([]);
});
