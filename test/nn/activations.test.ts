import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { createActivationProbe } from "../../src/nn/activations.ts";
import { conv2d, dense, dropout, flatten, type ModelDefinition, maxPool2d } from "../../src/nn/definition.ts";
import { buildNetwork, type Network } from "../../src/nn/network.ts";
import { optimizerDefaults } from "../../src/nn/optimizers.ts";
import { createTrainingStep, type TrainingStep } from "../../src/nn/trainingStep.ts";
import { variants, worstError } from "../engine/support.ts";
import { stageOutputs } from "./oneStep.ts";
import { fusedNetworks, plainNetworks } from "./smallNetworks.ts";

const engineOf = async (variant: "reference" | (typeof variants)[number]) =>
  createEngine(variant === "reference" ? createReferenceBackend() : await createWasmBackend({ variant }));

function trainingStepOf(engine: Engine, network: Network, batchSize: number): TrainingStep {
  const optimizer = optimizerDefaults.sgd;
  return createTrainingStep(engine, network, { batchSize, optimizer, loss: "softmaxCrossEntropy", seed: 3 });
}

/** What the layers give one by one on the naive float64 kernels, with `step`'s weights; by name. */
function naiveOutputs(engine: Engine, network: Network, step: TrainingStep, pixels: Float32Array) {
  const oracle = createEngine(createReferenceBackend("float64"));
  const parameters = new Map(
    [...step.parameters].map(([name, one]) => {
      const copy = oracle.allocate(name, one.shape);
      oracle.floats(copy).set(engine.floats(one));
      return [name, copy];
    }),
  );
  const labels = new Uint8Array(pixels.length / sizeOf(network.definition.input.shape));
  return stageOutputs(oracle, { ...network, stages: network.layers }, parameters, { pixels, labels });
}

describe.each(["reference", ...variants] as const)("an activation probe on %s", (variant) => {
  it.each(Object.entries({ ...fusedNetworks, ...plainNetworks }))(
    "keeps what each layer gives, before and after a step: %s",
    async (_name, definition) => {
      const network = buildNetwork(definition);
      const engine = await engineOf(variant);
      const [batchSize, count] = [7, 5];
      const step = trainingStepOf(engine, network, batchSize);
      const probe = createActivationProbe(engine, network, step.parameters, {
        images: step.images,
        batchSize,
      });
      const random = createRandom(4);
      const pixels = Float32Array.from({ length: count * sizeOf(definition.input.shape) }, () =>
        random.normal(),
      );
      engine.floats(step.images).set(pixels);
      engine.ints(step.labels).set([0, 1, 2, 2, 1]);
      expect([...probe.outputs.keys()]).toEqual(definition.layers.map(({ name }) => name));
      for (const learningRate of [0.5, 0]) {
        probe.run(count);
        const want = naiveOutputs(engine, network, step, pixels);
        for (const { name, outputShape } of network.layers) {
          const output = probe.outputs.get(name)!;
          expect(output.shape).toEqual([batchSize, ...outputShape]);
          const got = engine.floats(output).slice(0, count * sizeOf(outputShape));
          expect(worstError(got, want.get(name) ?? []), name).toBeLessThanOrEqual(1e-5);
        }
        step.run({ count, step: 0, learningRate, weightDecay: 0 });
      }
      engine.close();
    },
  );

  it("gives numbers that can be worked out by hand, without dropout", async () => {
    const definition: ModelDefinition = {
      name: "Hand",
      input: { shape: [2, 2, 1], scale: 1, offset: 0 },
      classes: ["a", "b"],
      layers: [
        conv2d({ name: "c", filters: 1, kernelSize: 1, activation: "relu" }),
        dropout({ name: "drop", rate: 0.9 }),
        maxPool2d({ name: "p", poolSize: [1, 2] }),
        flatten({ name: "f" }),
        dense({ name: "d", units: 2 }),
      ],
    };
    const network = buildNetwork(definition);
    const engine = await engineOf(variant);
    const step = trainingStepOf(engine, network, 1);
    const set = (name: string, values: readonly number[]) =>
      engine.floats(step.parameters.get(`Hand/${name}`)!).set(values);
    set("c/weights", [2]);
    set("c/biases", [-1]);
    set("d/weights", [1, 10, 100, 1000]);
    set("d/biases", [0.5, 0]);
    const probe = createActivationProbe(engine, network, step.parameters, {
      images: step.images,
      batchSize: 1,
    });
    engine.floats(step.images).set([1, 0, -3, 2]);
    probe.run(1);
    const values = Object.fromEntries(
      [...probe.outputs].map(([name, one]) => [name, [...engine.floats(one)]]),
    );
    expect(values).toEqual({
      c: [1, 0, 0, 3],
      drop: [1, 0, 0, 3],
      p: [1, 3],
      f: [1, 3],
      d: [31.5, 3100],
    });
    engine.close();
  });
});
