import { type Shape, sizeOf } from "../../core/shape.ts";
import { activationGradient } from "../../engine/operations/activation.ts";
import {
  type BatchNormParameters,
  batchNorm,
  batchNormCells,
  batchNormGradient,
  batchNormInference,
} from "../../engine/operations/batchNorm.ts";
import { type Tensor, tensor } from "../../engine/tensor.ts";
import type { BatchNormalizationDefinition } from "../definition.ts";
import { type Graph, type Layer, type Parameter, perImage } from "./layer.ts";

/** Keras' defaults. */
export const batchNormalizationDefaults = { momentum: 0.99, epsilon: 1e-3 } as const;

/** The parameters of a normalisation of `channels`, by the names that TensorFlow gives them. */
export function batchNormalizationParameters(definition: BatchNormalizationDefinition, channels: number) {
  const { name, center = true, scale = true } = definition;
  const one = (kind: string, initializer: "ones" | "zeros", trainable: boolean): Parameter => ({
    name: `${name}/${kind}`,
    shape: [channels],
    initializer,
    fanIn: channels,
    fanOut: channels,
    trainable,
    decay: false,
  });
  return {
    gamma: scale ? one("gamma", "ones", true) : undefined,
    beta: center ? one("beta", "zeros", true) : undefined,
    movingMean: one("moving_mean", "zeros", false),
    movingVariance: one("moving_variance", "ones", false),
  };
}

/** Those parameters' tensors in `graph`. */
export function batchNormalizationTensors(
  graph: Graph,
  { gamma, beta, movingMean, movingVariance }: ReturnType<typeof batchNormalizationParameters>,
): BatchNormParameters {
  return {
    ...(gamma && { gamma: graph.parameter(gamma) }),
    ...(beta && { beta: graph.parameter(beta) }),
    movingMean: graph.parameter(movingMean),
    movingVariance: graph.parameter(movingVariance),
  };
}

/**
 * Batch normalisation: y = f((x - mean) / sqrt(variance + epsilon) gamma + beta) for each channel; in training by the mean
 * and variance over all pixels of the batch, which move those that prediction goes by.
 */
export function batchNormalizationLayer(definition: BatchNormalizationDefinition, inputShape: Shape): Layer {
  const { name, activation = "linear" } = definition;
  const { momentum, epsilon } = { ...batchNormalizationDefaults, ...definition };
  const channels = inputShape.at(-1)!;
  const parameters = batchNormalizationParameters(definition, channels);
  const { gamma, beta, movingMean, movingVariance } = parameters;
  const rows = perImage(sizeOf(inputShape) / channels);
  // From the forward to the backward pass of the same graph.
  const statistics = new WeakMap<object, { readonly mean: Tensor; readonly inverse: Tensor }>();
  return {
    type: "batchNormalization",
    name,
    inputShape,
    outputShape: inputShape,
    parameters: [gamma, beta, movingMean, movingVariance].filter((one) => one !== undefined),
    multiplyAdds: 0,
    forward(graph, x) {
      const y = graph.activation(name, inputShape);
      const layer = {
        x,
        y,
        rows,
        channels,
        activation,
        epsilon,
        ...batchNormalizationTensors(graph, parameters),
      };
      if (!graph.training) {
        graph.add(batchNormInference(layer));
        return y;
      }
      const mean = tensor(`${name}:mean`, [channels]);
      const inverse = tensor(`${name}:inverse`, [channels]);
      statistics.set(graph, { mean, inverse });
      const sums = graph.room(`${name}:sums`, batchNormCells(channels));
      const { randomState } = graph.training;
      graph.add(batchNorm({ ...layer, mean, inverse, sums, randomState, momentum }));
      return y;
    },
    backward(graph, { training, x, y, dy, inputGradient }) {
      const isReluOrLess = activation === "linear" || activation === "relu";
      if (!isReluOrLess) {
        graph.add(activationGradient({ y, dy, dz: dy, size: perImage(sizeOf(inputShape)), activation }));
      }
      graph.add(
        batchNormGradient({
          x,
          ...(gamma && { gamma: graph.parameter(gamma), dgamma: training.gradient(gamma) }),
          ...(beta && { beta: graph.parameter(beta), dbeta: training.gradient(beta) }),
          dy,
          ...statistics.get(graph)!,
          ...(inputGradient && { dx: dy }),
          sums: graph.room(`${name}:sums`, batchNormCells(channels)),
          rows,
          channels,
          activation: isReluOrLess ? activation : "linear",
        }),
      );
      return inputGradient ? dy : undefined;
    },
  };
}
