import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { turned, winogradImages } from "../../src/engine/winograd.ts";
import { type Bench, bench, expectAgreement, source, variants, windowOf } from "./support.ts";
import { winogradTrial, winogradWindow } from "./winogradTrials.ts";

// A convolution and both its gradients Winograd's way, against the definition in float64. It rounds more: the values at
// the points 2 and 1/2 are larger than what they are made from. The error of each element is taken as a part of the largest
// magnitude in its tensor.
const TOLERANCE = { y: 3e-5, dx: 1e-4, dweights: 1e-4 };

const same = { kernel: [3, 3], stride: [1, 1], padding: "same" } as const;

describe.each(variants)("%s Winograd convolutions", (variant) => {
  const oracle = bench(createReferenceBackend("float64"));
  let wasm: Bench;
  beforeAll(async () => {
    wasm = bench(await createWasmBackend({ variant }));
  });
  afterAll(() => wasm.backend.close());

  it("agree with the reference, forwards and backwards", () => {
    const s = source(71);
    for (let i = 0; i < 25; i++) {
      const [window, filters, images] = [winogradWindow(s), s.between(8, 27), s.pick(1, 2, 5)];
      const trial = winogradTrial(s, window, filters, images);
      const what = JSON.stringify({ ...window, filters, images });
      expectAgreement({ got: wasm, want: oracle }, trial, TOLERANCE, what);
    }
  });

  it.each([
    ["whole tiles", windowOf({ height: 24, width: 24, channels: 32, ...same }), 32, 3],
    [
      "more tiles than are summed over at a time",
      windowOf({ height: 24, width: 24, channels: 8, ...same }),
      8,
      33,
    ],
    ["one tile an image and many channels", windowOf({ height: 6, width: 6, channels: 128, ...same }), 64, 5],
    ["no images", windowOf({ height: 12, width: 12, channels: 16, ...same }), 16, 0],
  ] as const)("agree with the reference for %s", (what, window, filters, images) => {
    const trial = winogradTrial(source(72), window, filters, images);
    // Without images there is nothing in y and dx.
    const results = images > 0 ? trial.results : ["dweights"];
    expectAgreement({ got: wasm, want: oracle }, { ...trial, results }, TOLERANCE, what);
  });
});

describe("Winograd's way", () => {
  it("is not taken where the tiles would be mostly empty", () => {
    const window = (size: number) => windowOf({ height: size, width: size, channels: 16, ...same });
    // 3x3 taps: 64 products a tile against 9 a pixel.
    expect([2, 3, 6, 7, 8, 12].map((size) => winogradImages(window(size), 16) > 0)).toEqual([
      ...[false, false, true, true, true, true],
    ]);
  });

  it("knows the window that takes a gradient back", () => {
    const valid = windowOf({ height: 10, width: 9, channels: 3, ...same, padding: "valid" });
    expect(turned(valid, 5)).toMatchObject({
      ...{ height: 8, width: 7, channels: 5, outputHeight: 10, outputWidth: 9 },
      ...{ paddingTop: 2, paddingLeft: 2 },
    });
  });
});
