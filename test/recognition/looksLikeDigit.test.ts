import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { looksLikeDigit } from "../../src/recognition/looksLikeDigit.ts";
import { realImages } from "../data/realImages.ts";

const SIDE = 28;

/** An image that is ink where `isInk` says so. */
function drawn(isInk: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    isInk(i % SIDE, Math.floor(i / SIDE)) ? 255 : 0,
  );
}

const inBox = (x: number, y: number) => x >= 4 && x < 24 && y >= 4 && y < 24;

describe("what can be no digit", () => {
  const noise = createRandom(1);
  test.each<[string, (x: number, y: number) => boolean]>([
    ["a blob", inBox],
    ["hatching", (x, y) => inBox(x, y) && (x + y) % 4 < 2],
    ["a grid", (x, y) => inBox(x, y) && (x % 5 === 0 || y % 5 === 0)],
    ["grain", (x, y) => inBox(x, y) && noise.below(10) < 4],
  ])("%s", (_, isInk) => {
    expect(looksLikeDigit(drawn(isInk))).toBe(false);
  });
});

test("nothing that MNIST has is refused", () => {
  const { images, count } = realImages("train", 0, 2000);
  for (let i = 0; i < count; i++) expect(looksLikeDigit(images.subarray(i * 784, (i + 1) * 784))).toBe(true);
});
