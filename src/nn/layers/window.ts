import { MnistError } from "../../core/errors.ts";
import { formatShape, type Shape } from "../../core/shape.ts";
import type { Window } from "../../engine/operations/window.ts";
import type { Padding, Size2d } from "../definition.ts";

export function pair(size: Size2d): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}

/** One axis: TensorFlow pads `same` so that the output is ceil(input / stride), the odd pixel after the image. */
function axis(
  input: number,
  kernel: number,
  stride: number,
  padding: Padding,
): { readonly output: number; readonly before: number } {
  if (padding === "valid") return { output: Math.floor((input - kernel) / stride) + 1, before: 0 };
  const output = Math.ceil(input / stride);
  return { output, before: Math.floor(Math.max(0, (output - 1) * stride + kernel - input) / 2) };
}

/**
 * The window of a layer over images of `shape` [height, width, channels].
 *
 * @throws MnistError `BAD_MODEL` where the layer is given no images or its kernel is larger than they are.
 */
export function slidingWindow(
  layer: string,
  shape: Shape,
  kernelSize: Size2d,
  strides: Size2d,
  padding: Padding,
): Window {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new MnistError(
      "BAD_MODEL",
      `layer ${layer}: expected images, height x width x channels, but is given ${formatShape(shape)}`,
    );
  }
  const [kernelHeight, kernelWidth] = pair(kernelSize);
  const [strideHeight, strideWidth] = pair(strides);
  const vertical = axis(height, kernelHeight, strideHeight, padding);
  const horizontal = axis(width, kernelWidth, strideWidth, padding);
  if (vertical.output < 1 || horizontal.output < 1) {
    throw new MnistError(
      "BAD_MODEL",
      `layer ${layer}: a ${kernelHeight}x${kernelWidth} window does not fit into images of ${formatShape(shape)}; use padding: "same" or a smaller one`,
    );
  }
  return {
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    paddingTop: vertical.before,
    paddingLeft: horizontal.before,
    outputHeight: vertical.output,
    outputWidth: horizontal.output,
  };
}
