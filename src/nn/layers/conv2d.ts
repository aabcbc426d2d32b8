import type { Shape } from "../../core/shape.ts";
import * as op from "../../engine/operations.ts";
import type { Conv2dDefinition } from "../definition.ts";
import { type Layer, perImage } from "./layer.ts";
import { weightsAndBiases } from "./weighted.ts";
import { slidingWindow } from "./window.ts";

/** Convolution: y = f(conv(x, weights) + biases), weights [kernelHeight, kernelWidth, channels, filters]. */
export function conv2dLayer(definition: Conv2dDefinition, inputShape: Shape): Layer {
  const { name, filters, activation = "linear" } = definition;
  const window = slidingWindow(
    name,
    inputShape,
    definition.kernelSize,
    definition.strides ?? 1,
    definition.padding ?? "valid",
  );
  const area = window.kernelHeight * window.kernelWidth;
  const { weights, biases } = weightsAndBiases(
    definition,
    [window.kernelHeight, window.kernelWidth, window.channels, filters],
    area * window.channels,
    area * filters,
  );
  const outputShape = [window.outputHeight, window.outputWidth, filters];
  const outputPixels = window.outputHeight * window.outputWidth;
  return {
    type: "conv2d",
    name,
    inputShape,
    outputShape,
    parameters: biases ? [weights, biases] : [weights],
    multiplyAdds: outputPixels * area * window.channels * filters,
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
