import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";
import { foldedNetworks, fusedNetworks, plainNetworks } from "./smallNetworks.ts";

/** At most so many elements of each parameter are moved, evenly spread. */
const MOVED = 80;

// Every layer and loss in networks small enough to move each weight, or most, by itself.
describe("gradients against central differences in float64", () => {
  for (const [name, definition] of Object.entries({
    ...fusedNetworks,
    ...foldedNetworks,
    ...plainNetworks,
  })) {
    for (const loss of ["softmaxCrossEntropy", "meanSquaredError"] as const) {
      it(`${name}, ${loss}`, () => {
        const engine = createEngine(createReferenceBackend("float64"));
        const batchSize = 3;
        const optimizer = { name: "sgd" } as const;
        const network = buildNetwork(definition);
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
        for (const key of step.gradients.keys()) {
          const values = engine.floats(step.parameters.get(key)!);
          for (let i = 0; i < values.length; i += Math.ceil(values.length / MOVED)) {
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
