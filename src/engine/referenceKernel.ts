// What every reference kernel has to do with: the memory, its arguments, activations.
import { Activation } from "./kernels/opcodes.ts";

export type Floats = Float32Array | Float64Array;

/** The engine's memory: cell i is `floats[i]` or `ints[i]`, whichever was stored there. */
export interface Cells {
  readonly floats: Floats;
  readonly ints: Int32Array;
}

export type Kernel = (cells: Cells, args: readonly number[]) => void;

export function activate(z: number, activation: number): number {
  switch (activation) {
    case Activation.Relu:
      return Math.max(z, 0);
    case Activation.Tanh:
      return Math.tanh(z);
    case Activation.Sigmoid:
      return 1 / (1 + Math.exp(-z));
    default:
      return z;
  }
}

/** f'(z) from y = f(z). */
export function activationSlope(y: number, activation: number): number {
  switch (activation) {
    case Activation.Relu:
      return y > 0 ? 1 : 0;
    case Activation.Tanh:
      return 1 - y * y;
    case Activation.Sigmoid:
      return y * (1 - y);
    default:
      return 1;
  }
}

/** The float32 whose bits an argument is. */
export function floatOfBits(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}

/** A tuple of `N` numbers: the arguments of one kernel, taken apart by position. */
export type Args<N extends number, T extends number[] = []> = T["length"] extends N
  ? T
  : Args<N, [...T, number]>;
