import { MnistError } from "../../core/errors.ts";
import { PATCH_CELLS } from "../kernels/layout.ts";
import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { floatBits, images, type Operation, operation } from "./operation.ts";

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
