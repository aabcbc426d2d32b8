import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchNorm, batchNormCells, batchNormGradient } from "../../src/engine/operations/batchNorm.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { batchNormInferenceTrial, batchNormTrial, foldBatchNormTrial } from "./batchNormTrials.ts";
import { type Bench, bench, expectAgreement, runTrial, source, type Trial, variants } from "./support.ts";

// The error of each element is taken as a part of the largest magnitude in its tensor.
const FORWARD = 1e-5;
const GRADIENT = 1e-4;
const TOLERANCE = {
  ...{ y: FORWARD, mean: FORWARD, inverse: FORWARD, movingMean: FORWARD, movingVariance: FORWARD },
  ...{ dgamma: GRADIENT, dbeta: GRADIENT, dy: GRADIENT, dx: GRADIENT },
};

/**
 * Four rows of one channel, by hand: mean 4, variance 4 (distances -2, -2, 2, 2), 1 / sqrt(4 + 5) = 1/3, so
 * y = 3 (x - 4) / 3 + 1 = -1, -1, 3, 3 and the ReLU lets the last two through.
 */
const byHand: Trial = {
  tensors: {
    x: { shape: [4], floats: [2, 2, 6, 6] },
    gamma: { shape: [1], floats: [3] },
    beta: { shape: [1], floats: [1] },
    movingMean: { shape: [1], floats: [8] },
    movingVariance: { shape: [1], floats: [0] },
    randomState: { shape: [2], ints: [1, 26] }, // (1 + 26) / (10 + 26) = 0.75, less than the momentum
    dy: { shape: [4], floats: [100, 100, 5, 3] },
    ...Object.fromEntries(
      ["mean", "inverse", "dgamma", "dbeta"].map((name) => [name, { shape: [1] }] as const),
    ),
    y: { shape: [4] },
    dx: { shape: [4] },
    sums: { shape: [batchNormCells(1)] },
  },
  operation: (t) => {
    const layer = {
      ...{ x: t("x"), gamma: t("gamma"), beta: t("beta"), mean: t("mean"), inverse: t("inverse") },
      ...({ sums: t("sums"), rows: { perImage: 1 }, channels: 1, activation: "relu" } as const),
    };
    const moving = {
      movingMean: t("movingMean"),
      movingVariance: t("movingVariance"),
      randomState: t("randomState"),
    };
    return [
      batchNorm({ ...layer, ...moving, y: t("y"), momentum: 0.9, epsilon: 5 }),
      batchNormGradient({ ...layer, dy: t("dy"), dx: t("dx"), dgamma: t("dgamma"), dbeta: t("dbeta") }),
    ];
  },
  results: ["y", "movingMean", "movingVariance", "dbeta", "dgamma", "dx"],
  images: 4,
};

/**
 * Normal values -2/3, -2/3, 2/3, 2/3; dz = 0, 0, 5, 3; dbeta = 8, dgamma = 16/3. As in Ioffe and Szegedy, 2015:
 * dx = gamma / sqrt(variance + epsilon) (dz - mean(dz) - normal mean(dz normal)) = dz - 2 - normal 4/3.
 */
const expected = {
  y: [0, 0, 3, 3],
  movingMean: [7], // 0.75 * 8 + 0.25 * 4
  movingVariance: [1],
  dbeta: [8],
  dgamma: [16 / 3],
  dx: [-10 / 9, -10 / 9, 5 - 2 - 8 / 9, 3 - 2 - 8 / 9],
};

describe.each(["reference", ...variants] as const)("batch normalisation on %s", (variant) => {
  it("gives what one gets by hand", async () => {
    const backend =
      variant === "reference" ? createReferenceBackend("float32") : await createWasmBackend({ variant });
    const results = runTrial(bench(backend), byHand);
    for (const [name, values] of Object.entries(expected)) {
      expect(results.get(name), name).toHaveLength(values.length);
      values.forEach((value, i) => {
        expect(results.get(name)?.[i], `${name}[${i}]`).toBeCloseTo(value, 5);
      });
    }
    backend.close();
  });
});

describe.each(variants)("%s batch normalisation", (variant) => {
  const oracle = bench(createReferenceBackend("float64"));
  let wasm: Bench;
  beforeAll(async () => {
    wasm = bench(await createWasmBackend({ variant }));
  });
  afterAll(() => wasm.backend.close());
  const agree = (trial: Trial, tolerance: Parameters<typeof expectAgreement>[2], what: string): void =>
    expectAgreement({ got: wasm, want: oracle }, trial, tolerance, what);

  it("agrees with the reference, forwards and backwards", () => {
    // A seed with no value before the ReLU that is 0 but for rounding.
    const s = source(64);
    for (let i = 0; i < 60; i++) {
      const [images, perImage, channels] = [s.between(2, 9), s.pick(1, 4, 35, 144), s.between(1, 40)];
      agree(batchNormTrial(s, images, perImage, channels), TOLERANCE, `${images}x${perImage}x${channels}`);
    }
    agree(batchNormTrial(s, 5, 1500, 3), TOLERANCE, "long sums");
    agree(batchNormTrial(s, 2, 3, 5000), TOLERANCE, "more channels than a task has elements");
    const results = ["y", "mean", "inverse", "movingMean", "movingVariance", "dbeta"];
    agree({ ...batchNormTrial(s, 1, 1, 6), results }, TOLERANCE, "a single row, whose variance is 0");
  });

  it("loses no digits where the mean is far from 0", () => {
    agree(batchNormTrial(source(62), 8, 100, 12, 300), { ...TOLERANCE, y: 1e-4, dx: 1e-3, dy: 1e-3 }, "far");
  });

  it("agrees with the reference by the moving statistics, by themselves and folded into weights", () => {
    const s = source(63);
    for (let i = 0; i < 40; i++) {
      const channels = s.between(1, 40);
      agree(
        batchNormInferenceTrial(s, s.between(1, 9), s.pick(1, 35, 144), channels),
        FORWARD,
        `${channels}`,
      );
      agree(foldBatchNormTrial(s, s.between(1, 50), channels), FORWARD, `${channels} folded`);
    }
  });
});
