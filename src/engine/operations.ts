import { MnistError } from "../core/errors.ts";
import { PATCH_CELLS } from "./kernels/layout.ts";
import {
  Activation,
  BATCH_NORM_PARTS,
  CONV_POOL_PARTS,
  DENSE_UNIT_BLOCK,
  Opcode,
  SPARSE_BLOCK,
  SPARSE_PANEL,
} from "./kernels/opcodes.ts";
import type { Tensor } from "./tensor.ts";

/** A number of elements or rows: fixed, or so many for each image of the batch that a run is given. */
export type Extent = number | { readonly perImage: number };

/** One kernel call of a program, with its tensors still by name; {@link Engine.compile} turns it to numbers. */
export interface Operation {
  readonly opcode: Opcode;
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** In the order that {@link Opcode} documents. */
  readonly args: readonly (Tensor | Extent | undefined)[];
}

/** What a window that slides over images does, for convolution and pooling alike; lengths in pixels. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly paddingTop: number;
  readonly paddingLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

export type ActivationName = "linear" | "relu" | "tanh" | "sigmoid";

const activationCode: Readonly<Record<ActivationName, Activation>> = {
  linear: Activation.Linear,
  relu: Activation.Relu,
  tanh: Activation.Tanh,
  sigmoid: Activation.Sigmoid,
};

const images: Extent = { perImage: 1 };

function windowArgs(window: Window): Extent[] {
  return [
    images,
    window.height,
    window.width,
    window.channels,
    window.kernelHeight,
    window.kernelWidth,
    window.strideHeight,
    window.strideWidth,
    window.paddingTop,
    window.paddingLeft,
    window.outputHeight,
    window.outputWidth,
  ];
}

function operation(
  opcode: Opcode,
  reads: readonly (Tensor | undefined)[],
  writes: readonly (Tensor | undefined)[],
  args: Operation["args"],
): Operation {
  const given = (tensors: readonly (Tensor | undefined)[]) => tensors.filter((one) => one !== undefined);
  return { opcode, reads: given(reads), writes: given(writes), args };
}

/** Dropout as a part of another operation; see {@link dropout}. */
export interface DropoutPart {
  readonly rate: Tensor;
  readonly randomState: Tensor;
  readonly salt: number;
}

/** `y = dropout(f(x weights^T + bias))` for every image; x is [n, inputs], weights [units, inputs], y [n, units]. */
export function dense(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
  readonly dropout?: DropoutPart;
  /** As large as x, with its rows rounded up to eights. */
  readonly room: Tensor;
}): Operation {
  const { x, weights, bias, y } = o;
  const { rate, randomState, salt = 0 } = o.dropout ?? {};
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  const args = [x, weights, bias, y, ...sizes, rate, randomState, salt, o.room];
  return operation(Opcode.Dense, [x, weights, bias, rate, randomState], [y, o.room], args);
}

/** Cells that {@link densePanels} fills. */
export function densePanelCells(units: number, inputs: number): number {
  return Math.ceil(units / SPARSE_PANEL) * inputs * SPARSE_PANEL;
}

/** Arranges the weights for {@link sparseDense}; to be run again whenever they change. */
export function densePanels(o: {
  readonly weights: Tensor;
  readonly panels: Tensor;
  readonly units: number;
  readonly inputs: number;
}): Operation {
  return operation(Opcode.DensePanels, [o.weights], [o.panels], [o.weights, o.panels, o.units, o.inputs]);
}

/** Cells of room for an image that {@link sparseDense} needs for its lists. */
export function sparseListCells(inputs: number): number {
  return 2 * inputs + Math.ceil(inputs / SPARSE_BLOCK) + 1;
}

/** {@link dense} without dropout, for an x of which much is zero; the bits are the same with `panels` and without. */
export function sparseDense(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly panels?: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly lists: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
}): Operation {
  const { x, weights, panels, bias, y, lists } = o;
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  const args = [x, weights, panels, bias, y, lists, ...sizes];
  return operation(Opcode.SparseDense, [x, weights, panels, bias], [y, lists], args);
}

/** Cells of room for an image that {@link denseGradient} needs for its lists. */
export function denseListCells(units: number): number {
  return 2 * units + Math.ceil(units / DENSE_UNIT_BLOCK) + 1;
}

/** All gradients of {@link dense}, from `dy` of y's shape. */
export function denseGradient(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly dweights: Tensor;
  readonly dbias?: Tensor;
  readonly dx?: Tensor;
  readonly dz: Tensor;
  readonly lists: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
  readonly dropout?: DropoutPart;
}): Operation {
  const { x, weights, y, dy, dweights, dbias, dx, dz, lists } = o;
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  return operation(
    Opcode.DenseGradient,
    [x, weights, y, dy, o.dropout?.rate],
    [dweights, dbias, dx, dz, lists],
    [x, weights, y, dy, dweights, dbias, dx, dz, lists, ...sizes, o.dropout?.rate],
  );
}

