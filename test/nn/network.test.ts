import { describe, expect, it } from "vitest";
import { lenet, lenet5 } from "../../src/lenet.ts";
import { dense, flatten, type ModelDefinition, parseDefinition } from "../../src/nn/definition.ts";
import { buildNetwork, parameterCount } from "../../src/nn/network.ts";
import { summarizeModel } from "../../src/nn/summary.ts";

/** `base` after a trip through JSON, with one place changed. */
function changed(
  change: (copy: Record<string, never> & { layers: Record<string, unknown>[] }) => void,
): unknown {
  const copy = JSON.parse(JSON.stringify(lenet));
  change(copy);
  return copy;
}

describe("the shipped definitions", () => {
  it("lenet has TF-slim's shapes and 3,274,634 parameters", () => {
    const network = buildNetwork(lenet);
    expect(parameterCount(network)).toBe(3_274_634);
    expect(network.layers.map(({ name, outputShape }) => [name, outputShape])).toEqual([
      ["conv1", [28, 28, 32]],
      ["pool1", [14, 14, 32]],
      ["conv2", [14, 14, 64]],
      ["pool2", [7, 7, 64]],
      ["Flatten", [3136]],
      ["fc3", [1024]],
      ["dropout3", [1024]],
      ["fc4", [10]],
    ]);
  });

  it("lenet5 has the paper's shapes and 61,706 parameters", () => {
    const network = buildNetwork(lenet5);
    expect(parameterCount(network)).toBe(61_706);
    expect(network.layers.map(({ name, outputShape }) => [name, outputShape])).toEqual([
      ["C1", [28, 28, 6]],
      ["S2", [14, 14, 6]],
      ["C3", [10, 10, 16]],
      ["S4", [5, 5, 16]],
      ["Flatten", [400]],
      ["C5", [120]],
      ["F6", [84]],
      ["Output", [10]],
    ]);
  });

  it("lenet5's table has the sums that a hand works out", () => {
    const { layers, ...totals } = summarizeModel(buildNetwork(lenet5));
    expect(layers.map(({ name, parameters, multiplyAdds }) => [name, parameters, multiplyAdds])).toEqual([
      ["C1", 5 * 5 * 6 + 6, 28 * 28 * 6 * 25],
      ["S2", 0, 0],
      ["C3", 5 * 5 * 6 * 16 + 16, 10 * 10 * 16 * 25 * 6],
      ["S4", 0, 0],
      ["Flatten", 0, 0],
      ["C5", 400 * 120 + 120, 400 * 120],
      ["F6", 120 * 84 + 84, 120 * 84],
      ["Output", 84 * 10 + 10, 84 * 10],
    ]);
    expect(layers[2]).toMatchObject({ type: "conv2d", outputShape: [10, 10, 16] });
    expect(totals).toEqual({
      name: "LeNet5",
      inputShape: [28, 28, 1],
      parameters: 61_706,
      multiplyAdds: 117_600 + 240_000 + 48_000 + 10_080 + 840,
    });
  });

  it("survive JSON", () => {
    expect(parseDefinition(JSON.parse(JSON.stringify(lenet)), "lenet.json")).toEqual(lenet);
  });
});

describe("a definition that is none is refused in one sentence", () => {
  it.each<[string, unknown, string]>([
    ["no object", 7, "mine.json: expected an object, found 7"],
    ["no layers", { ...lenet, layers: [] }, "mine.json: layers must be a list of layers, found []"],
    [
      "unknown layer",
      changed((copy) => {
        copy.layers[0]!.type = "conv3d";
      }),
      'mine.json: layer 1: type must be one of conv2d, dense, maxPool2d, avgPool2d, flatten, dropout, batchNormalization, found "conv3d"',
    ],
    [
      "bad number",
      changed((copy) => {
        copy.layers[2]!.filters = -3;
      }),
      "mine.json: layer 3 (conv2): filters must be a whole number above 0, found -3",
    ],
    [
      "missing option",
      changed((copy) => {
        delete copy.layers[0]!.kernelSize;
      }),
      "mine.json: layer 1 (conv1): kernelSize must be a whole number above 0 or two of them, [height, width], found nothing",
    ],
    [
      "misspelt option",
      changed((copy) => {
        copy.layers[0]!.stride = 2;
      }),
      "mine.json: layer 1 (conv1): there is no option stride; the options are type, name, filters, kernelSize, strides, padding, activation, useBias, kernelInitializer, biasInitializer",
    ],
    [
      "a name twice",
      changed((copy) => {
        copy.layers[2]!.name = "conv1";
      }),
      "mine.json: layer 3: the name conv1 is taken; names are unique",
    ],
    [
      "dropout of everything",
      changed((copy) => {
        copy.layers[6]!.rate = 1;
      }),
      "mine.json: layer 7 (dropout3): rate must be a number from 0 to below 1, found 1",
    ],
    [
      "normalisation by a variance of nothing",
      changed((copy) => {
        copy.layers[6] = { type: "batchNormalization", name: "norm", epsilon: 0 };
      }),
      "mine.json: layer 7 (norm): epsilon must be a number above 0, found 0",
    ],
  ])("%s", (_what, value, message) => {
    expect(() => parseDefinition(value, "mine.json")).toThrow(
      expect.objectContaining({ code: "BAD_MODEL", message }),
    );
  });
});

describe("layers that do not fit each other", () => {
  const withLayers = (layers: ModelDefinition["layers"]): ModelDefinition => ({ ...lenet, layers });

  it("dense on images", () => {
    expect(() => buildNetwork(withLayers([dense({ name: "d", units: 10 })]))).toThrow(
      "layer d: a dense layer takes vectors, but is given 28x28x1; put a flatten layer before it",
    );
  });

  it("a window larger than its image", () => {
    expect(() =>
      buildNetwork(withLayers([{ type: "conv2d", name: "c", filters: 1, kernelSize: 29 }])),
    ).toThrow(
      'layer c: a 29x29 window does not fit into images of 28x28x1; use padding: "same" or a smaller one',
    );
  });

  it("pooling vectors", () => {
    expect(() =>
      buildNetwork(withLayers([flatten({ name: "f" }), { type: "maxPool2d", name: "p", poolSize: 2 }])),
    ).toThrow("layer p: expected images, height x width x channels, but is given 784");
  });

  it("as many logits as classes", () => {
    expect(() => buildNetwork(withLayers([flatten({ name: "f" }), dense({ name: "d", units: 9 })]))).toThrow(
      "model LeNet: the last layer gives 9, expected 10, one number for each class; end with a dense layer of 10 units",
    );
  });
});
