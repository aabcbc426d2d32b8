import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, loadParameters } from "../src/checkpoint.ts";
import { createEngine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import { exportOnnx } from "../src/export.ts";
import { buildNetwork } from "../src/nn/network.ts";
import { createPredictor } from "../src/nn/predictor.ts";
import { decodeOnnx } from "./formats/onnxProtos.ts";

/** What onnxruntime answered; `bench/export-vectors.mjs` made the files. */
interface Vectors {
  readonly onnxSha256: string;
  readonly images: readonly number[];
  readonly probabilities: readonly number[];
}

const file = (name: string) => readFileSync(new URL(`export/${name}`, import.meta.url));
const checkpointOf = (name: string) => decodeCheckpoint(file(`${name}.safetensors`), name);

interface Decoded {
  readonly graph: {
    readonly node: readonly {
      readonly name: string;
      readonly opType: string;
      readonly input: readonly string[];
      readonly output: readonly string[];
      readonly attribute?: readonly {
        readonly name: string;
        readonly ints?: readonly string[];
        readonly i?: string;
      }[];
    }[];
    readonly initializer: readonly {
      readonly name: string;
      readonly dims?: readonly string[];
      readonly rawData: string;
    }[];
  };
}

const exported = (name: string) => exportOnnx(checkpointOf(name), name);
const decoded = (name: string) => decodeOnnx(exported(name)) as unknown as Decoded;

describe.each(["layers", "normalized", "convolutional", "calibrated"])("the network %s", (name) => {
  const vectors = JSON.parse(file(`${name}.json`).toString()) as Vectors;

  test("exports to the very bytes that onnxruntime ran", () => {
    const sha256 = createHash("sha256").update(exported(name)).digest("hex");
    expect(sha256, "run bench/export-vectors.mjs where the export was changed").toBe(vectors.onnxSha256);
  });

  test("gives the probabilities that onnxruntime gave", () => {
    const checkpoint = checkpointOf(name);
    const engine = createEngine(createReferenceBackend());
    const network = buildNetwork(checkpoint.definition);
    const parameters = loadParameters(engine, network, checkpoint, name);
    const predictor = createPredictor(engine, network, parameters, checkpoint.calibration);
    const found = predictor.predict(Uint8Array.from(vectors.images));
    expect(found).toHaveLength(vectors.probabilities.length);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(vectors.probabilities[i] ?? Number.NaN, 6);
    });
  });
});

test("the graph is a chain from images to probabilities, without dropout", () => {
  const { node } = decoded("layers").graph;
  expect(node.map(({ opType }) => opType)).toEqual([
    ...["Mul", "Add", "Conv", "AveragePool", "Conv", "Tanh", "MaxPool", "Conv", "Relu"],
    ...["Flatten", "Gemm", "Sigmoid", "Gemm", "Softmax"],
  ]);
  node.forEach(({ input }, i) => {
    expect(input[0]).toBe(i === 0 ? "images" : node[i - 1]?.output[0]);
  });
  expect(node.at(-2)?.output).toEqual(["logits"]);
  expect(node.at(-1)?.output).toEqual(["probabilities"]);
});

test("a calibrated network's logits are those that the probabilities are made of", () => {
  const { node, initializer } = decoded("calibrated").graph;
  expect(node.map(({ opType }) => opType)).toEqual(["Mul", "Add", "Flatten", "Gemm", "Div", "Softmax"]);
  expect(node.at(-2)?.output).toEqual(["logits"]);
  const temperature = initializer.find(({ name }) => name === "Calibrated/calibration/temperature");
  expect(Buffer.from(temperature?.rawData ?? "", "base64").readFloatLE()).toBe(1.75);
});

test("SAME becomes explicit padding, the odd pixel after the image", () => {
  const attributes = decoded("layers").graph.node[2]?.attribute ?? [];
  // 9 rows by stride 2 with a kernel of 4 are 5 rows: (5 - 1) 2 + 4 - 9 = 3 of padding, 1 before and 2 after.
  // 7 columns by stride 1 with a kernel of 3 stay 7: 2 of padding, 1 on each side.
  expect(Object.fromEntries(attributes.map((one) => [one.name, one.ints]))).toEqual({
    kernel_shape: ["4", "3"],
    strides: ["2", "1"],
    pads: ["1", "1", "2", "1"],
  });
});

test("convolution weights are in ONNX's order, filters first, then channels", () => {
  const [weights] = decoded("convolutional").graph.initializer.filter((one) =>
    one.name.endsWith("c1/weights"),
  );
  expect(weights?.dims).toEqual(["3", "1", "3", "3"]);
  const ours = checkpointOf("convolutional").tensors.get("Convolutional/c1/weights")?.data; // [3, 3, 1, 3]
  const bytes = Buffer.from(weights?.rawData ?? "", "base64");
  const theirs = Array.from({ length: 27 }, (_, i) => bytes.readFloatLE(i * 4));
  // Filter 2 at row 1, column 0: ours [1][0][0][2], theirs [2][0][1][0].
  expect(theirs[2 * 9 + 1 * 3 + 0]).toBe(ours?.[(1 * 3 + 0) * 3 + 2]);
});

test("a network that ends with a flatten keeps the order of its logits", () => {
  const { node } = decoded("convolutional").graph;
  expect(node.map(({ opType }) => opType)).toEqual([
    ...["Mul", "Add", "Conv", "MaxPool", "Transpose", "Flatten", "Softmax"],
  ]);
});

test("a checkpoint without a tensor of its network is refused", () => {
  const checkpoint = checkpointOf("layers");
  const tensors = new Map(checkpoint.tensors);
  tensors.delete("Layers/d1/biases");
  expect(() => exportOnnx({ ...checkpoint, tensors }, "layers.safetensors")).toThrow(
    "layers.safetensors: the checkpoint does not fit the model: Layers/d1/biases (8) is missing",
  );
});
