import { type Canvas, type Color, centered, colors, createCanvas, lineHeight, mix } from "../draw/canvas.ts";
import { textWidth } from "../draw/font.ts";
import type { Metrics } from "../metrics.ts";

const cell = { width: 60, height: 40 } as const;
const scale = 2;
const margin = 16;
const gap = 10;
const right: Color = [46, 125, 90];
const wrong: Color = [214, 72, 40];
const white: Color = [255, 255, 255];

/**
 * A confusion matrix: a row for each class, of what its images were taken for, in numbers. Green on the diagonal is the
 * share that is right; mistakes are the redder the more of the row they are, by the square root, so that a single one
 * among hundreds is seen.
 */
export function confusionPicture({ confusionMatrix, classes }: Metrics): Canvas {
  const names = classes.map(({ name }) => name);
  const widest = Math.max(...names.map((name) => textWidth(name) * scale));
  const isUpwards = widest > cell.width - 6;
  const head = isUpwards ? widest : lineHeight(scale);
  const left = margin + lineHeight(scale) + gap + widest + gap;
  const top = margin + lineHeight(scale) + gap + head + gap;
  const across = names.length * cell.width;
  const down = names.length * cell.height;
  const canvas = createCanvas(left + across + margin, top + down + margin);

  canvas.text(centered(left, across, "predicted", scale), margin, "predicted", colors.faint, scale);
  const label = "label";
  canvas.textUpwards(margin, centered(top, down, label, scale), label, colors.faint, scale);
  names.forEach((name, i) => {
    const x = left + i * cell.width;
    const y = top + i * cell.height;
    const width = textWidth(name) * scale;
    const nameLeft = margin + lineHeight(scale) + gap + widest - width;
    canvas.text(nameLeft, y + middle(cell.height), name, colors.ink, scale);
    const nameTop = margin + lineHeight(scale) + gap;
    if (isUpwards) {
      canvas.textUpwards(x + middle(cell.width), nameTop + widest - width, name, colors.ink, scale);
    } else canvas.text(centered(x, cell.width, name, scale), nameTop, name, colors.ink, scale);
  });

  canvas.fill(left - 1, top - 1, across + 1, down + 1, colors.line);
  confusionMatrix.forEach((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    row.forEach((count, j) => {
      const x = left + j * cell.width;
      const y = top + i * cell.height;
      const share = total === 0 ? 0 : count / total;
      const strength = i === j ? share : Math.min(1, Math.sqrt(share) * 2.5);
      const paper = mix(white, i === j ? right : wrong, count === 0 ? 0 : 0.12 + 0.88 * strength);
      canvas.fill(x, y, cell.width - 1, cell.height - 1, paper);
      if (count === 0) return;
      const text = String(count);
      const size = textWidth(text) * scale <= cell.width - 6 ? scale : 1;
      const ink = strength > 0.45 ? white : colors.ink;
      canvas.text(
        centered(x, cell.width - 1, text, size),
        y + ((cell.height - lineHeight(size)) >> 1),
        text,
        ink,
        size,
      );
    });
  });
  return canvas;
}

/** Where a line of text begins that stands in the middle of `room` pixels. */
function middle(room: number): number {
  return (room - lineHeight(scale)) >> 1;
}
