import { type Checkpoint, checkTensors } from "./checkpoint.ts";
import { type Shape, sizeOf } from "./core/shape.ts";
import type { ActivationName } from "./engine/operations/activation.ts";
import type { Window } from "./engine/operations/window.ts";
import { encodeOnnx, type OnnxGraph, type OnnxInitializer, type OnnxNode } from "./formats/onnx.ts";
import type {
  BatchNormalizationDefinition,
  Conv2dDefinition,
  DenseDefinition,
  Pool2dDefinition,
} from "./nn/definition.ts";
import { batchNormalizationDefaults } from "./nn/layers/batchNormalization.ts";
import { slidingWindow } from "./nn/layers/window.ts";
import { buildNetwork, fullName } from "./nn/network.ts";

/** The names of the graph's input and outputs; layers' names have the model's and a slash before them. */
export const onnxNames = { images: "images", logits: "logits", probabilities: "probabilities" } as const;

const operators: Readonly<Record<Exclude<ActivationName, "linear">, string>> = {
  relu: "Relu",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
};

/**
 * A checkpoint as an ONNX model for prediction, in ONNX's NCHW: input `images` float32 [n, channels, height, width],
 * grey levels 0..255, which the graph itself scales as the checkpoint says; outputs `logits`, divided by the temperature
 * where the checkpoint has one, and `probabilities`, float32 [n, classes]. Dropout is left out; the names of the classes are in the metadata's `classes`, as JSON.
 *
 * @param name of the checkpoint, for messages.
 * @throws MnistError `BAD_CHECKPOINT` where tensors are missing or of other shapes, `BAD_MODEL`.
 */
export function exportOnnx(checkpoint: Checkpoint, name: string): Uint8Array {
  return encodeOnnx(onnxGraph(checkpoint, name));
}

function onnxGraph(checkpoint: Checkpoint, name: string): OnnxGraph {
  const { definition } = checkpoint;
  const network = buildNetwork(definition);
  const expected = new Map(network.parameters.map((one) => [fullName(network, one), one]));
  checkTensors(expected, checkpoint, name);

  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  let value: string = onnxNames.images;
  const add = (
    path: string,
    opType: string,
    constants: readonly OnnxInitializer[] = [],
    attributes: OnnxNode["attributes"] = {},
  ): void => {
    const node = `${definition.name}/${path}/${opType}`;
    initializers.push(...constants);
    nodes.push({
      name: node,
      opType,
      inputs: [value, ...constants.map((one) => one.name)],
      output: node,
      attributes,
    });
    value = node;
  };
  const addActivation = (path: string, activation: ActivationName = "linear"): void => {
    if (activation !== "linear") add(path, operators[activation]);
  };
  /** The layer's weights, rearranged, and its biases where it has them. */
  const parametersOf = (
    layer: Conv2dDefinition | DenseDefinition,
    arrange: (data: Float32Array) => Float32Array,
    shape: Shape,
  ): OnnxInitializer[] =>
    ["weights", "biases"].flatMap((kind) => {
      const key = `${definition.name}/${layer.name}/${kind}`;
      const found = expected.has(key) ? checkpoint.tensors.get(key) : undefined;
      if (!(found?.data instanceof Float32Array)) return []; // biases that the layer does without
      const { data } = found;
      return kind === "weights"
        ? [{ name: key, shape, data: arrange(data) }]
        : [{ name: key, shape: found.shape, data }];
    });

  /** Scale, shift, mean and variance, each rearranged as its channels; what the layer does without is written out. */
  const normalizationOf = (
    layer: BatchNormalizationDefinition,
    channels: number,
    arrange: (data: Float32Array) => Float32Array,
  ): OnnxInitializer[] =>
    ["gamma", "beta", "moving_mean", "moving_variance"].map((kind) => {
      const key = `${definition.name}/${layer.name}/${kind}`;
      const found = expected.has(key) ? checkpoint.tensors.get(key)?.data : undefined;
      const data =
        found instanceof Float32Array ? found : new Float32Array(channels).fill(kind === "gamma" ? 1 : 0);
      return { name: key, shape: [channels], data: arrange(data) };
    });

  const { scale, offset, shape: inputShape } = definition.input;
  add("input", "Mul", [scalar(`${definition.name}/input/scale`, scale)]);
  add("input", "Add", [scalar(`${definition.name}/input/offset`, offset)]);
  /** The images that the last flatten laid out channel by channel, where our weights expect pixel by pixel. */
  let flattened: Shape | undefined;
  definition.layers.forEach((layer, index) => {
    const shape = network.layers[index]?.inputShape ?? [];
    switch (layer.type) {
      case "conv2d": {
        const window = slidingWindow(
          layer.name,
          shape,
          layer.kernelSize,
          layer.strides ?? 1,
          layer.padding ?? "valid",
        );
        const { kernelHeight, kernelWidth, channels } = window;
        const from = [kernelHeight, kernelWidth, channels, layer.filters];
        const oihw = (data: Float32Array) => transposed(data, from, [3, 2, 0, 1]);
        const parameters = parametersOf(layer, oihw, [layer.filters, channels, kernelHeight, kernelWidth]);
        add(layer.name, "Conv", parameters, windowAttributes(window));
        addActivation(layer.name, layer.activation);
        break;
      }
      case "dense": {
        const images = flattened;
        const inputs = shape[0] ?? 0;
        const arrange = (data: Float32Array) =>
          images ? transposed(data, [layer.units, ...images], [0, 3, 1, 2]) : data;
        add(layer.name, "Gemm", parametersOf(layer, arrange, [layer.units, inputs]), { transB: 1 });
        addActivation(layer.name, layer.activation);
        flattened = undefined;
        break;
      }
      case "maxPool2d":
        add(layer.name, "MaxPool", [], poolAttributes(layer, shape));
        break;
      case "avgPool2d":
        add(layer.name, "AveragePool", [], { ...poolAttributes(layer, shape), count_include_pad: 0 });
        break;
      case "flatten":
        if (shape.length !== 3) break;
        // Where a dense layer follows, its inputs are put into ONNX's order instead, which costs nothing to run.
        if (definition.layers.slice(index).some(({ type }) => type === "dense")) flattened = shape;
        else add(layer.name, "Transpose", [], { perm: [0, 2, 3, 1] });
        add(layer.name, "Flatten", [], { axis: 1 });
        break;
      case "dropout":
        break;
      case "batchNormalization": {
        const images = flattened;
        const arrange = (data: Float32Array) =>
          images ? transposed(data, [1, ...images], [0, 3, 1, 2]) : data;
        const { epsilon } = { ...batchNormalizationDefaults, ...layer };
        const constants = normalizationOf(layer, shape.at(-1) ?? 0, arrange);
        add(layer.name, "BatchNormalization", constants, { epsilon: { float: epsilon } });
        addActivation(layer.name, layer.activation);
        break;
      }
    }
  });
  if (checkpoint.calibration) {
    const { temperature } = checkpoint.calibration;
    add("calibration", "Div", [scalar(`${definition.name}/calibration/temperature`, temperature)]);
  }
  nameLast(nodes, onnxNames.logits);
  nodes.push({
    name: `${definition.name}/Softmax`,
    opType: "Softmax",
    inputs: [onnxNames.logits],
    output: onnxNames.probabilities,
    attributes: { axis: 1 },
  });
  const [height, width, channels] = inputShape;
  const classes = definition.classes.length;
  return {
    name: definition.name,
    description: "Reads handwritten digits; made from a checkpoint by mnist export.",
    nodes,
    initializers,
    inputs: [
      {
        name: onnxNames.images,
        shape: ["n", channels, height, width],
        description: "Grey levels 0..255, light digits on dark; the graph scales them.",
      },
    ],
    outputs: [
      { name: onnxNames.logits, shape: ["n", classes] },
      { name: onnxNames.probabilities, shape: ["n", classes] },
    ],
    metadata: { classes: JSON.stringify(definition.classes) },
  };
}

