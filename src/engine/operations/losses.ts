import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { floatBits, images, type Operation, operation } from "./operation.ts";

/** Softmax of each row of `x` [n, columns]. */
export function softmax(o: { readonly x: Tensor; readonly y: Tensor; readonly columns: number }): Operation {
  return operation(Opcode.Softmax, [o.x], [o.y], [o.x, o.y, images, o.columns]);
}

export type LossName = "softmaxCrossEntropy" | "meanSquaredError";

/**
 * The loss of each row of `outputs` [n, columns] against its label, the softmax of the row, and (where `doutputs`
 * is given) the gradient of the mean loss over the batch.
 */
export function loss(
  name: LossName,
  o: {
    readonly outputs: Tensor;
    readonly labels: Tensor;
    readonly probabilities: Tensor;
    readonly losses: Tensor;
    readonly doutputs?: Tensor;
    readonly columns: number;
    /** The share of the target that all classes have in common; of softmaxCrossEntropy alone, 0 unless given. */
    readonly smoothing?: number;
  },
): Operation {
  const opcode = name === "softmaxCrossEntropy" ? Opcode.SoftmaxCrossEntropy : Opcode.MeanSquaredError;
  const { smoothing = 0 } = o;
  const row = [images, o.columns, floatBits(smoothing)];
  const args = [o.outputs, o.labels, o.probabilities, o.losses, o.doutputs, ...row];
  return operation(opcode, [o.outputs, o.labels], [o.probabilities, o.losses, o.doutputs], args);
}
