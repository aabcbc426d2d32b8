import { activate } from "./activation.ts";
import type { Args, Floats, Kernel } from "./kernel.ts";
import { eachTap, pixelCounts } from "./window.ts";

/** The convolution itself, before bias and activation, in float64: [n, outputHeight, outputWidth, filters]. */
export function convolve(
  f: Floats,
  x: number,
  weights: number,
  window: readonly number[],
  filters: number,
): Float64Array {
  const channels = window[3]!;
  const sums = new Float64Array(pixelCounts(window).outputs * filters);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = f[x + input * channels + c]!;
      const row = weights + (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) sums[output * filters + k]! += value * f[row + k]!;
    }
  });
  return sums;
}

export const conv2d: Kernel = ({ floats: f }, args) => {
  const [x, weights, bias, y] = args as Args<4>;
  const window = args.slice(4, 16);
  const [filters, activation] = args.slice(16) as Args<2>;
  // Sums in float64 whatever the memory holds, so that the oracle is better than what it judges.
  convolve(f, x, weights, window, filters).forEach((sum, i) => {
    f[y + i] = activate(sum + (bias ? f[bias + (i % filters)]! : 0), activation);
  });
};

export const conv2dInputGradient: Kernel = ({ floats: f }, args) => {
  const [dy, weights, dx] = args as Args<3>;
  const window = args.slice(3, 15);
  const channels = window[3]!;
  const filters = args[15]!;
  const sums = new Float64Array(pixelCounts(window).inputs * channels);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const row = weights + (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++)
        sums[input * channels + c]! += f[dy + output * filters + k]! * f[row + k]!;
    }
  });
  f.set(sums, dx);
};

export const conv2dWeightGradient: Kernel = ({ floats: f }, args) => {
  const [x, dy, dweights] = args as Args<3>;
  const window = args.slice(3, 15);
  const [, , , channels, kernelHeight, kernelWidth] = window as Args<12>;
  const filters = args[15]!;
  const sums = new Float64Array(kernelHeight * kernelWidth * channels * filters);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = f[x + input * channels + c]!;
      const row = (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) sums[row + k]! += value * f[dy + output * filters + k]!;
    }
  });
  f.set(sums, dweights);
};

export const biasGradient: Kernel = ({ floats: f }, args) => {
  const [dy, dbias, rows, columns] = args as Args<4>;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += f[dy + i * columns + j]!;
    f[dbias + j] = sum;
  }
};
