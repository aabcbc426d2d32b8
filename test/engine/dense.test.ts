import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dense } from "../../src/engine/operations/dense.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { type DenseChoices, denseGradientTrial, denseTrial, sparseDenseTrial } from "./denseTrials.ts";
import {
  type Bench,
  bench,
  expectAgreement,
  runTrial,
  sameBits,
  source,
  type Trial,
  variants,
} from "./support.ts";
import { activations } from "./trials.ts";

// The dense layer against the reference in float64, and where it can be against what is known without it. The error
// of each element is taken as a part of the largest magnitude in its tensor.
const FORWARD = 1e-5;
const GRADIENT = 1e-4;

const zeros = (values: ArrayLike<number> | undefined) => Array.from(values ?? [], (value) => value === 0);

describe.each(variants)("%s dense layers", (variant) => {
  const oracle = bench(createReferenceBackend("float64"));
  let wasm: Bench;
  beforeAll(async () => {
    wasm = bench(await createWasmBackend({ variant }));
  });
  afterAll(() => wasm.backend.close());

  function agree(
    seed: number,
    images: number,
    units: number,
    inputs: number,
    choices: Partial<DenseChoices> = {},
  ): void {
    const what = `${images} images, ${units} units, ${inputs} inputs, ${JSON.stringify(choices)}`;
    const pair = { got: wasm, want: oracle };
    expectAgreement(pair, denseTrial(source(seed), images, units, inputs, choices), FORWARD, what);
    expectAgreement(pair, denseGradientTrial(source(seed), images, units, inputs, choices), GRADIENT, what);
  }

  it("agree with the reference in any size", () => {
    const s = source(1);
    for (let i = 0; i < 80; i++) agree(100 + i, s.between(1, 70), s.between(1, 70), s.between(1, 70));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16])("agree with the reference on %i images", (images) => {
    const s = source(2);
    for (let i = 0; i < 6; i++) agree(200 + i, images, s.between(1, 40), s.between(1, 40));
    // All tails of rows, and units in whole strips of six and eight and not.
    for (const inputs of [4, 5, 6, 7]) agree(210 + inputs, images, 12, inputs);
    for (const units of [5, 6, 7, 8, 11]) agree(220 + units, images, units, 9);
  });

  it.each([0, 0.12, 0.5, 1])(
    "agree with the reference where %d of the input is not zero, to the same bits either way",
    (share) => {
      const s = source(7);
      const sizes: readonly (readonly [number, number, number])[] = [
        [1, 1, 1],
        [1, 1024, 300],
        [65, 29, 129],
        [130, 57, 256],
        ...Array.from({ length: 12 }, () => [s.between(1, 70), s.between(1, 70), s.between(1, 300)] as const),
      ];
      for (const [seed, [images, units, inputs]] of sizes.entries()) {
        const trial = (withPanels: boolean) =>
          sparseDenseTrial(source(700 + seed), images, units, inputs, { share, withPanels });
        const what = `${images} images, ${units} units, ${inputs} inputs`;
        expectAgreement({ got: wasm, want: oracle }, trial(true), FORWARD, what);
        expect(sameBits(runTrial(wasm, trial(true)), runTrial(wasm, trial(false))), what).toBe(true);
      }
    },
  );

  it.each([
    ["one row more than a block of 64", 65, 17, 33],
    ["several blocks of rows, the last one full", 192, 9, 30],
    ["more than one block of 128 units", 20, 300, 21],
    ["a block of 128 units and one more", 6, 129, 12],
    ["a whole block of 128 units", 6, 128, 12],
    ["more inputs than are summed at a time", 13, 10, 515],
    ["few rows of many inputs", 7, 10, 1030],
    ["many blocks of everything", 137, 141, 1027],
    ["many units and inputs", 70, 300, 301],
    ["one unit", 50, 1, 33],
    ["one input", 9, 33, 1],
  ])("agree with the reference with %s", (_what, images, units, inputs) => {
    for (const activation of ["linear", "relu"] as const) {
      agree(3, images, units, inputs, {
        activation,
        withBias: true,
        rate: undefined,
        withInputGradient: true,
      });
      agree(4, images, units, inputs, { activation, withBias: true, rate: 0.5, withInputGradient: true });
    }
  });

  it.each(activations)(
    "agree with the reference for %s, with bias and without, at every rate",
    (activation) => {
      for (const withBias of [true, false]) {
        for (const rate of [undefined, 0, 0.3, 0.5]) {
          for (const withInputGradient of [true, false]) {
            const choices = { activation, withBias, rate, withInputGradient };
            for (const images of [3, 11]) agree(5, images, 19, 14, choices);
          }
        }
      }
    },
  );

  it("drop the same elements as the reference, about as many as the rate says", () => {
    for (const [images, units] of [
      [3, 300],
      [70, 45],
    ] as const) {
      for (const rate of [0, 0.3, 0.5]) {
        const trial = denseTrial(source(6), images, units, 5, { activation: "linear", withBias: true, rate });
        const dropped = zeros(runTrial(wasm, trial).get("y"));
        expect(dropped).toEqual(zeros(runTrial(oracle, trial).get("y")));
        const share = dropped.slice(0, images * units).filter(Boolean).length / (images * units);
        expect(Math.abs(share - rate)).toBeLessThan(0.06);
      }
    }
  });

  it("give exp, tanh and sigmoid within 1e-6 of themselves, wherever they are normal numbers", () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 100);
    const activated = (activation: "tanh" | "sigmoid"): Trial => ({
      tensors: {
        x: { shape: [x.length], floats: x },
        one: { shape: [1], floats: [1] },
        y: { shape: [x.length] },
        room: { shape: [Math.ceil(x.length / 8) * 8] },
      },
      operation: (t) =>
        dense({ x: t("x"), weights: t("one"), y: t("y"), room: t("room"), units: 1, inputs: 1, activation }),
      results: ["y"],
      images: x.length,
    });
    const relative = (got: ArrayLike<number>, exact: (x: number) => number) =>
      x.reduce(
        (worst, value, i) => Math.max(worst, value === 0 ? 0 : Math.abs((got[i] ?? 0) / exact(value) - 1)),
        0,
      );
    expect(relative(runTrial(wasm, activated("tanh")).get("y") ?? [], Math.tanh)).toBeLessThan(1e-6);
    const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
    expect(relative(runTrial(wasm, activated("sigmoid")).get("y") ?? [], sigmoid)).toBeLessThan(1e-6);
  });
});
