import { sizeOf } from "../../core/shape.ts";
import { foldBatchNorm } from "../../engine/operations/batchNorm.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { BatchNormalizationDefinition, Conv2dDefinition, Pool2dDefinition } from "../definition.ts";
import {
  batchNormalizationDefaults,
  batchNormalizationParameters,
  batchNormalizationTensors,
} from "./batchNormalization.ts";
import { conv2dLayer, conv2dParameters } from "./conv2d.ts";
import { convMaxPoolLayer } from "./convMaxPool.ts";
import type { Graph, Layer } from "./layer.ts";

/** `layers` one after the other, as one; in training only. */
function sequence(layers: readonly Layer[]): Pick<Layer, "forward" | "backward"> {
  // From the forward to the backward pass of the same graph.
  const outputs = new WeakMap<object, readonly Tensor[]>();
  return {
    forward(graph, x) {
      const all: Tensor[] = [];
      for (const layer of layers) all.push(layer.forward(graph, all.at(-1) ?? x));
      outputs.set(graph, all);
      return all.at(-1)!;
    },
    backward(graph, step) {
      const all = outputs.get(graph)!;
      let { dy } = step;
      for (let i = layers.length - 1; i >= 0; i--) {
        const x = all[i - 1] ?? step.x;
        const inputGradient = i > 0 || step.inputGradient;
        const dx = layers[i]!.backward(graph, { ...step, x, y: all[i]!, dy, inputGradient });
        if (!dx) return undefined;
        dy = dx;
      }
      return dy;
    },
  };
}

/**
 * A linear convolution, the normalisation after it and the pooling after that, if any: layer by layer in training, and
 * where it predicts a convolution alone, whose weights and biases do the normalisation too. Nothing where an activation
 * stands between.
 *
 * @param layers the two or three by themselves.
 */
export function convBatchNormalizationLayer(
  convolution: Conv2dDefinition,
  normalization: BatchNormalizationDefinition,
  pooling: Pool2dDefinition | undefined,
  layers: readonly Layer[],
): { readonly layer: Layer; readonly count: number } | undefined {
  const [first, second] = layers;
  if (!first || !second || (convolution.activation ?? "linear") !== "linear") return undefined;
  const { activation = "linear" } = normalization;
  const whole: Conv2dDefinition = { ...convolution, activation, useBias: true };
  const pooled = pooling && convMaxPoolLayer(whole, pooling, first.inputShape);
  const predicting = pooled ?? conv2dLayer(whole, first.inputShape);
  const chain = layers.slice(0, pooled ? 3 : 2);
  const training = sequence(chain);

  const { name, filters } = convolution;
  const { weights, biases } = conv2dParameters(convolution, first.inputShape);
  const parameters = batchNormalizationParameters(normalization, filters);
  const { epsilon } = { ...batchNormalizationDefaults, ...normalization };
  /** The graph, but with weights and biases that do the work of the normalisation too. */
  const folding = (graph: Graph): Graph => {
    const rows = sizeOf(weights.shape) / filters;
    const layer = {
      ...batchNormalizationTensors(graph, parameters),
      weights: graph.parameter(weights),
      ...(biases && { bias: graph.parameter(biases) }),
      ...{ rows, filters, epsilon },
    };
    const folded = graph.prepared(`${name}:folded_weights`, sizeOf(weights.shape), (to) =>
      foldBatchNorm({ ...layer, folded: to }),
    );
    const foldedBias = graph.prepared(`${name}:folded_biases`, filters, (to) =>
      foldBatchNorm({ ...layer, foldedBias: to }),
    );
    return { ...graph, parameter: (one) => (one.name === weights.name ? folded : foldedBias) };
  };
  return {
    count: chain.length,
    layer: {
      ...predicting,
      type: pooled ? "conv2d, batchNormalization and maxPool2d" : "conv2d and batchNormalization",
      parameters: chain.flatMap((one) => one.parameters),
      forward: (graph, x) =>
        graph.training ? training.forward(graph, x) : predicting.forward(folding(graph), x),
      backward: training.backward,
    },
  };
}
