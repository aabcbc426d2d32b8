import { addressOf, computed, imageOf } from "./kernels.ts";
import type { Box, GreyImage } from "./picture.ts";

/** Strokes thinner than this become TARGET_WIDTH broad; 95 % of MNIST's are broader. In MNIST's pixels. */
const LEAST_WIDTH = 1.4;

/** A slender stroke of MNIST, whose median is 2.3 pixels. */
const TARGET_WIDTH = 2;

/** Longest side of the copy on which strokes are thickened, pixels: eight to a pixel of MNIST's. */
const WORKING_SIDE = 160;

/** Ink above this is stroke when its width is measured. */
const STROKE_INK = 0.3;

/**
 * The ink drawn with a broader pen, if its strokes would otherwise get thinner than MNIST's: a line that a
 * fine pen drew in a large picture is averaged away when the digit becomes 20 pixels long. `scale` is the
 * number of MNIST's pixels to a pixel of `ink`, `within` a box that all ink lies in. The result may be smaller and has a margin: find its box anew.
 */
export function broadStrokes(ink: GreyImage, within: Box, length: number, scale: number): GreyImage {
  const width = strokeWidth(ink, within) * scale;
  if (width >= LEAST_WIDTH) return ink;
  const factor = Math.max(1, Math.floor(length / WORKING_SIDE));
  const radius = ((TARGET_WIDTH - width) / scale - (factor - 1)) / 2 / factor;
  return radius <= 0 ? ink : dilated(maxPooled(ink, factor), radius);
}

function strokeWidth({ width, data }: GreyImage, { x, y, width: wide, height: high }: Box): number {
  return computed((kernels) =>
    kernels.strokeWidth(addressOf(data), width, x, y, x + wide, y + high, STROKE_INK, true),
  );
}

/** The greatest value of each square of `factor` x `factor` pixels: no line gets lost. */
function maxPooled({ width, height, data }: GreyImage, factor: number): GreyImage {
  return imageOf(Math.ceil(width / factor), Math.ceil(height / factor), (kernels, to) =>
    kernels.maxPool(addressOf(data), width, height, factor, to),
  );
}

/** The image drawn with a disc of `radius` pixels, soft at its rim; `radius`, rounded up, wider on every side. */
function dilated({ width, height, data }: GreyImage, radius: number): GreyImage {
  const margin = Math.ceil(radius);
  const side = 2 * margin + 1;
  const pen = Float64Array.from({ length: side * side }, (_, i) => {
    const away = Math.hypot((i % side) - margin, Math.floor(i / side) - margin);
    return Math.min(1, Math.max(0, radius + 1 - away));
  });
  return imageOf(width + 2 * margin, height + 2 * margin, (kernels, to) =>
    kernels.dilate(addressOf(data), width, height, addressOf(pen), margin, to),
  );
}
