import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend, type WasmBackend } from "../../src/engine/wasmBackend.ts";
import { lenet, lenet5 } from "../../src/lenet.ts";
import { buildNetwork, fullName, type Network } from "../../src/nn/network.ts";
import { createPredictor } from "../../src/nn/predictor.ts";
import { variants, worstError } from "../engine/support.ts";
import { type Batch, gradientsOf } from "./oneStep.ts";
import { foldedNetworks, fusedNetworks, plainNetworks } from "./smallNetworks.ts";

const stageTypes = (network: Network) => network.stages.map(({ type }) => type);

/** The same network with every layer computed by itself. */
function unfused(network: Network): Network {
  return { ...network, stages: network.layers };
}

function randomBatch({ definition }: Network, count: number): Batch {
  const random = createRandom(11);
  const size = count * sizeOf(definition.input.shape);
  const pixels = Float32Array.from({ length: size }, () => random.normal());
  return { pixels, labels: Array.from({ length: count }, () => random.below(definition.classes.length)) };
}

/** The worst error of a gradient; one that is 0 but for rounding, as that of a bias before a normalisation, counts whole. */
function gradientError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(want, Math.abs));
  return largest < 1e-12 ? Math.max(...Array.from(got, Math.abs)) : worstError(got, want);
}

describe("stages", () => {
  it("of the shipped networks are fused where a pair allows it", () => {
    expect(stageTypes(buildNetwork(lenet))).toEqual([
      "conv2d and maxPool2d",
      "conv2d and maxPool2d",
      "flatten",
      "dense and dropout",
      "dense",
    ]);
    expect(stageTypes(buildNetwork(lenet5))).toEqual([
      "conv2d and maxPool2d",
      "conv2d and maxPool2d",
      "flatten",
      "dense",
      "dense",
      "dense",
    ]);
  });

  it.each(Object.entries(plainNetworks))("are the layers themselves: %s", (_name, definition) => {
    const network = buildNetwork(definition);
    expect(network.stages).toEqual(network.layers);
  });

  it.each(Object.entries({ ...fusedNetworks, ...foldedNetworks }))(
    "have the layers' parameters and shapes: %s",
    (_name, definition) => {
      const network = buildNetwork(definition);
      expect(network.stages.length).toBeLessThan(network.layers.length);
      expect(network.stages.flatMap(({ parameters }) => parameters)).toEqual(network.parameters);
      network.stages.forEach((stage, i) => {
        expect(stage.inputShape).toEqual(
          i === 0 ? definition.input.shape : network.stages[i - 1]?.outputShape,
        );
      });
      expect(network.stages.at(-1)?.outputShape).toEqual(network.layers.at(-1)?.outputShape);
    },
  );

  it.each(Object.entries({ ...fusedNetworks, ...foldedNetworks }))(
    "give what the layers give, in float64: %s",
    (_name, definition) => {
      const network = buildNetwork(definition);
      const batch = randomBatch(network, 5);
      const [together, apart] = [network, unfused(network)].map((one) =>
        gradientsOf(createEngine(createReferenceBackend("float64")), one, batch),
      );
      for (const [key, values] of apart ?? [])
        expect(gradientError(together?.get(key) ?? [], values), key).toBeLessThanOrEqual(1e-12);
    },
  );
});

it.each(Object.entries(foldedNetworks))(
  "a convolution with the normalisation in its weights predicts what both do: %s",
  (_name, definition) => {
    const network = buildNetwork(definition);
    const engine = createEngine(createReferenceBackend("float64"));
    const random = createRandom(3);
    const parameters = new Map(
      network.parameters.map((one) => {
        const values = engine.allocate(fullName(network, one), one.shape);
        const least = one.name.endsWith("variance") ? 0.1 : -0.5;
        engine.floats(values).set(Float64Array.from({ length: values.size }, () => least + random.uniform()));
        return [values.name, values];
      }),
    );
    const pixels = Uint8Array.from({ length: 4 * sizeOf(definition.input.shape) }, () => random.below(3));
    const predict = (one: Network) => createPredictor(engine, one, parameters).predict(pixels);
    const together = predict(network);
    expect(worstError(together, predict(unfused(network)))).toBeLessThanOrEqual(1e-6);
    expect(new Set(together).size, "images that all look alike would prove nothing").toBeGreaterThan(9);
  },
);

describe.each(variants)("%s", (variant) => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ variant });
  });
  afterAll(() => backend.close());

  it.each(Object.entries({ ...fusedNetworks, ...foldedNetworks, ...plainNetworks }))(
    "computes the gradients of the reference, in full and partly filled batches: %s",
    (_name, definition) => {
      const network = buildNetwork(definition);
      for (const [count, room] of [
        [9, 0],
        [4, 3],
        [1, 7],
      ] as const) {
        const batch = randomBatch(network, count);
        const want = gradientsOf(createEngine(createReferenceBackend("float64")), network, batch, { room });
        const engine = createEngine(backend);
        for (const one of [network, unfused(network)]) {
          for (const [key, values] of gradientsOf(engine, one, batch, { room }))
            expect(gradientError(values, want.get(key) ?? []), `${key} of ${count}`).toBeLessThanOrEqual(
              1e-4,
            );
        }
      }
    },
  );
});
