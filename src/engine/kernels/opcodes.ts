// The vocabulary that a program is written in: `[opcode, number of arguments, arguments ...] ... [Opcode.End]`,
// whole numbers in the engine's memory. Both the WebAssembly kernels and the reference read it, so this file is
// plain enough for AssemblyScript and TypeScript alike. What the arguments are, in order, stands beside each name:
// lower-case names are tensors (offsets in 4-byte cells, 0 for none), `n` is the number of images.
//
// WINDOW = n, height, width, channels, kernelHeight, kernelWidth, strideHeight, strideWidth,
//          paddingTop, paddingLeft, outputHeight, outputWidth

export enum Opcode {
  End = 0,
  /** x, weights, bias, y, rows, units, inputs, activation, rate, randomState, salt, room:
   * y = dropout(f(x weights^T + bias)), weights are [units, inputs]; without dropout rate is 0; room is as large as x,
   * with its rows rounded up to eights */
  Dense = 1,
  /** x, weights, bias, y, WINDOW, filters, activation, transformed, block: weights are [kernelHeight, kernelWidth, channels,
   * filters]; transformed is what WinogradWeights made, or 0; block is how many images Winograd's way takes at a time */
  Conv2d = 2,
  /** dy, weights, dx, WINDOW, filters, transformed, block: as Conv2d, transformed being flipped */
  Conv2dInputGradient = 3,
  /** x, dy, dweights, WINDOW, filters, room: room is what Winograd's way needs (see operations/conv2d.ts), or 0 */
  Conv2dWeightGradient = 4,
  /** dy, dbias, rows, columns: the sum of each column */
  BiasGradient = 5,
  /** y, dy, dz, size, activation: dz = dy f'(z), from y = f(z); dz may be dy */
  ActivationGradient = 6,
  /** x, y, WINDOW */
  MaxPool2d = 7,
  /** x, y, dy, dx, WINDOW: to the first of equal maxima, row by row */
  MaxPool2dGradient = 8,
  /** x, y, WINDOW: padding does not count in the mean */
  AvgPool2d = 9,
  /** dy, dx, WINDOW */
  AvgPool2dGradient = 10,
  /** x, y, rate, randomState, salt, size: y = x * mask / (1 - rate); applied to dy it gives dx */
  Dropout = 11,
  /** x, y, rows, columns */
  Softmax = 12,
  /** logits, labels, probabilities, losses, dlogits, rows, columns, smoothing: losses a row; dlogits of their mean; dlogits may
   * be 0; smoothing, the bits of a float32, is the share of the target that all classes have in common */
  SoftmaxCrossEntropy = 13,
  /** outputs, labels, probabilities, losses, doutputs, rows, columns: mean over columns of (output - one-hot)^2 */
  MeanSquaredError = 14,
  /** x, partialSums, size: the sum of squares of each run of SUM_RUN elements */
  SumSquares = 15,
  /** parameter, gradient, hyper, size, decay */
  Sgd = 16,
  /** parameter, gradient, velocity, hyper, size, decay */
  Momentum = 17,
  /** parameter, gradient, meanSquare, velocity, hyper, size, decay */
  RmsProp = 18,
  /** parameter, gradient, m, v, hyper, size, decay */
  Adam = 19,
  /** as Adam, with the decay applied to the parameter and not to the gradient */
  AdamW = 20,
  /** x, weights, transformed, bias, y, winners, WINDOW, filters, activation, block: 2x2 max pooling of f(conv(x) + bias), Linear
   * or Relu, strides 1; y and winners are [n, outputHeight / 2, outputWidth / 2, filters], rounded down. winners (may be
   * 0) tells where each maximum was, row by row, 0 to 3, or 4 where the activation lets no gradient through.
   * transformed is what WinogradWeights made, or 0; block is how many images Winograd's way takes at a time */
  Conv2dMaxPool = 21,
  /** x, weights, dy, winners, dweights, dbias, dx, partials, WINDOW, filters: of Conv2dMaxPool; dbias and dx may be 0;
   * partials is room for CONV_POOL_PARTS * (filters * (kernelHeight * up to 4 (kernelWidth * channels) + 1)) */
  Conv2dMaxPoolGradient = 22,
  /** x, weights, y, dy, dweights, dbias, dx, dz, lists, rows, units, inputs, activation, rate: of Dense; dbias and dx may
   * be 0; dz is room of rows * units, lists of rows * (2 units + units / DENSE_UNIT_BLOCK + 2) */
  DenseGradient = 24,
  /** weights, transformed, kernel, channels, filters, flipped: of a square kernel, to [64, spread][filters / 8, channels, 8]; flipped, the
   * kernel turned by half a turn, to [64, channels / 8, filters, 8] */
  WinogradWeights = 23,
  /** x, weights, panels, bias, y, lists, rows, units, inputs, activation: Dense without dropout, for an x of which much is
   * zero. panels is what DensePanels made, or 0: the bits are the same. lists is room of
   * rows * (2 inputs + inputs / SPARSE_BLOCK + 2) */
  SparseDense = 25,
  /** weights, panels, units, inputs: [units, inputs] to [units / SPARSE_PANEL, inputs, SPARSE_PANEL] */
  DensePanels = 26,
  /** pixels, x, scale, offset, size: x = pixel * scale + offset; pixels are bytes, four a cell, scale and offset the bits of
   * float32 */
  ScalePixels = 27,
  /** pixels, x, parameters, taps, radius, scale, offset, n, height, width: ScalePixels after random distortions; parameters are
   * AUGMENT_CELLS numbers an image, see Augment; taps are 2 radius + 1 weights of a blur */
  Augment = 28,
  /** parameter, average, rate, size: average += rate * (parameter - average); rate is one number */
  Average = 29,
  /** x, gamma, beta, y, mean, inverse, movingMean, movingVariance, sums, randomState, rows, channels, activation, momentum,
   * epsilon: y = f((x - mean) inverse gamma + beta) by the statistics of the rows, which go to mean and inverse =
   * 1 / sqrt(variance + epsilon) and move the moving ones, of which the share min(momentum, (1 + step) / (10 + step)) stays;
   * gamma and beta may be 0, sums is room of BATCH_NORM_PARTS * 2 channels; momentum and epsilon are the bits of float32 */
  BatchNorm = 36,
  /** x, gamma, beta, dy, mean, inverse, dx, dgamma, dbeta, sums, rows, channels, activation: of BatchNorm, Linear or Relu;
   * dx may be dy; dx, dgamma and dbeta may be 0 */
  BatchNormGradient = 37,
  /** x, gamma, beta, movingMean, movingVariance, y, rows, channels, activation, epsilon: BatchNorm by the moving statistics */
  BatchNormInference = 38,
  /** weights, bias, gamma, beta, movingMean, movingVariance, folded, foldedBias, rows, filters, epsilon: weights
   * [rows, filters] and bias with BatchNormInference in them; bias, folded and foldedBias may be 0 */
  FoldBatchNorm = 39,
}

