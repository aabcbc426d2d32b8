import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import type { ModelDefinition } from "../../src/nn/definition.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { optimizerDefaults } from "../../src/nn/optimizers.ts";
import { createPredictor } from "../../src/nn/predictor.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";
import { variants, worstError } from "../engine/support.ts";
import { foldedNetworks, fusedNetworks } from "./smallNetworks.ts";

describe.each(["reference", ...variants] as const)("a predictor on %s", (variant) => {
  it.each(Object.entries({ ...fusedNetworks, ...foldedNetworks }))(
    "follows the parameters that a step trains: %s",
    async (_name, model) => {
      const network = buildNetwork(model);
      const engine = createEngine(
        variant === "reference" ? createReferenceBackend() : await createWasmBackend({ variant }),
      );
      const random = createRandom(5);
      const count = 6;
      const pixels = Uint8Array.from({ length: count * sizeOf(model.input.shape) }, () => random.below(3));
      const step = createTrainingStep(engine, network, {
        batchSize: count,
        optimizer: optimizerDefaults.sgd,
        loss: "softmaxCrossEntropy",
        seed: 9,
      });
      const predictor = createPredictor(engine, network, step.parameters);
      // Both plans, the one for an image alone too, must follow.
      const predict = () => [
        ...predictor.predict(pixels),
        ...predictor.predict(pixels.subarray(0, pixels.length / count)),
      ];
      const before = predict();
      engine.floats(step.images).set(pixels);
      engine.ints(step.labels).set([0, 1, 2, 2, 1, 0]);
      step.run({ count, step: 0, learningRate: 0.5, weightDecay: 0 });
      predictor.parametersChanged();
      const after = predict();
      expect(worstError(after, before)).toBeGreaterThan(0.01);

      const oracle = createEngine(createReferenceBackend("float64"));
      const parameters = new Map(
        [...step.parameters].map(([name, one]) => {
          const copy = oracle.allocate(name, one.shape);
          oracle.floats(copy).set(engine.floats(one));
          return [name, copy];
        }),
      );
      const want = createPredictor(oracle, network, parameters);
      expect(worstError(after.slice(0, count * 3), want.predict(pixels))).toBeLessThanOrEqual(1e-5);
      expect(worstError(after.slice(count * 3), after.slice(0, 3))).toBeLessThanOrEqual(1e-5);
      engine.close();
    },
  );
});

describe("a temperature", () => {
  const [model] = Object.values(fusedNetworks) as [ModelDefinition];
  const network = buildNetwork(model);
  const engine = createEngine(createReferenceBackend());
  const { parameters } = createTrainingStep(engine, network, {
    batchSize: 2,
    optimizer: optimizerDefaults.sgd,
    loss: "softmaxCrossEntropy",
    seed: 9,
  });
  const pixels = Uint8Array.from({ length: 3 * sizeOf(model.input.shape) }, (_, i) => (i * 37) % 5);

  it("divides the logits before the softmax", () => {
    const { logits, probabilities } = createPredictor(engine, network, parameters, {
      temperature: 2.5,
    }).outputs(pixels);
    expect(logits).toEqual(createPredictor(engine, network, parameters).outputs(pixels).logits);
    for (let row = 0; row < 9; row += 3) {
      const powers = [...logits.subarray(row, row + 3)].map((z) => Math.exp(z / 2.5));
      const sum = powers.reduce((a, b) => a + b);
      for (const [j, power] of powers.entries()) expect(probabilities[row + j]).toBeCloseTo(power / sum, 6);
    }
  });

  it("of 1 leaves every bit as it is without one", () => {
    const none = createPredictor(engine, network, parameters).predict(pixels);
    expect(createPredictor(engine, network, parameters, { temperature: 1 }).predict(pixels)).toEqual(none);
  });
});
