import { Activation } from "../kernels/opcodes.ts";
import { activate } from "./activation.ts";
import { convolve } from "./conv2d.ts";
import type { Args, Kernel } from "./kernel.ts";
import { eachTap, pixelCounts } from "./window.ts";

/** Calls `visit` for every cell of what 2x2 pooling makes of `window`'s output: its index and that of its first pixel. */
function eachPooled(
  window: readonly number[],
  filters: number,
  visit: (cell: number, corner: number, filter: number) => void,
): void {
  const [n, , , , , , , , , , outputHeight, outputWidth] = window as Args<12>;
  let cell = 0;
  for (let image = 0; image < n; image++) {
    for (let y = 0; y + 1 < outputHeight; y += 2) {
      for (let x = 0; x + 1 < outputWidth; x += 2) {
        const corner = (image * outputHeight + y) * outputWidth + x;
        for (let filter = 0; filter < filters; filter++) visit(cell++, corner, filter);
      }
    }
  }
}

const NO_WINNER = 4;

export const conv2dMaxPool: Kernel = ({ floats: f, ints }, args) => {
  const [x, weights, , bias, y, winners] = args as Args<6>;
  const window = args.slice(6, 18);
  const [filters, activation] = args.slice(18) as Args<2>;
  const outputWidth = window[11]!;
  const sums = convolve(f, x, weights, window, filters);
  eachPooled(window, filters, (cell, corner, filter) => {
    const four = [corner, corner + 1, corner + outputWidth, corner + outputWidth + 1];
    const values = four.map((pixel) => sums[pixel * filters + filter]! + (bias ? f[bias + filter]! : 0));
    const largest = Math.max(...values);
    f[y + cell] = activate(largest, activation);
    if (!winners) return;
    const isFlat = activation === Activation.Relu && largest <= 0;
    ints[winners + cell] = isFlat ? NO_WINNER : Math.max(values.indexOf(largest), 0);
  });
};

export const conv2dMaxPoolGradient: Kernel = (cells, args) => {
  const { floats: f, ints } = cells;
  const [x, weights, dy, winners, dweights, dbias, dx] = args as Args<7>;
  const window = args.slice(8, 20);
  const [, , , channels, kernelHeight, kernelWidth] = window as Args<12>;
  const filters = args[20]!;
  const outputWidth = window[11]!;
  const dz = new Float64Array(pixelCounts(window).outputs * filters);
  const biases = new Float64Array(filters);
  eachPooled(window, filters, (cell, corner, filter) => {
    const winner = ints[winners + cell]!;
    if (winner === NO_WINNER) return;
    const pixel = corner + (winner >> 1) * outputWidth + (winner & 1);
    dz[pixel * filters + filter] = f[dy + cell]!;
    biases[filter]! += f[dy + cell]!;
  });
  const weightSums = new Float64Array(kernelHeight * kernelWidth * channels * filters);
  const inputSums = new Float64Array(pixelCounts(window).inputs * channels);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const row = (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) {
        const gradient = dz[output * filters + k]!;
        weightSums[row + k]! += f[x + input * channels + c]! * gradient;
        inputSums[input * channels + c]! += f[weights + row + k]! * gradient;
      }
    }
  });
  f.set(weightSums, dweights);
  if (dbias) f.set(biases, dbias);
  if (dx) f.set(inputSums, dx);
};
