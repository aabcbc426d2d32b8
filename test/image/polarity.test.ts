import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { inkPolarity } from "../../src/image/polarity.ts";
import { drawing, type Light, lit } from "./drawnInk.ts";

/** Two lines of digits' strokes, small or so large that they fill the picture. */
function write(scale: number) {
  const ink = drawing(320, 240);
  for (const y of [50, 140]) {
    for (const x of [40, 110, 180, 250]) {
      ink.ring(x + 12 * scale, y + 20 * scale, 12 * scale, 20 * scale, 5);
      ink.stroke([x + 32 * scale, y, x + 30 * scale, y + 40 * scale], 5);
    }
  }
  return ink;
}

const noise = createRandom(1);
const scenes: readonly (readonly [string, Light, boolean])[] = [
  ["black on white", () => ({ paper: 1, ink: 0 }), true],
  ["white on black", () => ({ paper: 0, ink: 1 }), false],
  ["pencil on grey paper", () => ({ paper: 0.55, ink: 0.35 }), true],
  [
    "chalk on a board with glare on one side",
    (x) => ({ paper: 0.15 + 0.001 * x + 0.02 * noise.normal(), ink: 0.8 }),
    false,
  ],
  ["ink in slanting light", (x) => ({ paper: 0.3 + 0.002 * x, ink: 0.1 }), true],
  // The sheet ends at x = 250, y = 200; a table of another brightness goes on.
  [
    "a sheet on a dark table",
    (x, y) => (x < 290 && y < 210 ? { paper: 0.9, ink: 0.15 } : { paper: 0.2, ink: 0.2 }),
    true,
  ],
  [
    "a board before a light wall",
    (x, y) => (x < 290 && y < 210 ? { paper: 0.12, ink: 0.85 } : { paper: 0.8, ink: 0.8 }),
    false,
  ],
  [
    "ink with a hard shadow across",
    (x, y) => (x + y < 250 ? { paper: 0.9, ink: 0.15 } : { paper: 0.45, ink: 0.08 }),
    true,
  ],
];

describe("ink is told from paper", () => {
  test.each(scenes)("%s, or both are worth a try", (_, light, isInkDark) => {
    const found = inkPolarity(lit(write(1), light));
    if (found.isSure) expect(found.isInkDark).toBe(isInkDark);
    else expect(typeof found.isInkDark).toBe("boolean");
  });

  test.each(scenes.slice(0, 5))("%s on an even ground, at once", (_, light, isInkDark) => {
    expect(inkPolarity(lit(write(1), light)).isInkDark).toBe(isInkDark);
  });

  test("clear writing needs no second try", () => {
    expect(inkPolarity(lit(write(1), () => ({ paper: 0.9, ink: 0.1 }))).isSure).toBe(true);
    expect(inkPolarity(lit(write(1), () => ({ paper: 0.1, ink: 0.9 }))).isSure).toBe(true);
  });

  test("where dark and light are even, nothing is sure", () => {
    const half = { width: 64, height: 64, data: Float32Array.from({ length: 4096 }, (_, i) => (i >> 3) & 1) };
    expect(inkPolarity(half).isSure).toBe(false);
    const blank = { width: 64, height: 64, data: new Float32Array(4096).fill(0.5) };
    expect(inkPolarity(blank).isSure).toBe(false);
  });

  test.each([
    [1, 1],
    [1, 50],
    [50, 1],
  ])("an image of %i x %i pixels is no trouble", (width, height) => {
    const data = Float32Array.from({ length: width * height }, (_, i) => (i % 7) / 7);
    const found = inkPolarity({ width, height, data });
    expect(typeof found.isInkDark).toBe("boolean");
    expect(typeof found.isSure).toBe("boolean");
  });
});
