import { type Shape, sizeOf } from "../../core/shape.ts";
import { activationGradient } from "../../engine/operations/activation.ts";
import {
  biasGradient,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  type WinogradPart,
  winogradWeights,
} from "../../engine/operations/conv2d.ts";
import type { Window } from "../../engine/operations/window.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { turned, winogradCells, winogradGradientCells, winogradImages } from "../../engine/winograd.ts";
import type { Conv2dDefinition } from "../definition.ts";
import { type Graph, type Layer, perImage } from "./layer.ts";
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

/** What Winograd's way needs of the weights where it is taken; `flipped` for the gradient of the input. */
export function winogradPart(
  graph: Graph,
  name: string,
  o: {
    readonly weights: Tensor;
    readonly window: Window;
    readonly filters: number;
    readonly flipped?: boolean;
  },
): { readonly winograd?: WinogradPart } {
  const { weights, window, filters, flipped = false } = o;
  const { kernelHeight: kernel, channels } = window;
  const [inputs, outputs] = flipped ? [filters, channels] : [channels, filters];
  const block = winogradImages(flipped ? turned(window, filters) : window, outputs);
  if (block === 0) return {};
  const transformed = graph.prepared(
    flipped ? `${name}:flipped` : `${name}:transformed`,
    winogradCells(inputs, outputs),
    (to) => winogradWeights({ weights, transformed: to, kernel, channels, filters, flipped }),
  );
  return { winograd: { transformed, block } };
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
      const layer = { weights: graph.parameter(weights), window, filters };
      graph.add(conv2d({ x, ...layer, ...bias, y, activation, ...winogradPart(graph, name, layer) }));
      return y;
    },
    backward(graph, { training, x, y, dy, inputGradient }) {
      const size = perImage(outputPixels * filters);
      if (activation !== "linear") graph.add(activationGradient({ y, dy, dz: dy, size, activation }));
      const cells = winogradGradientCells(window, filters, graph.batchSize);
      const room = cells > 0 && { room: graph.room(`${name}:places`, cells) };
      const dweights = training.gradient(weights);
      graph.add(conv2dWeightGradient({ x, dy, dweights, window, filters, ...room }));
      if (biases) {
        const rows = perImage(outputPixels);
        graph.add(biasGradient({ dy, dbias: training.gradient(biases), rows, columns: filters }));
      }
      if (!inputGradient) return undefined;
      const dx = graph.activation(`${name}:input_gradient`, inputShape);
      const layer = { weights: graph.parameter(weights), window, filters };
      const winograd = winogradPart(graph, name, { ...layer, flipped: true });
      graph.add(conv2dInputGradient({ dy, dx, ...layer, ...winograd }));
      return dx;
    },
  };
}