/** Cells of an image's row of Augment's `parameters`. */
export enum Augment {
  /** A pixel at (x, y) from the middle comes from (XX x + XY y + ShiftX, YX x + YY y + ShiftY). */
  XX = 0,
  XY = 1,
  YX = 2,
  YY = 3,
  ShiftX = 4,
  ShiftY = 5,
  /** What the blurred noise that moves each pixel is multiplied with; 0 for none. */
  Elastic = 6,
  /** From -1, the smallest of a pixel and its neighbours, to 1, the largest. */
  Thickness = 7,
  /** From 0 to 1, all blurred. */
  Blur = 8,
  /** What grey levels are multiplied with, and what is added to them then, as a share of white. */
  Gain = 9,
  Lift = 10,
  /** The deviation of the noise, as a share of white. */
  Noise = 11,
  /** A whole number that noise and field are drawn by. */
  Key = 12,
}

export const AUGMENT_CELLS = 13;

export enum Activation {
  Linear = 0,
  Relu = 1,
  Tanh = 2,
  Sigmoid = 3,
}

/** Cells of an optimizer's `hyper` tensor; what Rho, Momentum and Epsilon mean is each optimizer's own. */
export enum Hyper {
  LearningRate = 0,
  WeightDecay = 1,
  Momentum = 2, // also Adam's beta1
  Rho = 3, // RMSProp's decay, Adam's beta2
  Epsilon = 4,
  /** Adam: learningRate * sqrt(1 - beta2^t) / (1 - beta1^t), computed by the host in float64 */
  StepSize = 5,
  Nesterov = 6, // 0 or 1
  /** What gradients are multiplied with before anything else: below 1 where they are clipped */
  GradientScale = 7,
  Count = 8,
}

/** Elements that one partial sum of SumSquares covers. */
export const SUM_RUN = 8192;

/** Parts of a batch whose weight gradients Conv2dMaxPoolGradient adds up by themselves. */
export const CONV_POOL_PARTS = 8;

/** Parts of the rows that BatchNorm and its gradient add up by themselves. */
export const BATCH_NORM_PARTS = 16;

/** Units whose sums over an input SparseDense adds up at a time, in registers, and inputs that it takes in one go. */
export const SPARSE_PANEL = 28;
export const SPARSE_BLOCK = 256;

/** Units whose weights DenseGradient works on together for dx. */
export const DENSE_UNIT_BLOCK = 128;
