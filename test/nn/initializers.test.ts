import { expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { type Initializer, initialize } from "../../src/nn/initializers.ts";

const fanIn = 200;
const fanOut = 100;

function draw(initializer: Initializer): { mean: number; deviation: number; largest: number } {
  const values = new Float64Array(50_000).fill(9);
  initialize(values, initializer, fanIn, fanOut, createRandom(5));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(variance),
    largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  };
}

const TRUNCATED = 0.87962566103423978;

// Deviation and greatest magnitude, from the papers' formulas.
it.each<[Initializer, number, number]>([
  [{ truncatedNormal: 0.1 }, 0.1 * TRUNCATED, 0.2],
  ["glorotUniform", Math.sqrt(2 / 300), Math.sqrt(6 / 300)],
  ["glorotNormal", Math.sqrt(2 / 300), (2 * Math.sqrt(2 / 300)) / TRUNCATED],
  ["heUniform", Math.sqrt(2 / 200), Math.sqrt(6 / 200)],
  ["heNormal", Math.sqrt(2 / 200), (2 * Math.sqrt(2 / 200)) / TRUNCATED],
])("%j has the deviation and the bounds of its definition", (initializer, deviation, bound) => {
  const found = draw(initializer);
  expect(Math.abs(found.mean)).toBeLessThan(0.02 * deviation);
  expect(found.deviation / deviation).toBeCloseTo(1, 1.7);
  expect(found.largest).toBeLessThanOrEqual(bound);
  expect(found.largest).toBeGreaterThan(bound * 0.99);
});

it("zeros are zeros", () => {
  expect(draw("zeros").largest).toBe(0);
});
