import { expect, test } from "vitest";
import { composePage } from "../../scripts/compose-pages/composePage.ts";
import type { Digits } from "../../scripts/compose-pages/digits.ts";
import { digitsOfPage } from "../../scripts/photograph-digits/digitsOfPage.ts";
import { testDigit } from "../image/mnistDigits.ts";

/** The labels of MNIST's first ten test images. */
const labels = [7, 2, 1, 0, 4, 1, 4, 9, 5, 9];
const originals = labels.map((_, index) => testDigit(index));
const digits: Digits = {
  images: Buffer.concat(originals),
  labels: Uint8Array.from(labels),
  sources: labels.map((_, index) => index),
};

/** How alike two images are, by their pixels' correlation. */
function alike(a: Uint8Array, b: Uint8Array): number {
  const mean = (one: Uint8Array) => one.reduce((sum, value) => sum + value, 0) / one.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [x, y] = [value - meanA, b[i]! - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

test.each([4, 7])(
  "the digits of composed page %i come back with their labels, as they were written",
  async (index) => {
    const { truth } = composePage(digits, { seed: 11, index, kind: "page" });
    const seen = await digitsOfPage(digits, 11, index);
    expect(seen.length).toBeGreaterThanOrEqual(0.9 * truth.digits.length);
    for (const { label, pixels } of seen) {
      const byLikeness = originals
        .map((original, i) => ({ label: labels[i]!, likeness: alike(original, pixels) }))
        .sort((a, b) => b.likeness - a.likeness);
      expect(byLikeness[0]!.likeness).toBeGreaterThan(0.6);
      expect(byLikeness[0]!.label).toBe(label);
    }
    expect(await digitsOfPage(digits, 11, index)).toEqual(seen);
  },
);
