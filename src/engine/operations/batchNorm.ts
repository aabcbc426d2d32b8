import { BATCH_NORM_PARTS, Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type ActivationName, activationCode } from "./activation.ts";
import { type Extent, floatBits, type Operation, operation } from "./operation.ts";

/** Cells of room that {@link batchNorm} and its gradient need for partial sums. */
export function batchNormCells(channels: number): number {
  return BATCH_NORM_PARTS * 2 * channels;
}

/** What a batch normalisation has besides its input, each [channels]; without gamma it is 1, without beta 0. */
export interface BatchNormParameters {
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  readonly movingMean: Tensor;
  readonly movingVariance: Tensor;
}

/**
 * `y = f((x - mean) / sqrt(variance + epsilon) gamma + beta)` with the mean and the variance that each channel has over all
 * `rows`; both move the moving ones: `moving = momentum moving + (1 - momentum) new`, with a smaller momentum in the first
 * steps, of which `randomState` (seed, step) tells. `mean` and `inverse` are for the gradient.
 */
export function batchNorm(
  o: BatchNormParameters & {
    readonly x: Tensor;
    readonly y: Tensor;
    readonly mean: Tensor;
    readonly inverse: Tensor;
    readonly sums: Tensor;
    readonly randomState: Tensor;
    readonly rows: Extent;
    readonly channels: number;
    readonly activation: ActivationName;
    readonly momentum: number;
    readonly epsilon: number;
  },
): Operation {
  const { x, gamma, beta, y, mean, inverse, movingMean, movingVariance, sums, randomState } = o;
  const args = [x, gamma, beta, y, mean, inverse, movingMean, movingVariance, sums, randomState];
  return operation(
    Opcode.BatchNorm,
    [x, gamma, beta, movingMean, movingVariance, randomState],
    [y, mean, inverse, movingMean, movingVariance, sums],
    [...args, o.rows, o.channels, activationCode[o.activation], floatBits(o.momentum), floatBits(o.epsilon)],
  );
}

/** All gradients of {@link batchNorm} from `dy`; dx may be dy itself. */
export function batchNormGradient(o: {
  readonly x: Tensor;
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  readonly dy: Tensor;
  readonly mean: Tensor;
  readonly inverse: Tensor;
  readonly dx?: Tensor;
  readonly dgamma?: Tensor;
  readonly dbeta?: Tensor;
  readonly sums: Tensor;
  readonly rows: Extent;
  readonly channels: number;
  readonly activation: "linear" | "relu";
}): Operation {
  const { x, gamma, beta, dy, mean, inverse, dx, dgamma, dbeta, sums } = o;
  const args = [x, gamma, beta, dy, mean, inverse, dx, dgamma, dbeta, sums];
  return operation(
    Opcode.BatchNormGradient,
    [x, gamma, beta, dy, mean, inverse],
    [dx, dgamma, dbeta, sums],
    [...args, o.rows, o.channels, activationCode[o.activation]],
  );
}

/** {@link batchNorm} by the moving statistics. */
export function batchNormInference(
  o: BatchNormParameters & {
    readonly x: Tensor;
    readonly y: Tensor;
    readonly rows: Extent;
    readonly channels: number;
    readonly activation: ActivationName;
    readonly epsilon: number;
  },
): Operation {
  const { x, gamma, beta, movingMean, movingVariance, y } = o;
  const reads = [x, gamma, beta, movingMean, movingVariance];
  const sizes = [o.rows, o.channels, activationCode[o.activation], floatBits(o.epsilon)];
  return operation(Opcode.BatchNormInference, reads, [y], [...reads, y, ...sizes]);
}

/**
 * What of a layer's weights [rows, filters] and bias does the work of {@link batchNormInference} after it too: the weights
 * to `folded`, the bias to `foldedBias`.
 */
export function foldBatchNorm(
  o: BatchNormParameters & {
    readonly weights: Tensor;
    readonly bias?: Tensor;
    readonly folded?: Tensor;
    readonly foldedBias?: Tensor;
    readonly rows: number;
    readonly filters: number;
    readonly epsilon: number;
  },
): Operation {
  const { weights, bias, gamma, beta, movingMean, movingVariance, folded, foldedBias } = o;
  const reads = [weights, bias, gamma, beta, movingMean, movingVariance];
  const writes = [folded, foldedBias];
  return operation(Opcode.FoldBatchNorm, reads, writes, [
    ...reads,
    ...writes,
    o.rows,
    o.filters,
    floatBits(o.epsilon),
  ]);
}