/** What a convolution needs for Winograd's way. */
export interface WinogradPart {
  /** From {@link winogradWeights}. */
  readonly transformed: Tensor;
  /** From winogradImages. */
  readonly block: number;
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

export type PoolKind = "max" | "average";

export function pool2d(
  kind: PoolKind,
  o: { readonly x: Tensor; readonly y: Tensor; readonly window: Window },
): Operation {
  const opcode = kind === "max" ? Opcode.MaxPool2d : Opcode.AvgPool2d;
  return operation(opcode, [o.x], [o.y], [o.x, o.y, ...windowArgs(o.window)]);
}

/** The gradient of {@link pool2d}; of equal maxima the first, row by row, gets it. */
export function pool2dGradient(
  kind: PoolKind,
  o: {
    readonly x: Tensor;
    readonly y: Tensor;
    readonly dy: Tensor;
    readonly dx: Tensor;
    readonly window: Window;
  },
): Operation {
  return kind === "max"
    ? operation(
        Opcode.MaxPool2dGradient,
        [o.x, o.y, o.dy],
        [o.dx],
        [o.x, o.y, o.dy, o.dx, ...windowArgs(o.window)],
      )
    : operation(Opcode.AvgPool2dGradient, [o.dy], [o.dx], [o.dy, o.dx, ...windowArgs(o.window)]);
}

/** Cells that {@link winogradWeights} fills for a kernel of `channels` by `filters`. */
export function winogradCells(channels: number, filters: number): number {
  // Places are an odd number of cache lines apart, as in the kernels: else they fall into the same sets of the cache.
  return 64 * (Math.ceil((channels * Math.ceil(filters / 8) * 8) / 16) | 1) * 16;
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

/**
 * Inverted dropout: each element is 0 with the probability in `rate`, else divided by 1 - rate. The mask is a hash
 * of `randomState` (seed, step), `salt` and the element's index, so the same operation on `dy` gives `dx`.
 */
export function dropout(
  o: DropoutPart & { readonly x: Tensor; readonly y: Tensor; readonly size: Extent },
): Operation {
  const args = [o.x, o.y, o.rate, o.randomState, o.salt, o.size];
  return operation(Opcode.Dropout, [o.x, o.rate, o.randomState], [o.y], args);
}

/** Cells that hold `count` pixels, a byte each. */
export function pixelCells(count: number): number {
  return Math.ceil(count / 4);
}

/** `x = pixel * scale + offset` for `perImage` pixels of every image; `pixels` are bytes, see {@link Engine.bytesOf}. */
export function scalePixels(o: {
  readonly pixels: Tensor;
  readonly x: Tensor;
  readonly scale: number;
  readonly offset: number;
  readonly perImage: number;
}): Operation {
  const args = [o.pixels, o.x, floatBits(o.scale), floatBits(o.offset), { perImage: o.perImage }];
  return operation(Opcode.ScalePixels, [o.pixels], [o.x], args);
}

/** A float32's bits as a whole number, which arguments are. */
function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}

/** Cells of a thread's scratch that {@link augment} takes for an image. */
function augmentCells(height: number, width: number, radius: number): number {
  const padded = (cells: number) => Math.ceil(cells / 4) * 4 + 4;
  const images = 2 * padded(width + 3) * (height + 3);
  const fields = 2 * padded(width) * height;
  return images + fields + padded(width + 2 * radius) * height + padded(width) * (height + 2 * radius);
}

/**
 * {@link scalePixels} after random distortions, for images of one channel; see {@link Augment} for `parameters`
 * [n, AUGMENT_CELLS]. `taps` [2 radius + 1] blur the elastic distortion's noise.
 *
 * @throws MnistError `UNSUPPORTED` for images too large for the kernel's scratch.
 */
export function augment(o: {
  readonly pixels: Tensor;
  readonly x: Tensor;
  readonly parameters: Tensor;
  readonly taps: Tensor;
  readonly scale: number;
  readonly offset: number;
  readonly height: number;
  readonly width: number;
}): Operation {
  const { pixels, x, parameters, taps, height, width } = o;
  const radius = (taps.size - 1) / 2;
  if (augmentCells(height, width, radius) > PATCH_CELLS) {
    throw new MnistError(
      "UNSUPPORTED",
      `augmentation: images of ${height} x ${width} pixels are too large; train without it`,
    );
  }
  const args = [pixels, x, parameters, taps, radius, floatBits(o.scale), floatBits(o.offset)];
  return operation(Opcode.Augment, [pixels, parameters, taps], [x], [...args, images, height, width]);
}

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

/** The sums of squares of runs of `SUM_RUN` elements of `x`; the host adds them up in float64. */
export function sumSquares(o: { readonly x: Tensor; readonly sums: Tensor }): Operation {
  return operation(Opcode.SumSquares, [o.x], [o.sums], [o.x, o.sums, o.x.size]);
}

export type UpdateName = "sgd" | "momentum" | "rmsprop" | "adam" | "adamw";

const updateCode: Readonly<Record<UpdateName, Opcode>> = {
  sgd: Opcode.Sgd,
  momentum: Opcode.Momentum,
  rmsprop: Opcode.RmsProp,
  adam: Opcode.Adam,
  adamw: Opcode.AdamW,
};

/** One optimizer's update of one parameter and its slots in place; `decay` says whether weight decay applies to it. */
export function update(
  name: UpdateName,
  o: {
    readonly parameter: Tensor;
    readonly gradient: Tensor;
    readonly slots: readonly Tensor[];
    readonly hyper: Tensor;
    readonly decay: boolean;
  },
): Operation {
  const args = [o.parameter, o.gradient, ...o.slots, o.hyper, o.parameter.size, o.decay ? 1 : 0];
  return operation(
    updateCode[name],
    [o.parameter, o.gradient, ...o.slots, o.hyper],
    [o.parameter, ...o.slots],
    args,
  );
}

/** `average += rate * (parameter - average)`; `rate` is one number. */
export function average(o: {
  readonly parameter: Tensor;
  readonly average: Tensor;
  readonly rate: Tensor;
}): Operation {
  const args = [o.parameter, o.average, o.rate, o.parameter.size];
  return operation(Opcode.Average, [o.parameter, o.average, o.rate], [o.average], args);
}
