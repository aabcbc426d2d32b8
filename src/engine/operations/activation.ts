import { Activation, Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type Extent, type Operation, operation } from "./operation.ts";

export type ActivationName = "linear" | "relu" | "tanh" | "sigmoid";

export const activationCode: Readonly<Record<ActivationName, Activation>> = {
  linear: Activation.Linear,
  relu: Activation.Relu,
  tanh: Activation.Tanh,
  sigmoid: Activation.Sigmoid,
};

/** `dz = dy f'(z)`, computed from `y = f(z)`. */
export function activationGradient(o: {
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly dz: Tensor;
  readonly size: Extent;
  readonly activation: ActivationName;
}): Operation {
  const args = [o.y, o.dy, o.dz, o.size, activationCode[o.activation]];
  return operation(Opcode.ActivationGradient, [o.y, o.dy], [o.dz], args);
}
