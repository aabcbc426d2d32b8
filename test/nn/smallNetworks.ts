import {
  avgPool2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type LayerDefinition,
  type ModelDefinition,
  maxPool2d,
} from "../../src/nn/definition.ts";

function network(
  layers: readonly LayerDefinition[],
  shape: ModelDefinition["input"]["shape"] = [5, 6, 2],
): ModelDefinition {
  return {
    name: "Small",
    input: { shape, scale: 1, offset: 0 },
    classes: ["a", "b", "c"],
    layers: [...layers, dense({ name: "out", units: 3 })],
  };
}

const f = flatten({ name: "f" });
const relu = { activation: "relu" } as const;
const same = { padding: "same" } as const;
const halve = maxPool2d({ name: "p", poolSize: 2 });

/** Networks with a pair of layers that is computed as one stage. */
export const fusedNetworks: Readonly<Record<string, ModelDefinition>> = {
  "conv relu same, max pool": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, ...relu }),
    halve,
    f,
  ]),
  "conv relu valid, max pool": network(
    [conv2d({ name: "c1", filters: 3, kernelSize: [2, 3], ...relu }), halve, f],
    [6, 9, 2],
  ),
  "conv linear without bias, max pool": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 2, ...same, useBias: false }),
    halve,
    f,
  ]),
  "two convs, each with a max pool": network(
    [
      conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, ...relu }),
      maxPool2d({ name: "p1", poolSize: 2 }),
      conv2d({ name: "c2", filters: 4, kernelSize: 2, ...relu }),
      maxPool2d({ name: "p2", poolSize: 2 }),
      f,
    ],
    [9, 11, 2],
  ),
  "conv 3x3 of 8 channels by 8 filters, max pool": network(
    [
      conv2d({ name: "c1", filters: 8, kernelSize: 2, activation: "tanh" }),
      conv2d({ name: "c2", filters: 8, kernelSize: 3, ...same, ...relu }),
      halve,
      f,
    ],
    [8, 10, 2],
  ),
  "conv 5x5 of 8 channels by 8 filters, max pool": network(
    [
      conv2d({ name: "c1", filters: 8, kernelSize: 3, ...same, ...relu }),
      maxPool2d({ name: "p1", poolSize: 2 }),
      conv2d({ name: "c2", filters: 8, kernelSize: 5, ...same, ...relu }),
      maxPool2d({ name: "p2", poolSize: 2 }),
      f,
    ],
    [12, 11, 1],
  ),
  "dense, dropout": network([
    f,
    dense({ name: "d1", units: 12, activation: "tanh" }),
    dropout({ name: "drop", rate: 0.4 }),
    dense({ name: "d2", units: 7, ...relu }),
    dropout({ name: "drop2", rate: 0.2 }),
  ]),
  "conv, max pool, dense, dropout": network(
    [
      conv2d({ name: "c1", filters: 4, kernelSize: 3, ...relu }),
      halve,
      f,
      dense({ name: "d1", units: 20, ...relu }),
      dropout({ name: "drop", rate: 0.5 }),
    ],
    [8, 9, 2],
  ),
};

/** Networks in which a convolution takes the normalisation after it into its weights where it predicts. */
export const foldedNetworks: Readonly<Record<string, ModelDefinition>> = {
  "conv, batch norm relu": network([
    conv2d({ name: "c1", filters: 5, kernelSize: 3, ...same, useBias: false }),
    batchNormalization({ name: "b1", ...relu }),
    f,
  ]),
  "conv with bias, batch norm tanh without scale, max pool": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 2 }),
    batchNormalization({ name: "b1", scale: false, epsilon: 0.1, activation: "tanh" }),
    halve,
    f,
  ]),
  "two convs, each with batch norm, max pool": network(
    [
      conv2d({ name: "c1", filters: 8, kernelSize: 3, useBias: false }),
      batchNormalization({ name: "b1", ...relu }),
      conv2d({ name: "c2", filters: 9, kernelSize: 3, ...same, useBias: false }),
      batchNormalization({ name: "b2", center: false, ...relu }),
      halve,
      f,
    ],
    [10, 8, 1],
  ),
};

