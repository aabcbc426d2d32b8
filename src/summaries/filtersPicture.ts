import type { Shape } from "../core/shape.ts";
import { type Canvas, type Color, centered, colors, createCanvas, lineHeight, mix } from "../draw/canvas.ts";

const margin = 16;
const gap = 8;
const scale = 2;
/** About how many pixels wide a filter is drawn. */
const wanted = 70;
const most = 64;
const negative: Color = [33, 102, 172];
const zero: Color = [250, 250, 250];
const positive: Color = [178, 24, 43];

/**
 * The filters of a convolution as a grid: red weights are above 0, blue ones below, the strongest of all filters in the
 * strongest colour.
 *
 * @param weights [height, width, channels, filters]; each channel of a filter is drawn by itself.
 */
export function filtersPicture(weights: ArrayLike<number>, shape: Shape): Canvas {
  const [height = 1, width = 1, channels = 1, filters = 1] = shape;
  const count = Math.min(most, channels * filters);
  let strongest = 0;
  for (let i = 0; i < weights.length; i++) strongest = Math.max(strongest, Math.abs(weights[i]!));
  const colorOf = (weight: number): Color =>
    mix(zero, weight < 0 ? negative : positive, strongest > 0 ? Math.abs(weight) / strongest : 0);

  const zoom = Math.max(1, Math.round(wanted / Math.max(height, width)));
  const cell = { width: width * zoom + gap, height: height * zoom + gap };
  const columns = Math.min(count, 8);
  const rows = Math.ceil(count / columns);
  const grid = Math.max(columns * cell.width - gap, 200);
  const legendTop = margin + rows * cell.height + gap;
  const canvas = createCanvas(2 * margin + grid, legendTop + 2 * lineHeight(scale) + gap + margin);
  for (let i = 0; i < count; i++) {
    const left = margin + (i % columns) * cell.width;
    const top = margin + Math.floor(i / columns) * cell.height;
    canvas.fill(left - 1, top - 1, width * zoom + 2, height * zoom + 2, colors.line);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const weight =
          weights[((y * width + x) * channels + (i % channels)) * filters + Math.floor(i / channels)]!;
        canvas.fill(left + x * zoom, top + y * zoom, zoom, zoom, colorOf(weight));
      }
    }
  }
  for (let x = 0; x < grid; x++) {
    const weight = ((2 * x) / (grid - 1) - 1) * strongest;
    canvas.fill(margin + x, legendTop, 1, lineHeight(scale), colorOf(weight));
  }
  const numbers = legendTop + lineHeight(scale) + gap;
  const end = strongest.toPrecision(2);
  canvas.text(margin, numbers, `-${end}`, colors.ink, scale);
  canvas.text(centered(margin, grid, "0", scale), numbers, "0", colors.ink, scale);
  canvas.text(margin + grid - end.length * 6 * scale + scale, numbers, end, colors.ink, scale);
  return canvas;
}
