/**
 * Every kernel once more, naive, in plain TypeScript: the oracle that the WebAssembly kernels are tested against,
 * and what runs where WebAssembly SIMD is missing. Over a Float64Array it computes in float64, which is how
 * gradients are checked against finite differences. Loops say what is computed, not how to do it fast.
 */
import { Opcode } from "../kernels/opcodes.ts";
import { activationGradient } from "./activation.ts";
import { batchNorm, batchNormGradient, batchNormInference, foldBatchNorm } from "./batchNorm.ts";
import { biasGradient, conv2d, conv2dInputGradient, conv2dWeightGradient } from "./conv2d.ts";
import { conv2dMaxPool, conv2dMaxPoolGradient } from "./convMaxPool.ts";
import { dense, denseGradient, sparseDense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import type { Cells, Kernel } from "./kernel.ts";
import { meanSquaredError, softmax, softmaxCrossEntropy } from "./losses.ts";
import { adam, adamW, average, momentum, rmsProp, sgd, sumSquares } from "./optimizers.ts";
import { augment, scalePixels } from "./pixels.ts";
import { avgPool2d, avgPool2dGradient, maxPool2d, maxPool2dGradient } from "./pool2d.ts";

const kernels: ReadonlyMap<number, Kernel> = new Map([
  [Opcode.Dense, dense],
  [Opcode.DenseGradient, denseGradient],
  [Opcode.Conv2d, conv2d],
  [Opcode.Conv2dInputGradient, conv2dInputGradient],
  [Opcode.Conv2dWeightGradient, conv2dWeightGradient],
  [Opcode.BiasGradient, biasGradient],
  [Opcode.ActivationGradient, activationGradient],
  [Opcode.MaxPool2d, maxPool2d],
  [Opcode.MaxPool2dGradient, maxPool2dGradient],
  [Opcode.AvgPool2d, avgPool2d],
  [Opcode.AvgPool2dGradient, avgPool2dGradient],
  [Opcode.Dropout, dropout],
  [Opcode.Softmax, softmax],
  [Opcode.SoftmaxCrossEntropy, softmaxCrossEntropy],
  [Opcode.MeanSquaredError, meanSquaredError],
  [Opcode.SumSquares, sumSquares],
  [Opcode.Sgd, sgd],
  [Opcode.Momentum, momentum],
  [Opcode.RmsProp, rmsProp],
  [Opcode.Adam, adam],
  [Opcode.Conv2dMaxPool, conv2dMaxPool],
  [Opcode.Conv2dMaxPoolGradient, conv2dMaxPoolGradient],
  // The reference multiplies with the weights themselves.
  [Opcode.WinogradWeights, () => {}],
  [Opcode.DensePanels, () => {}],
  [Opcode.SparseDense, sparseDense],
  [Opcode.ScalePixels, scalePixels],
  [Opcode.Augment, augment],
  [Opcode.Average, average],
  [Opcode.AdamW, adamW],
  [Opcode.BatchNorm, batchNorm],
  [Opcode.BatchNormGradient, batchNormGradient],
  [Opcode.BatchNormInference, batchNormInference],
  [Opcode.FoldBatchNorm, foldBatchNorm],
]);

/** Runs the program that begins at cell `program`: see {@link Opcode} for how it is written. */
export function runReference(cells: Cells, program: number): void {
  let at = program;
  for (;;) {
    const opcode = cells.ints[at]!;
    if (opcode === Opcode.End) return;
    const count = cells.ints[at + 1]!;
    const kernel = kernels.get(opcode);
    if (!kernel) throw new Error(`no reference kernel for opcode ${opcode}`);
    kernel(cells, Array.from(cells.ints.subarray(at + 2, at + 2 + count)));
    at += 2 + count;
  }
}
