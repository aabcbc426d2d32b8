import { type Shape, sizeOf } from "../../core/shape.ts";
import { PACKED_CELLS, PATCH_CELLS } from "../../engine/kernels/layout.ts";
import { conv2dMaxPool, conv2dMaxPoolGradient, partialCells } from "../../engine/operations/convMaxPool.ts";
import type { Window } from "../../engine/operations/window.ts";
import type { Conv2dDefinition, Pool2dDefinition } from "../definition.ts";
import { conv2dParameters, winogradPart } from "./conv2d.ts";
import type { Layer } from "./layer.ts";
import { pair, slidingWindow } from "./window.ts";

/**
 * A convolution and the 2x2 max pooling after it in one; nothing where the pooling is another or the kernels have no
 * room for an image so large.
 */
export function convMaxPoolLayer(
  convolution: Conv2dDefinition,
  pooling: Pool2dDefinition,
  inputShape: Shape,
): Layer | undefined {
  const { name, filters, activation = "linear" } = convolution;
  const { window, weights, biases } = conv2dParameters(convolution, inputShape);
  if (activation !== "linear" && activation !== "relu") return undefined;
  const height = Math.floor(window.outputHeight / 2);
  const width = Math.floor(window.outputWidth / 2);
  const pooled = slidingWindow(
    pooling.name,
    [window.outputHeight, window.outputWidth, filters],
    pooling.poolSize,
    pooling.strides ?? pooling.poolSize,
    pooling.padding ?? "valid",
  );
  const isHalving =
    pair(pooling.poolSize).every((one) => one === 2) && pooled.strideHeight === 2 && pooled.strideWidth === 2;
  if (!isHalving || pooled.outputHeight !== height || pooled.outputWidth !== width) return undefined;
  if (window.strideHeight !== 1 || window.strideWidth !== 1 || !hasRoom(window, filters)) return undefined;

  const outputShape = [height, width, filters];
  const winners = `${name}:winners`;
  // From the forward to the backward pass of the same graph.
  const rooms = new WeakMap<object, ReturnType<typeof conv2dMaxPool>["writes"][number]>();
  return {
    type: "conv2d and maxPool2d",
    name,
    inputShape,
    outputShape,
    parameters: biases ? [weights, biases] : [weights],
    multiplyAdds: window.outputHeight * window.outputWidth * sizeOf(weights.shape),
    forward(graph, x) {
      const y = graph.activation(name, outputShape);
      const parameter = graph.parameter(weights);
      const bias = biases ? { bias: graph.parameter(biases) } : {};
      const { winograd } = winogradPart(graph, name, { weights: parameter, window, filters });
      const who = graph.training ? graph.activation(winners, outputShape) : undefined;
      if (who) rooms.set(graph, who);
      const wanted = who ? { winners: who } : {};
      graph.add(
        conv2dMaxPool({
          x,
          weights: parameter,
          ...winograd,
          ...bias,
          y,
          ...wanted,
          window,
          filters,
          activation,
        }),
      );
      return y;
    },
    backward(graph, { training, x, dy, inputGradient }) {
      const dx = inputGradient ? graph.activation(`${name}:input_gradient`, inputShape) : undefined;
      graph.add(
        conv2dMaxPoolGradient({
          x,
          weights: graph.parameter(weights),
          dy,
          winners: rooms.get(graph)!,
          dweights: training.gradient(weights),
          ...(biases && { dbias: training.gradient(biases) }),
          ...(dx && { dx }),
          partials: graph.room(`${name}:partials`, partialCells(window, filters)),
          window,
          filters,
        }),
      );
      return dx;
    },
  };
}

/** Whether scratch has room for a strip of a grey image, 16 pooled columns wide, once for every tap. */
function hasRoomForGrey({ kernelHeight, kernelWidth, outputHeight }: Window): boolean {
  return (outputHeight + kernelHeight) * ((kernelWidth + 1) * 33 + 32) <= PATCH_CELLS;
}

/** Whether an image with its padding, twice, the packed weights and the lists of winners fit into scratch. */
function hasRoom(window: Window, filters: number): boolean {
  const { kernelHeight, kernelWidth, channels, outputHeight, outputWidth } = window;
  const image = (outputHeight + kernelHeight) * (outputWidth + kernelWidth) * channels + 32;
  const weights = kernelHeight * (kernelWidth * channels + 4) * (filters + 8);
  const lists = filters * ((outputHeight * outputWidth) / 2 + 4);
  if (channels === 1 && !hasRoomForGrey(window)) return false;
  return 2 * image <= PATCH_CELLS && weights + lists <= PACKED_CELLS;
}
