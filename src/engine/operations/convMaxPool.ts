import { CONV_POOL_PARTS, Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { activationCode } from "./activation.ts";
import { type Operation, operation } from "./operation.ts";
import { type Window, windowArgs } from "./window.ts";

/**
 * `y = maxpool(f(conv(x, weights) + bias))` over 2x2 pixels, for strides of 1; y is [n, outputHeight / 2,
 * outputWidth / 2, filters], rounded down. `winners`, of y's shape, is what the gradient needs to know.
 */
export function conv2dMaxPool(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly transformed?: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly winners?: Tensor;
  readonly window: Window;
  readonly filters: number;
  readonly activation: "linear" | "relu";
  /** From winogradImages; with `transformed`. */
  readonly block?: number;
}): Operation {
  const { x, weights, transformed, bias, y, winners } = o;
  const args = [x, weights, transformed, bias, y, winners];
  const tail = [...windowArgs(o.window), o.filters, activationCode[o.activation], o.block ?? 0];
  return operation(Opcode.Conv2dMaxPool, [x, weights, transformed, bias], [y, winners], [...args, ...tail]);
}

/** Cells of room that {@link conv2dMaxPoolGradient} needs for partial sums. */
export function partialCells(window: Window, filters: number): number {
  const row = Math.ceil((window.kernelWidth * window.channels) / 4) * 4;
  return CONV_POOL_PARTS * filters * (window.kernelHeight * row + 1);
}

/** All gradients of {@link conv2dMaxPool}, from `dy` of y's shape. */
export function conv2dMaxPoolGradient(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly dy: Tensor;
  readonly winners: Tensor;
  readonly dweights: Tensor;
  readonly dbias?: Tensor;
  readonly dx?: Tensor;
  readonly partials: Tensor;
  readonly window: Window;
  readonly filters: number;
}): Operation {
  const args = [o.x, o.weights, o.dy, o.winners, o.dweights, o.dbias, o.dx, o.partials];
  return operation(
    Opcode.Conv2dMaxPoolGradient,
    [o.x, o.weights, o.dy, o.winners],
    [o.dweights, o.dbias, o.dx, o.partials],
    [...args, ...windowArgs(o.window), o.filters],
  );
}
