import { type Canvas, centered, colors, createCanvas, lineHeight } from "../draw/canvas.ts";
import type { InputDefinition } from "../nn/definition.ts";

const columns = 8;
const most = 32;
const zoom = 3;
const margin = 14;
const gap = 12;
const textGap = 5;
const scale = 2;

/**
 * The first images of a batch as the network is given them, with what distorted them, each with its label.
 *
 * @param images scaled, [n, height, width, channels]; the first channel is drawn.
 */
export function inputsPicture(
  images: ArrayLike<number>,
  labels: ArrayLike<number>,
  input: InputDefinition,
  count: number,
): Canvas {
  const [height, width, channels] = input.shape;
  const shown = Math.min(count, most);
  const cell = { width: width * zoom + gap, height: height * zoom + textGap + lineHeight(scale) + gap };
  const across = Math.min(columns, shown);
  const rows = Math.ceil(shown / columns);
  const canvas = createCanvas(2 * margin + across * cell.width - gap, 2 * margin + rows * cell.height - gap);
  for (let i = 0; i < shown; i++) {
    const left = margin + (i % columns) * cell.width;
    const top = margin + Math.floor(i / columns) * cell.height;
    const start = i * height * width * channels;
    const pixels = Uint8ClampedArray.from({ length: height * width }, (_, at) =>
      Math.round((images[start + at * channels]! - input.offset) / input.scale),
    );
    canvas.grey(left, top, { width, height, pixels }, zoom);
    const text = String(labels[i]);
    const textTop = top + height * zoom + textGap;
    canvas.text(centered(left, width * zoom, text, scale), textTop, text, colors.ink, scale);
  }
  return canvas;
}
