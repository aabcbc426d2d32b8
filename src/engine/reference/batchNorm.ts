import { Activation } from "../kernels/opcodes.ts";
import { activate } from "./activation.ts";
import { type Args, type Floats, floatOfBits, type Kernel } from "./kernel.ts";

/** What a tensor of channels has for `channel`, or `absent` where the layer does without the tensor. */
function channelOf(f: Floats, tensor: number, channel: number, absent: number): number {
  return tensor ? f[tensor + channel]! : absent;
}

/** The mean of column `channel` of `value(cell)`. */
function columnMean(
  rows: number,
  channels: number,
  channel: number,
  value: (cell: number) => number,
): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += value(row * channels + channel);
  return sum / rows;
}

export const batchNorm: Kernel = ({ floats: f, ints }, args) => {
  const [x, gamma, beta, y, means, inverses, movingMean, movingVariance] = args as Args<8>;
  const [randomState, rows, channels, activation, momentum, epsilon] = args.slice(9) as Args<6>;
  if (rows === 0) return;
  const step = ints[randomState + 1]!;
  const keep = Math.min(floatOfBits(momentum), (1 + step) / (10 + step));
  const moved = (from: number, to: number) => keep * from + (1 - keep) * to;
  for (let c = 0; c < channels; c++) {
    const mean = columnMean(rows, channels, c, (cell) => f[x + cell]!);
    const variance = columnMean(rows, channels, c, (cell) => (f[x + cell]! - mean) ** 2);
    const inverse = 1 / Math.sqrt(variance + floatOfBits(epsilon));
    f[means + c] = mean;
    f[inverses + c] = inverse;
    f[movingMean + c] = moved(f[movingMean + c]!, mean);
    f[movingVariance + c] = moved(f[movingVariance + c]!, variance);
    for (let cell = c; cell < rows * channels; cell += channels) {
      const normal = (f[x + cell]! - mean) * inverse;
      f[y + cell] = activate(normal * channelOf(f, gamma, c, 1) + channelOf(f, beta, c, 0), activation);
    }
  }
};

export const batchNormGradient: Kernel = ({ floats: f }, args) => {
  const [x, gamma, beta, dy, means, inverses, dx, dgamma, dbeta] = args as Args<9>;
  const [rows, channels, activation] = args.slice(10) as Args<3>;
  for (let c = 0; c < channels; c++) {
    const inverse = f[inverses + c]!;
    const scale = channelOf(f, gamma, c, 1);
    const normal = (cell: number) => (f[x + cell]! - f[means + c]!) * inverse;
    const dz = (cell: number) => {
      const isFlat = activation === Activation.Relu && normal(cell) * scale + channelOf(f, beta, c, 0) <= 0;
      return isFlat ? 0 : f[dy + cell]!;
    };
    const meanGradient = rows && columnMean(rows, channels, c, dz);
    const meanProduct = rows && columnMean(rows, channels, c, (cell) => dz(cell) * normal(cell));
    if (dgamma) f[dgamma + c] = meanProduct * rows;
    if (dbeta) f[dbeta + c] = meanGradient * rows;
    for (let cell = c; dx && cell < rows * channels; cell += channels) {
      f[dx + cell] = scale * inverse * (dz(cell) - meanGradient - normal(cell) * meanProduct);
    }
  }
};

export const batchNormInference: Kernel = ({ floats: f }, args) => {
  const [x, gamma, beta, mean, variance, y, rows, channels, activation, epsilon] = args as Args<10>;
  for (let cell = 0; cell < rows * channels; cell++) {
    const c = cell % channels;
    const normal = (f[x + cell]! - f[mean + c]!) / Math.sqrt(f[variance + c]! + floatOfBits(epsilon));
    f[y + cell] = activate(normal * channelOf(f, gamma, c, 1) + channelOf(f, beta, c, 0), activation);
  }
};

export const foldBatchNorm: Kernel = ({ floats: f }, args) => {
  const [weights, bias, gamma, beta, mean, variance, folded, foldedBias, rows, filters, epsilon] =
    args as Args<11>;
  for (let k = 0; k < filters; k++) {
    const scale = channelOf(f, gamma, k, 1) / Math.sqrt(f[variance + k]! + floatOfBits(epsilon));
    for (let row = 0; folded && row < rows; row++) {
      f[folded + row * filters + k] = f[weights + row * filters + k]! * scale;
    }
    if (!foldedBias) continue;
    f[foldedBias + k] = (channelOf(f, bias, k, 0) - f[mean + k]!) * scale + channelOf(f, beta, k, 0);
  }
};