function scalar(name: string, value: number): OnnxInitializer {
  return { name, shape: [], data: Float32Array.of(value) };
}

function nameLast(nodes: OnnxNode[], output: string): void {
  const last = nodes.pop();
  if (last) nodes.push({ ...last, output });
}

function poolAttributes(layer: Pool2dDefinition, shape: Shape): OnnxNode["attributes"] {
  const { name, poolSize, strides = poolSize, padding = "valid" } = layer;
  return windowAttributes(slidingWindow(name, shape, poolSize, strides, padding));
}

/** TensorFlow's SAME as explicit padding: top, left, bottom, right. */
function windowAttributes(window: Window): Readonly<Record<string, readonly number[]>> {
  const after = (output: number, stride: number, kernel: number, input: number, before: number) =>
    Math.max(0, (output - 1) * stride + kernel - input - before);
  const { height, width, kernelHeight, kernelWidth, strideHeight, strideWidth } = window;
  const { paddingTop, paddingLeft, outputHeight, outputWidth } = window;
  return {
    kernel_shape: [kernelHeight, kernelWidth],
    strides: [strideHeight, strideWidth],
    pads: [
      paddingTop,
      paddingLeft,
      after(outputHeight, strideHeight, kernelHeight, height, paddingTop),
      after(outputWidth, strideWidth, kernelWidth, width, paddingLeft),
    ],
  };
}

/** `data` of four axes `shape`, with axis `axes[i]` of the old as axis i of the new. */
function transposed(data: Float32Array, shape: Shape, axes: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const stride = (axis: number) => sizeOf(shape.slice(axis + 1));
  const [a, b, c, d] = axes.map((axis) => ({ length: shape[axis] ?? 1, stride: stride(axis) }));
  if (!a || !b || !c || !d) return result;
  let at = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        const start = i * a.stride + j * b.stride + k * c.stride;
        for (let l = 0; l < d.length; l++) result[at++] = data[start + l * d.stride]!;
      }
    }
  }
  return result;
}
