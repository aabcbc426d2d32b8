import { type Shape, sizeOf } from "../../core/shape.ts";
import * as op from "../../engine/operations.ts";
import type { Conv2dDefinition } from "../definition.ts";
import { type Layer, perImage } from "./layer.ts";
import { weightsAndBiases } from "./weighted.ts";
import { slidingWindow } from "./window.ts";

/** What a convolution slides over its input, and its parameters: weights [kernelHeight, kernelWidth, channels, filters]. */
export function conv2dParameters(definition: Conv2dDefinition, inputShape: Shape) {
  const { name, filters, kernelSize, strides = 1, padding = "valid" } = definition;
  const window = slidingWindow(name, inputShape, kernelSize, strides, padding);
  const { kernelHeight, kernelWidth, channels } = window;
  const area = kernelHeight * kernelWidth;
  const shape = [kernelHeight, kernelWidth, channels, filters];
  return { window, ...weightsAndBiases(definition, shape, filters, area * channels, area * filters) };
}

/** Convolution: y = f(conv(x, weights) + biases). */
export function conv2dLayer(definition: Conv2dDefinition, inputShape: Shape): Layer {
  const { name, filters, activation = "linear" } = definition;
  const { window, weights, biases } = conv2dParameters(definition, inputShape);
  const outputShape = [window.outputHeight, window.outputWidth, filters];
  const outputPixels = window.outputHeight * window.outputWidth;
  return {
    type: "conv2d",
    name,
    inputShape,
    outputShape,
    parameters: biases ? [weights, biases] : [weights],
    multiplyAdds: outputPixels * sizeOf(weights.shape),
    forward(graph, x) {
      const y = graph.activation(name, outputShape);
      const bias = biases ? { bias: graph.parameter(biases) } : {};
      graph.add(op.conv2d({ x, weights: graph.parameter(weights), ...bias, y, window, filters, activation }));
      return y;
    },
    backward(graph, { training, x, y, dy, inputGradient }) {
      const size = perImage(outputPixels * filters);
      if (activation !== "linear") graph.add(op.activationGradient({ y, dy, dz: dy, size, activation }));
      graph.add(op.conv2dWeightGradient({ x, dy, dweights: training.gradient(weights), window, filters }));
      if (biases) {
        const rows = perImage(outputPixels);
        graph.add(op.biasGradient({ dy, dbias: training.gradient(biases), rows, columns: filters }));
      }
      if (!inputGradient) return undefined;
      const dx = graph.activation(`${name}:input_gradient`, inputShape);
      graph.add(op.conv2dInputGradient({ dy, weights: graph.parameter(weights), dx, window, filters }));
      return dx;
    },
  };
}
