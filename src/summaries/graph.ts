import type { Shape } from "../core/shape.ts";
import { encodeGraph, type GraphNode } from "../formats/graphDef.ts";
import type { LayerDefinition, Padding, Size2d } from "../nn/definition.ts";
import { batchNormalizationDefaults } from "../nn/layers/batchNormalization.ts";
import type { Layer } from "../nn/layers/layer.ts";
import { pair } from "../nn/layers/window.ts";
import type { Network } from "../nn/network.ts";
import type { TrainingConfig } from "../trainingConfig.ts";

/** What an operation is called in TensorFlow, and its attributes. */
type Operation = Pick<GraphNode, "op" | "attributes">;

const activationOps = { relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid" } as const;
const lossOps = {
  softmaxCrossEntropy: "SparseSoftmaxCrossEntropyWithLogits",
  meanSquaredError: "SquaredDifference",
} as const;

function sliding(strides: Size2d, padding: Padding = "valid"): GraphNode["attributes"] {
  return { strides: [1, ...pair(strides), 1], padding: padding.toUpperCase(), data_format: "NHWC" };
}

/** The operation that a layer is first of all. */
function mainOperation(definition: LayerDefinition): Operation {
  switch (definition.type) {
    case "conv2d":
      return { op: "Conv2D", attributes: { ...sliding(definition.strides ?? 1, definition.padding) } };
    case "dense":
      return { op: "MatMul", attributes: { transpose_b: true } };
    case "maxPool2d":
    case "avgPool2d":
      return {
        op: definition.type === "maxPool2d" ? "MaxPool" : "AvgPool",
        attributes: {
          ksize: [1, ...pair(definition.poolSize), 1],
          ...sliding(definition.strides ?? definition.poolSize, definition.padding),
        },
      };
    case "flatten":
      return { op: "Reshape" };
    case "dropout":
      return { op: "Dropout", attributes: { rate: definition.rate } };
    case "batchNormalization": {
      const { epsilon } = { ...batchNormalizationDefaults, ...definition };
      return { op: "FusedBatchNormV3", attributes: { epsilon } };
    }
  }
}

/** A layer's variables and operations, the last of which gives what it gives. */
function layerNodes(scope: string, layer: Layer, definition: LayerDefinition, input: string): GraphNode[] {
  const outputShape: Shape = [-1, ...layer.outputShape];
  const variables = layer.parameters.map(({ name, shape }) => ({
    ...{ name: `${scope}/${name}`, op: "VariableV2", inputs: [], outputShape: shape },
  }));
  const nodes: GraphNode[] = [...variables];
  let last = input;
  const add = ({ op, attributes }: Operation, inputs: readonly string[]): void => {
    const name = `${scope}/${layer.name}/${op}`;
    nodes.push({ name, op, inputs: [last, ...inputs], outputShape, ...(attributes && { attributes }) });
    last = name;
  };
  const names = variables.map(({ name }) => name);
  const hasBias = definition.type === "conv2d" || definition.type === "dense";
  add(mainOperation(definition), hasBias ? names.slice(0, 1) : names);
  if (hasBias && names[1] !== undefined) add({ op: "BiasAdd" }, [names[1]]);
  const { activation = "linear" } = "activation" in definition ? definition : {};
  if (activation !== "linear") add({ op: activationOps[activation] }, []);
  return nodes;
}

/** The network with its loss and optimizer, for the graphs dashboard: operations by TensorFlow's names, with shapes. */
export function graphOf(
  network: Network,
  { loss, optimizer }: Pick<TrainingConfig, "loss" | "optimizer">,
): Uint8Array {
  const { name: scope, input, classes } = network.definition;
  const nodes: GraphNode[] = [
    { name: "images", op: "Placeholder", inputs: [], outputShape: [-1, ...input.shape] },
    { name: "labels", op: "Placeholder", inputs: [], outputShape: [-1] },
  ];
  let logits = "images";
  network.layers.forEach((layer, i) => {
    nodes.push(...layerNodes(scope, layer, network.definition.layers[i]!, logits));
    logits = nodes.at(-1)!.name;
  });
  const lossName = `loss/${lossOps[loss]}`;
  nodes.push(
    {
      name: `${scope}/Predictions/Softmax`,
      op: "Softmax",
      inputs: [logits],
      outputShape: [-1, classes.length],
    },
    { name: lossName, op: lossOps[loss], inputs: [logits, "labels"], outputShape: [-1] },
    { name: "loss/Mean", op: "Mean", inputs: [lossName], outputShape: [] },
    { name: `train/${optimizer.name}`, op: "Optimizer", inputs: ["loss/Mean"], outputShape: [] },
  );
  return encodeGraph(nodes);
}
