import { beforeAll, describe, expect, test } from "vitest";
import { skeletons } from "../../scripts/draw-digits/skeletons.ts";
import { letters } from "../../scripts/draw-letters/letters.ts";
import { shapeOfDrawing } from "../../scripts/draw-letters/shapeOfDrawing.ts";
import { createRandom } from "../../src/core/random.ts";
import { loadKernels } from "../../src/image/kernels.ts";

beforeAll(() => loadKernels());

describe("drawn letters", () => {
  test("are written in two ways or more, so that one can be kept to judge by", () => {
    expect(letters.length).toBeGreaterThanOrEqual(25);
    for (const ways of letters) expect(ways.length).toBeGreaterThanOrEqual(2);
    const names = letters.flat().map(({ style }) => style);
    expect(new Set(names).size).toBe(names.length);
  });

  test("are seen as a digit is: about 20 pixels long, in the middle, the same again", () => {
    for (const [seed, skeleton] of [...letters.flat(), ...skeletons.flat()].entries()) {
      const pixels = shapeOfDrawing(skeleton, createRandom(seed));
      expect(shapeOfDrawing(skeleton, createRandom(seed))).toEqual(pixels);
      const inked = [...pixels!.keys()].filter((i) => pixels![i]! > 0);
      const extent = (of: (i: number) => number) => {
        const places = inked.map(of);
        return Math.max(...places) - Math.min(...places) + 1;
      };
      const longer = Math.max(
        extent((i) => i % 28),
        extent((i) => Math.floor(i / 28)),
      );
      // Strokes that would be too thin are made broader afterwards.
      expect([20, 21, 22], skeleton.style).toContain(longer);
      const mass = inked.reduce((sum, i) => sum + pixels![i]!, 0);
      const middleX = inked.reduce((sum, i) => sum + ((i % 28) + 0.5) * pixels![i]!, 0) / mass;
      expect(Math.abs(middleX - 14), skeleton.style).toBeLessThan(1);
    }
  });
});
