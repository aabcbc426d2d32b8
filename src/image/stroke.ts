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

/**
 * The mean width of the strokes, pixels: a stroke's area is its length times its width, and its outline about
 * twice its length. Steps of pixels overstate an outline by 4/pi on average over all directions.
 */
function strokeWidth({ width, height, data }: GreyImage, within: Box): number {
  const isInk = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x]! > STROKE_INK;
  let area = 0;
  let outline = 0;
  for (let y = within.y; y < within.y + within.height; y++) {
    for (let x = within.x; x < within.x + within.width; x++) {
      if (!isInk(x, y)) continue;
      area++;
      if (!isInk(x - 1, y)) outline++;
      if (!isInk(x + 1, y)) outline++;
      if (!isInk(x, y - 1)) outline++;
      if (!isInk(x, y + 1)) outline++;
    }
  }
  return outline === 0 ? 0 : (2 * area) / ((outline * Math.PI) / 4);
}

/** The greatest value of each square of `factor` x `factor` pixels: no line gets lost. */
function maxPooled(image: GreyImage, factor: number): GreyImage {
  if (factor === 1) return image;
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const data = new Float32Array(width * height);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const at = Math.floor(y / factor) * width + Math.floor(x / factor);
      data[at] = Math.max(data[at]!, image.data[y * image.width + x]!);
    }
  }
  return { width, height, data };
}

/** The image drawn with a disc of `radius` pixels, soft at its rim; `radius`, rounded up, wider on every side. */
function dilated(image: GreyImage, radius: number): GreyImage {
  const margin = Math.ceil(radius);
  const width = image.width + 2 * margin;
  const height = image.height + 2 * margin;
  const data = new Float32Array(width * height);
  for (let dy = -margin; dy <= margin; dy++) {
    for (let dx = -margin; dx <= margin; dx++) {
      const weight = Math.min(1, Math.max(0, radius + 1 - Math.hypot(dx, dy)));
      if (weight === 0) continue;
      for (let y = 0; y < image.height; y++) {
        const to = (y + margin + dy) * width + margin + dx;
        for (let x = 0; x < image.width; x++) {
          const value = weight * image.data[y * image.width + x]!;
          if (value > data[to + x]!) data[to + x] = value;
        }
      }
    }
  }
  return { width, height, data };
}
