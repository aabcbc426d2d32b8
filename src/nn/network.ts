import { MnistError } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../engine/tensor.ts";
import { hasRectifiedInput, type LayerDefinition, type ModelDefinition } from "./definition.ts";
import { fuse } from "./fuse.ts";
import { batchNormalizationLayer } from "./layers/batchNormalization.ts";
import { conv2dLayer } from "./layers/conv2d.ts";
import { denseLayer } from "./layers/dense.ts";
import { dropoutLayer } from "./layers/dropout.ts";
import { flattenLayer } from "./layers/flatten.ts";
import type { Graph, Layer, Parameter, TrainingGraph } from "./layers/layer.ts";
import { pool2dLayer } from "./layers/pool2d.ts";

/** A definition with every shape worked out. */
export interface Network {
  readonly definition: ModelDefinition;
  /** As defined. */
  readonly layers: readonly Layer[];
  /** As computed: some layers in one with the next. */
  readonly stages: readonly Layer[];
  readonly parameters: readonly Parameter[];
}

function createLayer(layers: readonly LayerDefinition[], index: number, inputShape: Shape): Layer {
  const definition = layers[index]!;
  switch (definition.type) {
    case "conv2d":
      return conv2dLayer(definition, inputShape);
    case "dense":
      return denseLayer(definition, inputShape, { rectifiedInput: hasRectifiedInput(layers, index) });
    case "maxPool2d":
    case "avgPool2d":
      return pool2dLayer(definition, inputShape);
    case "flatten":
      return flattenLayer(definition, inputShape);
    case "dropout":
      return dropoutLayer(definition, inputShape, index);
    case "batchNormalization":
      return batchNormalizationLayer(definition, inputShape);
  }
}

/**
 * Works out every layer's shapes.
 *
 * @throws MnistError `BAD_MODEL` where layers do not fit each other or the last does not give one logit a class.
 */
export function buildNetwork(definition: ModelDefinition): Network {
  const layers: Layer[] = [];
  let shape: Shape = definition.input.shape;
  for (const index of definition.layers.keys()) {
    const layer = createLayer(definition.layers, index, shape);
    layers.push(layer);
    shape = layer.outputShape;
  }
  const classes = definition.classes.length;
  if (shape.length !== 1 || shape[0] !== classes) {
    throw new MnistError(
      "BAD_MODEL",
      `model ${definition.name}: the last layer gives ${formatShape(shape)}, expected ${classes}, one number for each class; end with a dense layer of ${classes} units`,
    );
  }
  return {
    definition,
    layers,
    stages: fuse(definition.layers, layers),
    parameters: layers.flatMap((layer) => layer.parameters),
  };
}

/** The name that a parameter has in checkpoints and summaries: `LeNet/conv1/weights`. */
export function fullName(network: Network, parameter: Parameter): string {
  return `${network.definition.name}/${parameter.name}`;
}

/** The number of trained numbers of a network or a layer. */
export function parameterCount({ parameters }: Pick<Layer, "parameters">): number {
  return parameters.reduce((sum, { shape, trainable }) => sum + (trainable ? sizeOf(shape) : 0), 0);
}

/** Adds the forward pass of `network` to `graph`; gives every stage's output, the last being the logits. */
export function forward(network: Network, graph: Graph, input: Tensor): readonly Tensor[] {
  const outputs: Tensor[] = [];
  let x = input;
  for (const stage of network.stages) {
    x = stage.forward(graph, x);
    outputs.push(x);
  }
  return outputs;
}

/** Adds the backward pass: from the gradient of the logits to the gradient of every parameter. */
export function backward(
  network: Network,
  graph: Graph & { readonly training: TrainingGraph },
  input: Tensor,
  outputs: readonly Tensor[],
  dlogits: Tensor,
): void {
  const firstTrained = network.stages.findIndex(({ parameters }) => parameters.some((one) => one.trainable));
  let dy = dlogits;
  for (let index = network.stages.length - 1; index >= firstTrained && index >= 0; index--) {
    const x = index === 0 ? input : outputs[index - 1]!;
    const step = { training: graph.training, x, y: outputs[index]!, dy, inputGradient: index > firstTrained };
    const dx = network.stages[index]!.backward(graph, step);
    if (dx) dy = dx;
  }
}
