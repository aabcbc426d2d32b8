import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { type ConvMaxPoolChoices, convMaxPoolTrial, type Way } from "./convMaxPoolTrials.ts";
import {
  type Bench,
  bench,
  expectAgreement,
  runTrial,
  type Source,
  source,
  variants,
  windowOf,
  worstError,
} from "./support.ts";

// A convolution pooled 2x2 in one, against the reference in float64 and against its parts computed one by one. The
// error of each element is taken as a part of the largest magnitude in its tensor.
const TOLERANCE = { y: 1e-5, dweights: 1e-4, dbias: 1e-4, dx: 1e-4 };
// Winograd's way rounds more: the values at the points 2 and 1/2 are larger than what they are made from.
const WINOGRAD_TOLERANCE = { ...TOLERANCE, y: 3e-5 };

/** A window for Winograd's way: a square kernel, channels in fours. */
function winogradWindow(s: Source) {
  const kernel = s.pick(3, 5);
  return windowOf({
    height: s.between(6, 17),
    width: s.between(6, 17),
    channels: s.pick(8, 12, 32),
    kernel: [kernel, kernel],
    stride: [1, 1],
    padding: s.pick("same", "valid"),
  });
}

function anyWindow(s: Source) {
  return windowOf({
    height: s.between(7, 15),
    width: s.between(7, 15),
    channels: s.between(1, 9),
    kernel: [s.between(1, 6), s.between(1, 6)],
    stride: [1, 1],
    padding: s.pick("same", "valid"),
  });
}

const lenet = { kernel: [5, 5], stride: [1, 1], padding: "same" } as const;
const first = windowOf({ height: 28, width: 28, channels: 1, ...lenet });
const second = windowOf({ height: 14, width: 14, channels: 32, ...lenet });

// As large as scratch has room for.
const wide = windowOf({ height: 250, width: 250, channels: 1, ...lenet });
const deep = windowOf({ height: 14, width: 14, channels: 180, ...lenet });
const three = { ...lenet, kernel: [3, 3] } as const;
const crowded = windowOf({ height: 14, width: 14, channels: 64, ...three });
const small = windowOf({ height: 6, width: 6, channels: 8, ...three });

describe.each(variants)("%s convolution and pooling in one", (variant) => {
  const oracle = bench(createReferenceBackend("float64"));
  let wasm: Bench;
  beforeAll(async () => {
    wasm = bench(await createWasmBackend({ variant }));
  });
  afterAll(() => wasm.backend.close());

  function agree(
    s: Source,
    way: Way,
    window: ReturnType<typeof windowOf>,
    filters: number,
    images: number,
    choices: Partial<ConvMaxPoolChoices> = {},
  ): void {
    const trial = convMaxPoolTrial(s, way, window, filters, images, choices);
    const what = JSON.stringify({ ...window, filters, images, ...choices });
    const tolerance = way === "winograd" ? WINOGRAD_TOLERANCE : TOLERANCE;
    expectAgreement({ got: wasm, want: oracle }, trial, tolerance, what);
  }

  it("agree with the reference, by definition", () => {
    const s = source(1);
    for (let i = 0; i < 60; i++) agree(s, "direct", anyWindow(s), s.between(1, 21), s.between(1, 9));
  });

  it("agree with the reference, Winograd's way", () => {
    const s = source(2);
    for (let i = 0; i < 40; i++)
      agree(s, "winograd", winogradWindow(s), s.between(8, 21), s.pick(1, 2, 5, 9));
  });

  it.each([
    ["LeNet's first layer", "direct", first, 32, 3],
    ["LeNet's second layer", "direct", second, 64, 2],
    ["LeNet's second layer", "winograd", second, 64, 7],
    ["a large image", "direct", wide, 6, 1],
    ["many channels", "direct", deep, 40, 1],
    ["blocks of two images", "winograd", crowded, 64, 3],
    ["many filters", "winograd", small, 512, 9],
    ["more blocks of images than tasks", "winograd", winogradWindow(source(3)), 9, 41],
  ] as const)("agree with the reference as %s, %s", (_what, way, window, filters, images) => {
    agree(source(4), way, window, filters, images, { withInputGradient: true });
  });

  it("give the same bits as their parts where sums are exact, the first of equal maxima the gradient", () => {
    for (let seed = 0; seed < 30; seed++) {
      const s = source(500 + seed);
      const [window, filters, images] = [anyWindow(s), s.between(1, 21), s.between(1, 5)];
      const given = {
        activation: s.pick("linear", "relu"),
        withBias: s.pick(true, false),
        levels: true,
      } as const;
      const run = (way: Way) =>
        runTrial(wasm, convMaxPoolTrial(source(seed), way, window, filters, images, given));
      expect(run("direct"), JSON.stringify({ ...window, filters, images, ...given })).toEqual(run("apart"));
    }
  });

  it("give the same as their parts, both ways", () => {
    for (let seed = 0; seed < 10; seed++) {
      const s = source(600 + seed);
      const [window, filters, images] = [winogradWindow(s), s.between(8, 21), s.between(1, 5)];
      const given = { activation: "relu", withBias: true, withInputGradient: true } as const;
      const trial = (way: Way) => convMaxPoolTrial(source(seed), way, window, filters, images, given);
      const apart = runTrial(wasm, trial("apart"));
      for (const way of ["direct", "winograd"] as const) {
        const together = runTrial(wasm, trial(way));
        for (const [name, most] of Object.entries(WINOGRAD_TOLERANCE)) {
          const error = worstError(together.get(name) ?? [], apart.get(name) ?? []);
          expect(error, `${way}: ${name}`).toBeLessThanOrEqual(most);
        }
      }
    }
  });
});
