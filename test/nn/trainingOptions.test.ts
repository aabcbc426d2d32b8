import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { dense, flatten, type ModelDefinition } from "../../src/nn/definition.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { createTrainingStep, type TrainingStepOptions } from "../../src/nn/trainingStep.ts";

const definition: ModelDefinition = {
  name: "Tiny",
  input: { shape: [3, 2, 1], scale: 1, offset: 0 },
  classes: ["a", "b", "c"],
  layers: [
    flatten({ name: "f" }),
    dense({ name: "hidden", units: 4, activation: "tanh" }),
    dense({ name: "out", units: 3 }),
  ],
};
const engines: readonly [string, () => Promise<Engine>][] = [
  ["reference", async () => createEngine(createReferenceBackend("float64"))],
  ["simd128", async () => createEngine(await createWasmBackend({ variant: "simd128", threads: 1 }))],
];

/** A step of plain gradient descent over two images. */
function stepOn(engine: Engine, options: Partial<TrainingStepOptions> = {}, labels = [2, 0]) {
  const step = createTrainingStep(engine, buildNetwork(definition), {
    ...{ batchSize: 2, optimizer: { name: "sgd" }, loss: "softmaxCrossEntropy", seed: 7 },
    ...options,
  });
  const random = createRandom(11);
  const images = engine.floats(step.images);
  for (let i = 0; i < images.length; i++) images[i] = random.normal();
  engine.ints(step.labels).set(labels);
  const values = (tensors: ReadonlyMap<string, Tensor>): number[] =>
    [...tensors.values()].flatMap((one) => [...engine.floats(one)]);
  return { step, values };
}
const settings = { count: 2, step: 0, learningRate: 0.5, weightDecay: 0 };
const expectAllClose = (found: readonly number[], wanted: readonly number[], within = 1e-6) => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => void expect(Math.abs(value - wanted[i]!), `[${i}]`).toBeLessThan(within));
};

describe.each(engines)("on the engine %s", (_, createOne) => {
  it("clipping scales all gradients alike, down to the norm asked for, and never up", async () => {
    const engine = await createOne();
    const { step, values } = stepOn(engine);
    const before = values(step.parameters);
    step.run({ ...settings, learningRate: 0 });
    const gradients = values(step.gradients);
    const norm = Math.sqrt(gradients.reduce((sum, one) => sum + one ** 2, 0));
    expect(norm).toBeGreaterThan(0.1);
    for (const [clipNorm, scale] of [
      [norm / 4, 1 / 4],
      [norm * 4, 1],
    ] as const) {
      const { step: clipped, values: of } = stepOn(engine);
      clipped.run({ ...settings, clipNorm });
      expectAllClose(
        of(clipped.parameters),
        before.map((one, i) => one - 0.5 * scale * gradients[i]!),
      );
    }
    engine.close();
  });

  // At a decay of 0.9 the beginning counts: (1 + n) / (10 + n) is less than eight steps' worth, 0.9^8 = 0.43. At 0.7 it is not.
  it.each([
    [0.9, 2 / 11, 3 / 12],
    [0.7, 0.7 ** 8, 0.7 ** 8],
  ])(
    "weights are averaged every eight steps as by hand, at a decay of %d",
    async (averageDecay, first, second) => {
      const engine = await createOne();
      const { step, values } = stepOn(engine, { averageDecay });
      const weights = [values(step.parameters)];
      expect(values(step.averages)).toEqual(weights[0]);
      for (let at = 0; at < 17; at++) {
        step.run({ ...settings, step: at });
        weights.push(values(step.parameters));
        if (at === 6) expect(values(step.averages)).toEqual(weights[0]);
      }
      const mean = (decay: number, one: readonly number[], other: readonly number[]) =>
        one.map((value, i) => decay * value + (1 - decay) * other[i]!);
      expectAllClose(
        values(step.averages),
        mean(second, mean(first, weights[0]!, weights[8]!), weights[16]!),
      );
      engine.close();
    },
  );

  it("a smoothed loss is that of the label and, by the share, the mean over all classes", async () => {
    const engine = await createOne();
    const share = 0.25; // exact in float32
    const lossOf = (labels: number[], labelSmoothing: number) =>
      stepOn(engine, { labelSmoothing }, labels).step.run({ ...settings, learningRate: 0 }).loss;
    const all = [0, 1, 2].map((label) => lossOf([label, label], 0));
    const mean = all.reduce((sum, one) => sum + one, 0) / 3;
    expectAllClose([lossOf([2, 0], share)], [(1 - share) * lossOf([2, 0], 0) + share * mean]);
    engine.close();
  });
});

it("a smoothed loss has the gradient that central differences have, in float64", () => {
  const engine = createEngine(createReferenceBackend("float64"));
  const { step } = stepOn(engine, { labelSmoothing: 0.1 });
  const still = { ...settings, learningRate: 0 };
  step.run(still);
  const gradients = new Map([...step.gradients].map(([key, one]) => [key, engine.floats(one).slice()]));
  for (const [key, parameter] of step.parameters) {
    const values = engine.floats(parameter);
    for (const [i, value] of values.entries()) {
      const lossAt = (moved: number) => {
        values[i] = moved;
        return step.run(still).loss;
      };
      const difference = (lossAt(value + 1e-5) - lossAt(value - 1e-5)) / 2e-5;
      values[i] = value;
      expect(Math.abs(gradients.get(key)![i]! - difference), `${key}[${i}]`).toBeLessThan(1e-8);
    }
  }
});