/** Networks of which every layer is computed by itself. */
export const plainNetworks: Readonly<Record<string, ModelDefinition>> = {
  "dense tanh": network([f, dense({ name: "d1", units: 5, activation: "tanh" })]),
  "dense sigmoid": network([f, dense({ name: "d1", units: 5, activation: "sigmoid" })]),
  "dense relu": network([f, dense({ name: "d1", units: 9, ...relu })]),
  "dense without bias": network([f, dense({ name: "d1", units: 5, useBias: false })]),
  "conv same tanh": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, activation: "tanh" }),
    conv2d({ name: "c2", filters: 2, kernelSize: [3, 2], ...same, activation: "sigmoid" }),
    f,
  ]),
  "conv valid strides": network([
    conv2d({ name: "c1", filters: 3, kernelSize: [2, 3], strides: [2, 1] }),
    conv2d({ name: "c2", filters: 2, kernelSize: 2, strides: 2, ...same, activation: "tanh" }),
    f,
  ]),
  "conv tanh, max pool": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, activation: "tanh" }),
    halve,
    f,
  ]),
  "conv strides 2, max pool": network(
    [conv2d({ name: "c1", filters: 3, kernelSize: 3, strides: 2, ...same, ...relu }), halve, f],
    [9, 8, 2],
  ),
  "conv, max pool 3": network(
    [
      conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, ...relu }),
      maxPool2d({ name: "p", poolSize: 3 }),
      f,
    ],
    [7, 6, 2],
  ),
  "conv, max pool overlapping": network([
    conv2d({ name: "c1", filters: 2, kernelSize: 3, ...same, ...relu }),
    maxPool2d({ name: "p", poolSize: 2, strides: 1 }),
    f,
  ]),
  "conv, max pool of the border too": network([
    conv2d({ name: "c1", filters: 2, kernelSize: 3, ...same, ...relu }),
    maxPool2d({ name: "p", poolSize: 2, ...same }),
    f,
  ]),
  "conv tanh, max pool overlapping, same": network([
    conv2d({ name: "c1", filters: 2, kernelSize: 3, ...same, activation: "tanh" }),
    maxPool2d({ name: "p", poolSize: 3, strides: 2, ...same }),
    f,
  ]),
  "conv, average pool": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, ...relu }),
    avgPool2d({ name: "p", poolSize: 2 }),
    f,
  ]),
  "average pool of the border too": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 3, ...same, ...relu }),
    avgPool2d({ name: "p", poolSize: [2, 3], strides: 2, ...same }),
    f,
  ]),
  "max pool, conv": network([
    halve,
    conv2d({ name: "c1", filters: 3, kernelSize: 2, activation: "tanh" }),
    f,
  ]),
  "batch norm before all": network([batchNormalization({ name: "b1", momentum: 0.5 }), f]),
  "conv relu, max pool 3, batch norm": network(
    [
      conv2d({ name: "c1", filters: 5, kernelSize: 3, ...same, ...relu }),
      maxPool2d({ name: "p", poolSize: 3 }),
      batchNormalization({ name: "b1" }),
      f,
    ],
    [7, 6, 2],
  ),
  "dense, batch norm, dropout, batch norm": network([
    f,
    dense({ name: "d1", units: 9, useBias: false }),
    batchNormalization({ name: "b1", ...relu }),
    dropout({ name: "drop", rate: 0.3 }),
    dense({ name: "d2", units: 6, ...relu }),
    batchNormalization({ name: "b2", activation: "sigmoid" }),
  ]),
  "batch norm of the logits": {
    ...network([f]),
    layers: [f, dense({ name: "d1", units: 3 }), batchNormalization({ name: "b1" })],
  },
  "conv, dropout, dense": network([
    conv2d({ name: "c1", filters: 3, kernelSize: 2, activation: "tanh" }),
    dropout({ name: "drop", rate: 0.3 }),
    f,
  ]),
};
