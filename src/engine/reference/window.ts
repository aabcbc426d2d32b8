import type { Args } from "./kernel.ts";

/**
 * Calls `visit` for every output pixel and every input pixel that its window covers, padding left out:
 * the indices of the output pixel, of the input pixel (both without channels) and of the place in the window.
 */
export function eachTap(
  window: readonly number[],
  visit: (output: number, input: number, tap: number) => void,
): void {
  const [
    n,
    height,
    width,
    ,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    top,
    left,
    outputHeight,
    outputWidth,
  ] = window as Args<12>;
  for (let image = 0; image < n; image++) {
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          const iy = oy * strideHeight + ky - top;
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ix = ox * strideWidth + kx - left;
            if (ix < 0 || ix >= width) continue;
            const output = (image * outputHeight + oy) * outputWidth + ox;
            visit(output, (image * height + iy) * width + ix, ky * kernelWidth + kx);
          }
        }
      }
    }
  }
}

/** The number of input pixels, and of output pixels, of a window over its images. */
export function pixelCounts(window: readonly number[]): {
  readonly inputs: number;
  readonly outputs: number;
} {
  const [n, height, width, , , , , , , , outputHeight, outputWidth] = window as Args<12>;
  return { inputs: n * height * width, outputs: n * outputHeight * outputWidth };
}
