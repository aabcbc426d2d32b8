import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeCheckpoint, loadParameters } from "../../src/checkpoint.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { createPredictor } from "../../src/nn/predictor.ts";
import { realImages } from "../data/realImages.ts";
import { variants, worstError } from "../engine/support.ts";
import { type Batch, gradientsOf, stageOutputs, type Values } from "./oneStep.ts";

// The shipped network on real digits: every engine against the reference in float64. The error of each element is
// taken as a part of the largest magnitude in its tensor.
const FORWARD = 1e-4;
const GRADIENT = 1e-3;

const name = "lenet.safetensors";
const checkpoint = decodeCheckpoint(readFileSync(new URL(`../../models/${name}`, import.meta.url)), name);
const network = buildNetwork(checkpoint.definition);
const weights: Values = new Map(
  [...checkpoint.tensors].map(([key, { data }]) => [key, Float64Array.from(data, Number)]),
);

// Not the first 64: one of their values before conv2's ReLU is 0 but for rounding, and there is no derivative there.
const digits = realImages("t10k", 64, 64);
const IMAGE = 784;
/** So many where the reference, which is slow, does the work. */
const SOME = 10;

function batchOf(count: number): Batch {
  const { scale, offset } = network.definition.input;
  const pixels = Float32Array.from(digits.images.subarray(0, count * IMAGE), (one) => one * scale + offset);
  return { pixels, labels: digits.labels.subarray(0, count) };
}

/** Every stage's output for `count` images, and every gradient of a step on some of them. */
function computedBy(engine: Engine, count: number): { readonly outputs: Values; readonly gradients: Values } {
  const parameters = loadParameters(engine, network, checkpoint, name);
  return {
    outputs: stageOutputs(engine, network, parameters, batchOf(count)),
    gradients: gradientsOf(engine, network, batchOf(SOME), { weights }),
  };
}

function expectClose(got: Values, want: Values, tolerance: number): void {
  expect([...got.keys()]).toEqual([...want.keys()]);
  for (const [key, values] of want)
    expect(worstError(got.get(key) ?? [], values), key).toBeLessThanOrEqual(tolerance);
}

describe("the shipped network on real digits", () => {
  let oracle: ReturnType<typeof computedBy>;
  beforeAll(() => {
    oracle = computedBy(createEngine(createReferenceBackend("float64")), digits.count);
  });

  it("reads them", () => {
    const probabilities = oracle.outputs.get("probabilities") ?? [];
    const right = digits.labels.filter((label, i) => (probabilities[i * 10 + label] ?? 0) > 0.5);
    expect(right.length).toBeGreaterThanOrEqual(63);
  });

  it.each(["reference", ...variants] as const)("gives the same on %s as in float64", async (variant) => {
    const isSlow = variant === "reference";
    const engine = createEngine(
      isSlow ? createReferenceBackend("float32") : await createWasmBackend({ variant }),
    );
    const count = isSlow ? SOME : digits.count;
    const { outputs, gradients } = computedBy(engine, count);
    const first = (values: Float64Array) => values.subarray(0, (values.length / digits.count) * count);
    expectClose(outputs, new Map([...oracle.outputs].map(([key, values]) => [key, first(values)])), FORWARD);
    expectClose(gradients, oracle.gradients, GRADIENT);
    engine.close();
  });

  it.each(variants)("is predicted alike one by one and all at once on %s", async (variant) => {
    const engine = createEngine(await createWasmBackend({ variant }));
    const predictor = createPredictor(engine, network, loadParameters(engine, network, checkpoint, name));
    const want = oracle.outputs.get("probabilities") ?? new Float64Array();
    expect(worstError(predictor.predict(digits.images), want)).toBeLessThanOrEqual(FORWARD);
    for (const i of [0, 17, 63]) {
      const alone = predictor.predict(digits.images.subarray(i * IMAGE, (i + 1) * IMAGE));
      expect(worstError(alone, want.subarray(i * 10, i * 10 + 10))).toBeLessThanOrEqual(FORWARD);
    }
    engine.close();
  });
});
