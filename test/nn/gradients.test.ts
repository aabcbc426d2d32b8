import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import {
  avgPool2d,
  conv2d,
  dense,
  dropout,
  flatten,
  type LayerDefinition,
  type ModelDefinition,
  maxPool2d,
} from "../../src/nn/definition.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";

/** Every layer and loss in networks small enough to move each weight by itself. */
const networks: Readonly<Record<string, readonly LayerDefinition[]>> = {
  "dense tanh": [flatten({ name: "f" }), dense({ name: "d1", units: 5, activation: "tanh" })],
  "dense sigmoid": [flatten({ name: "f" }), dense({ name: "d1", units: 5, activation: "sigmoid" })],
  "dense relu": [flatten({ name: "f" }), dense({ name: "d1", units: 9, activation: "relu" })],
  "dense without bias": [flatten({ name: "f" }), dense({ name: "d1", units: 5, useBias: false })],
  "conv same tanh": [
    conv2d({ name: "c1", filters: 3, kernelSize: 3, padding: "same", activation: "tanh" }),
    conv2d({ name: "c2", filters: 2, kernelSize: [3, 2], padding: "same", activation: "sigmoid" }),
    flatten({ name: "f" }),
  ],
  "conv valid strides": [
    conv2d({ name: "c1", filters: 3, kernelSize: [2, 3], strides: [2, 1] }),
    conv2d({ name: "c2", filters: 2, kernelSize: 2, strides: 2, padding: "same", activation: "tanh" }),
    flatten({ name: "f" }),
  ],
  "max pool": [
    conv2d({ name: "c1", filters: 3, kernelSize: 3, padding: "same", activation: "relu" }),
    maxPool2d({ name: "p", poolSize: 2 }),
    flatten({ name: "f" }),
  ],
  "max pool overlapping, same": [
    conv2d({ name: "c1", filters: 2, kernelSize: 3, padding: "same", activation: "tanh" }),
    maxPool2d({ name: "p", poolSize: 3, strides: 2, padding: "same" }),
    flatten({ name: "f" }),
  ],
  "average pool": [
    conv2d({ name: "c1", filters: 3, kernelSize: 3, padding: "same", activation: "relu" }),
    avgPool2d({ name: "p", poolSize: [2, 3], strides: 2, padding: "same" }),
    flatten({ name: "f" }),
  ],
  dropout: [
    flatten({ name: "f" }),
    dense({ name: "d1", units: 12, activation: "tanh" }),
    dropout({ name: "drop", rate: 0.4 }),
    dense({ name: "d2", units: 7, activation: "tanh" }),
  ],
};

function definitionOf(layers: readonly LayerDefinition[]): ModelDefinition {
  return {
    name: "Small",
    input: { shape: [5, 6, 2], scale: 1, offset: 0 },
    classes: ["a", "b", "c"],
    layers: [...layers, dense({ name: "out", units: 3 })],
  };
}

describe("gradients against central differences in float64", () => {
  for (const [name, layers] of Object.entries(networks)) {
    for (const loss of ["softmaxCrossEntropy", "meanSquaredError"] as const) {
      it(`${name}, ${loss}`, () => {
        const engine = createEngine(createReferenceBackend("float64"));
        const batchSize = 3;
        const optimizer = { name: "sgd" } as const;
        const network = buildNetwork(definitionOf(layers));
        const step = createTrainingStep(engine, network, { batchSize, optimizer, loss, seed: 7 });
        const random = createRandom(11);
        const images = engine.floats(step.images);
        for (let i = 0; i < images.length; i++) images[i] = random.normal();
        engine.ints(step.labels).set([2, 0, 1]);
        for (const [, parameter] of step.parameters) {
          const values = engine.floats(parameter);
          for (let i = 0; i < values.length; i++) values[i]! += 0.1 * random.normal();
        }
        // A rate of 0 leaves the weights as they are, so that only gradients come of a step.
        const settings = { count: batchSize, step: 3, learningRate: 0, weightDecay: 0 };
        step.run(settings);
        const gradients = new Map([...step.gradients].map(([key, one]) => [key, engine.floats(one).slice()]));
        const width = 1e-5;
        let largest = 0;
        for (const [key, parameter] of step.parameters) {
          const values = engine.floats(parameter);
          for (let i = 0; i < values.length; i++) {
            const value = values[i]!;
            values[i] = value + width;
            const above = step.run(settings).loss;
            values[i] = value - width;
            const below = step.run(settings).loss;
            values[i] = value;
            const difference = (above - below) / (2 * width);
            const gradient = gradients.get(key)![i]!;
            largest = Math.max(largest, Math.abs(gradient));
            expect(Math.abs(gradient - difference), `${key}[${i}]`).toBeLessThan(
              1e-8 + 1e-6 * Math.abs(difference),
            );
          }
        }
        expect(largest, "gradients that are all zero would prove nothing").toBeGreaterThan(1e-3);
      });
    }
  }
});
