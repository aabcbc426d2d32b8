import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scalePixels } from "../../src/engine/operations/pixels.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import {
  type Bench,
  bench,
  expectAgreement,
  randomWindow,
  runTrial,
  source,
  type Trial,
  variants,
  windowOf,
  worstError,
} from "./support.ts";
import {
  activationGradientTrial,
  augmentTrial,
  averageTrial,
  biasGradientTrial,
  conv2dInputGradientTrial,
  conv2dTrial,
  conv2dWeightGradientTrial,
  dropoutTrial,
  lossTrial,
  poolGradientTrial,
  poolTrial,
  softmaxTrial,
  sumSquaresTrial,
  updateTrial,
} from "./trials.ts";

// Every WebAssembly kernel against the reference in float64. The error of each element is taken as a part of the
// largest magnitude in its tensor: 1e-5 for what is computed forward, 1e-4 for gradients and updates.
const FORWARD = 1e-5;
const GRADIENT = 1e-4;

describe.each(variants)("%s kernels", (variant) => {
  const oracle = bench(createReferenceBackend("float64"));
  let wasm: Bench;
  beforeAll(async () => {
    wasm = bench(await createWasmBackend({ variant }));
  });
  afterAll(() => wasm.backend.close());

  const agree = (trial: Trial, tolerance: number, what: string): void =>
    expectAgreement({ got: wasm, want: oracle }, trial, tolerance, what);

  it("scale the pixels of as many images as there are, a byte each", () => {
    const s = source(3);
    for (const [images, perImage] of [
      [1, 1],
      [3, 5],
      [2, 784],
      [64, 1000],
    ] as const) {
      const bytes = Uint8Array.from({ length: 4 * Math.ceil((images * perImage) / 4) }, () =>
        s.between(0, 255),
      );
      const trial: Trial = {
        tensors: {
          pixels: { shape: [bytes.length / 4], ints: new Int32Array(bytes.buffer) },
          x: { shape: [images * perImage] },
        },
        operation: (t) =>
          scalePixels({ pixels: t("pixels"), x: t("x"), scale: 1 / 128, offset: -1, perImage }),
        results: ["x"],
        images,
      };
      const exact = Float64Array.from(bytes.subarray(0, images * perImage), (one) => (one - 128) / 128);
      expect(runTrial(wasm, trial).get("x")).toEqual(exact);
      expect(runTrial(oracle, trial).get("x")).toEqual(exact);
    }
  });

  const convolutions = [
    ["conv2d", conv2dTrial, FORWARD],
    ["conv2dInputGradient", conv2dInputGradientTrial, GRADIENT],
    ["conv2dWeightGradient", conv2dWeightGradientTrial, GRADIENT],
  ] as const;

  it.each(convolutions)("%s of any kernel, stride and padding", (_name, trial, tolerance) => {
    const s = source(4);
    for (let i = 0; i < 80; i++) {
      const window = randomWindow(s, s.between(1, 9));
      const [filters, images] = [s.between(1, 19), s.between(1, 3)];
      agree(trial(s, window, filters, images), tolerance, JSON.stringify({ ...window, filters, images }));
    }
  });

  // Shapes that need each way of cutting the work.
  const same = { kernel: [5, 5], stride: [1, 1], padding: "same" } as const;
  const valid = { stride: [1, 1], padding: "valid" } as const;
  const large = [
    ["LeNet's first layer", windowOf({ height: 28, width: 28, channels: 1, ...same }), 32, 2],
    ["LeNet's second layer", windowOf({ height: 14, width: 14, channels: 32, ...same }), 64, 1],
    ["many small images", windowOf({ height: 5, width: 5, channels: 3, kernel: [5, 5], ...valid }), 70, 41],
    ["several blocks of K", windowOf({ height: 4, width: 5, channels: 150, ...same }), 9, 2],
    [
      "several blocks of channels",
      windowOf({ height: 3, width: 3, channels: 2050, kernel: [3, 3], ...valid }),
      3,
      1,
    ],
    ["a wide image", windowOf({ height: 1, width: 250, channels: 1024, kernel: [1, 1], ...valid }), 2, 1],
    ["a very wide row", windowOf({ height: 2, width: 1300, channels: 3, kernel: [2, 3], ...valid }), 5, 2],
    [
      "a patch too large for scratch",
      windowOf({ height: 100, width: 180, channels: 64, kernel: [5, 5], stride: [3, 3], padding: "same" }),
      2,
      1,
    ],
    [
      "long strides over many channels",
      windowOf({ height: 1, width: 1100, channels: 192, kernel: [1, 1], stride: [1, 2], padding: "valid" }),
      2,
      1,
    ],
    [
      "a stride longer than the kernel",
      windowOf({ height: 11, width: 9, channels: 5, kernel: [1, 2], stride: [3, 4], padding: "same" }),
      7,
      2,
    ],
  ] as const;
  for (const [name, trial, tolerance] of convolutions) {
    it.each(large)(`${name} of %s`, (what, window, filters, images) => {
      agree(trial(source(5), window, filters, images), tolerance, what);
    });
  }

  it.each(["max", "average"] as const)("pools by %s, both ways", (kind) => {
    const s = source(6);
    for (let i = 0; i < 60; i++) {
      const window = randomWindow(s, s.between(1, 9));
      const images = s.between(1, 3);
      const what = JSON.stringify({ ...window, images });
      agree(poolTrial(s, kind, window, images), kind === "max" ? 0 : FORWARD, what);
      agree(poolGradientTrial(s, kind, window, images), GRADIENT, what);
    }
  });

  it("sums columns for the gradient of a bias", () => {
    const s = source(7);
    for (let i = 0; i < 40; i++) {
      const [rows, columns] = [s.between(1, 70), s.between(1, 40)];
      agree(biasGradientTrial(s, rows, columns), GRADIENT, `${rows}x${columns}`);
    }
    agree(biasGradientTrial(s, 9001, 5), GRADIENT, "many rows");
    agree(biasGradientTrial(s, 3, 20_001), GRADIENT, "many columns");
  });

  it("takes the slope of every activation, in place too", () => {
    const s = source(8);
    for (let i = 0; i < 40; i++)
      agree(activationGradientTrial(s, s.between(1, 70), i % 2 === 0), GRADIENT, "slope");
    agree(activationGradientTrial(s, 40_003, true), GRADIENT, "several tasks");
  });

  it("drops the same elements as the reference", () => {
    const s = source(9);
    for (const rate of [0, 0.1, 0.25, 0.5, 0.9, 0.999]) {
      for (const size of [1, 3, 50, 40_001]) {
        const trial = dropoutTrial(s, size, rate);
        const want = runTrial(oracle, trial).get("y") ?? [];
        const got = runTrial(wasm, trial).get("y") ?? [];
        expect(Array.from(got, (y) => y === 0)).toEqual(Array.from(want, (y) => y === 0));
        expect(worstError(got, want)).toBeLessThanOrEqual(1e-6);
      }
    }
  });

  it("computes softmax and the losses", () => {
    const s = source(10);
    for (let i = 0; i < 30; i++) {
      const [rows, columns] = [s.between(1, 40), s.between(1, 21)];
      agree(softmaxTrial(s, rows, columns), FORWARD, "softmax");
      agree(lossTrial(s, "softmaxCrossEntropy", rows, columns), FORWARD, "softmaxCrossEntropy");
      agree(lossTrial(s, "meanSquaredError", rows, columns), FORWARD, "meanSquaredError");
    }
  });

  it("gives a label that names no column no loss, without reading beyond the row", () => {
    const trial = lossTrial(source(11), "softmaxCrossEntropy", 3, 10);
    const labels = { shape: [3], ints: [0, 10, -2_000_000_000] };
    const losses = runTrial(wasm, { ...trial, tensors: { ...trial.tensors, labels } }).get("losses") ?? [];
    expect(Array.from(losses, Number.isNaN)).toEqual([false, true, true]);
  });

  it("adds up squares", () => {
    const s = source(12);
    for (const size of [1, 15, 17, 8191, 8192, 8193, 50_001])
      agree(sumSquaresTrial(s, size), FORWARD, `${size}`);
  });

  it.each(["sgd", "momentum", "rmsprop", "adam", "adamw"] as const)("updates parameters by %s", (name) => {
    const s = source(13);
    for (let i = 0; i < 20; i++) agree(updateTrial(s, name, s.between(1, 50)), FORWARD, name);
    agree(updateTrial(s, name, 40_002), FORWARD, "several tasks");
  });

  it("average parameters", () => {
    const s = source(14);
    for (const size of [1, 5, 64, 40_002]) agree(averageTrial(s, size), FORWARD, `${size}`);
  });

  it("distort images", () => {
    const s = source(15);
    // A fold of the elastic field or a step of `floor` may turn float32's last bit into another pixel: small parts of white.
    for (let i = 0; i < 12; i++) agree(augmentTrial(s, 3, 28, 28), 2e-4, "28 x 28");
    agree(augmentTrial(s, 2, 13, 18), 2e-4, "a width that is no multiple of 4");
    agree(augmentTrial(s, 2, 33, 7), 2e-4, "narrow");
  });
});
