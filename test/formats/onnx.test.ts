import { expect, test } from "vitest";
import { encodeOnnx, type OnnxGraph } from "../../src/formats/onnx.ts";
import { decodeOnnx } from "./onnxProtos.ts";

const graph: OnnxGraph = {
  name: "Tiny",
  description: "A graph",
  nodes: [
    { name: "a", opType: "Flatten", inputs: ["x"], output: "flat", attributes: { axis: 1 } },
    { name: "b", opType: "Gemm", inputs: ["flat", "w"], output: "y" },
    {
      name: "c",
      opType: "MaxPool",
      inputs: ["y"],
      output: "z",
      attributes: { kernel_shape: [2, 2], pads: [0, 0, 1, 1] },
    },
  ],
  initializers: [
    { name: "w", shape: [2, 1], data: Float32Array.of(1, -2) },
    { name: "s", shape: [], data: Float32Array.of(0.5) },
  ],
  inputs: [{ name: "x", shape: ["n", 1, 2], description: "two numbers" }],
  outputs: [{ name: "z", shape: ["n", 1] }],
  metadata: { classes: '["a"]' },
};

/** float32, little-endian, in base64: 1 is 0000803f, -2 is 000000c0, 0.5 is 0000003f. */
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

test("a graph is an ONNX ModelProto of opset 13 by the published field numbers", () => {
  expect(decodeOnnx(encodeOnnx(graph))).toEqual({
    irVersion: "7",
    producerName: "mnist-classification",
    opsetImport: [{ version: "13" }],
    metadataProps: [{ key: "classes", value: '["a"]' }],
    graph: {
      name: "Tiny",
      docString: "A graph",
      node: [
        {
          name: "a",
          opType: "Flatten",
          input: ["x"],
          output: ["flat"],
          attribute: [{ name: "axis", i: "1", type: 2 }],
        },
        { name: "b", opType: "Gemm", input: ["flat", "w"], output: ["y"] },
        {
          name: "c",
          opType: "MaxPool",
          input: ["y"],
          output: ["z"],
          attribute: [
            { name: "kernel_shape", ints: ["2", "2"], type: 7 },
            { name: "pads", ints: ["0", "0", "1", "1"], type: 7 },
          ],
        },
      ],
      initializer: [
        { name: "w", dims: ["2", "1"], dataType: 1, rawData: base64("0000803f000000c0") },
        { name: "s", dataType: 1, rawData: base64("0000003f") },
      ],
      input: [
        {
          name: "x",
          docString: "two numbers",
          type: {
            tensorType: {
              elemType: 1,
              shape: { dim: [{ dimParam: "n" }, { dimValue: "1" }, { dimValue: "2" }] },
            },
          },
        },
      ],
      output: [
        {
          name: "z",
          type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: "1" }] } } },
        },
      ],
    },
  });
});

test("an initializer whose numbers do not fit its shape is refused", () => {
  const initializers = [{ name: "w", shape: [3, 2], data: new Float32Array(5) }];
  expect(() => encodeOnnx({ ...graph, initializers })).toThrow(
    'onnx: initializer "w": shape [3,2] expects 6 numbers, found 5',
  );
});
