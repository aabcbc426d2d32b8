import type { Args, Kernel } from "./kernel.ts";
import { eachTap, pixelCounts } from "./window.ts";

export const maxPool2d: Kernel = ({ floats: f }, args) => {
  const [x, y] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  f.fill(Number.NEGATIVE_INFINITY, y, y + pixelCounts(window).outputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      const at = y + output * channels + c;
      f[at] = Math.max(f[at]!, f[x + input * channels + c]!);
    }
  });
};

export const maxPool2dGradient: Kernel = ({ floats: f }, args) => {
  const [x, y, dy, dx] = args as Args<4>;
  const window = args.slice(4);
  const channels = window[3]!;
  const { inputs, outputs } = pixelCounts(window);
  const given = new Uint8Array(outputs * channels);
  f.fill(0, dx, dx + inputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      const at = output * channels + c;
      if (given[at] || f[x + input * channels + c] !== f[y + at]) continue;
      given[at] = 1;
      f[dx + input * channels + c]! += f[dy + at]!;
    }
  });
};

/** How many input pixels, padding left out, each output pixel's window covers. */
function tapCounts(window: readonly number[]): Int32Array {
  const counts = new Int32Array(pixelCounts(window).outputs);
  eachTap(window, (output) => {
    counts[output]!++;
  });
  return counts;
}

export const avgPool2d: Kernel = ({ floats: f }, args) => {
  const [x, y] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  const counts = tapCounts(window);
  const sums = new Float64Array(counts.length * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) sums[output * channels + c]! += f[x + input * channels + c]!;
  });
  sums.forEach((sum, at) => {
    f[y + at] = sum / counts[Math.floor(at / channels)]!;
  });
};

export const avgPool2dGradient: Kernel = ({ floats: f }, args) => {
  const [dy, dx] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  const counts = tapCounts(window);
  const sums = new Float64Array(pixelCounts(window).inputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      sums[input * channels + c]! += f[dy + output * channels + c]! / counts[output]!;
    }
  });
  f.set(sums, dx);
};
