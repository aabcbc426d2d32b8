import { Activation } from "../kernels/opcodes.ts";
import type { Args, Kernel } from "./kernel.ts";

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

export const activationGradient: Kernel = ({ floats: f }, args) => {
  const [y, dy, dz, size, activation] = args as Args<5>;
  for (let i = 0; i < size; i++) f[dz + i] = f[dy + i]! * activationSlope(f[y + i]!, activation);
};
