import { type Canvas, centered, colors, createCanvas, lineHeight } from "../draw/canvas.ts";
import { textWidth } from "../draw/font.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import type { Mistake } from "../metrics/mistakes.ts";

const columns = 6;
const most = 30;
const zoom = 4;
const side = mnistSize * zoom;
const margin = 18;
const gap = 18;
const textGap = 6;

/**
 * The worst mistakes, as many as fit, the worst first: each picture with its label in green and, in red, what it was
 * taken for and how surely.
 */
export function mistakesPicture(mistakes: readonly Mistake[], classNames: readonly string[]): Canvas {
  const shown = mistakes.slice(0, most);
  const rows = Math.max(1, Math.ceil(shown.length / columns));
  const captions = shown.map(({ label, predicted, probabilities }) => ({
    label: classNames[label]!,
    predicted: `${classNames[predicted]!} ${Math.round(probabilities[predicted]! * 100)}%`,
  }));
  // One size for all, so that they read alike.
  const longest = Math.max(0, ...captions.flatMap((one) => [one.label, one.predicted]).map(textWidth));
  const scale = longest * 2 <= side + gap - 6 ? 2 : 1;
  const cell = { width: side + gap, height: side + 2 * (textGap + lineHeight(scale)) + gap };
  const canvas = createCanvas(2 * margin + columns * cell.width - gap, 2 * margin + rows * cell.height - gap);
  if (shown.length === 0) {
    const text = "no mistakes";
    canvas.text(centered(0, canvas.width, text, 2), canvas.height >> 1, text, colors.good, 2);
  }
  shown.forEach(({ pixels }, i) => {
    const left = margin + (i % columns) * cell.width;
    const top = margin + Math.floor(i / columns) * cell.height;
    canvas.grey(left, top, { width: mnistSize, height: mnistSize, pixels }, zoom);
    const { label, predicted } = captions[i]!;
    const line = (text: string) => centered(left - gap / 2, side + gap, text, scale);
    const first = top + side + textGap;
    canvas.text(line(label), first, label, colors.good, scale);
    canvas.text(line(predicted), first + lineHeight(scale) + textGap, predicted, colors.bad, scale);
  });
  return canvas;
}
