import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type ActivationName, activationCode } from "./activation.ts";
import { type Extent, type Operation, operation } from "./operation.ts";
import { type Window, windowArgs } from "./window.ts";

/** What a convolution needs for Winograd's way. */
export interface WinogradPart {
  /** From {@link winogradWeights}. */
  readonly transformed: Tensor;
  /** From winogradImages. */
  readonly block: number;
}

/**
 * Transforms the weights of a square kernel for {@link conv2d} and {@link conv2dMaxPool}, or flipped for
 * {@link conv2dInputGradient}, whose channels and filters change places; to be run again whenever they change.
 */
export function winogradWeights(o: {
  readonly weights: Tensor;
  readonly transformed: Tensor;
  readonly kernel: number;
  readonly channels: number;
  readonly filters: number;
  readonly flipped?: boolean;
}): Operation {
  const args = [o.weights, o.transformed, o.kernel, o.channels, o.filters, o.flipped ? 1 : 0];
  return operation(Opcode.WinogradWeights, [o.weights], [o.transformed], args);
}

/** `y = f(conv(x, weights) + bias)`; weights are [kernelHeight, kernelWidth, channels, filters] as TensorFlow's. */
export function conv2d(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly window: Window;
  readonly filters: number;
  readonly activation?: ActivationName;
  readonly winograd?: WinogradPart;
}): Operation {
  const activation = activationCode[o.activation ?? "linear"];
  const { transformed, block = 0 } = o.winograd ?? {};
  const args = [o.x, o.weights, o.bias, o.y, ...windowArgs(o.window), o.filters, activation];
  return operation(
    Opcode.Conv2d,
    [o.x, o.weights, o.bias, transformed],
    [o.y],
    [...args, transformed, block],
  );
}

/** The gradient of {@link conv2d} with respect to its input; `winograd` is of weights that are flipped. */
export function conv2dInputGradient(o: {
  readonly dy: Tensor;
  readonly weights: Tensor;
  readonly dx: Tensor;
  readonly window: Window;
  readonly filters: number;
  readonly winograd?: WinogradPart;
}): Operation {
  const { transformed, block = 0 } = o.winograd ?? {};
  const args = [o.dy, o.weights, o.dx, ...windowArgs(o.window), o.filters, transformed, block];
  return operation(Opcode.Conv2dInputGradient, [o.dy, o.weights, transformed], [o.dx], args);
}

/** The gradient of {@link conv2d} with respect to its weights, summed over the batch; with `room` Winograd's way. */
export function conv2dWeightGradient(o: {
  readonly x: Tensor;
  readonly dy: Tensor;
  readonly dweights: Tensor;
  readonly window: Window;
  readonly filters: number;
  readonly room?: Tensor;
}): Operation {
  const args = [o.x, o.dy, o.dweights, ...windowArgs(o.window), o.filters, o.room];
  return operation(Opcode.Conv2dWeightGradient, [o.x, o.dy], [o.dweights, o.room], args);
}

/** The gradient with respect to a bias: the sum of each of `columns` columns of `dy` [rows, columns]. */
export function biasGradient(o: {
  readonly dy: Tensor;
  readonly dbias: Tensor;
  readonly rows: Extent;
  readonly columns: number;
}): Operation {
  return operation(Opcode.BiasGradient, [o.dy], [o.dbias], [o.dy, o.dbias, o.rows, o.columns]);
}
