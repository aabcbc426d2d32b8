import type { PerturbedAccuracy, Robustness } from "../evaluationFile.ts";
import type { Interval } from "../metrics/interval.ts";
import type { Mistake } from "../metrics/mistakes.ts";
import type { Metrics } from "../metrics.ts";
import type { Perturbation } from "../perturb.ts";
import { pictureLines } from "./preview.ts";
import { colorsFor, counted, formatCount, formatDuration, type Io, printable } from "./terminal.ts";

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

/** What changed by dividing the logits. */
export interface Calibrated {
  readonly temperature: number;
  /** The calibration error without it. */
  readonly errorBefore: number;
}

/** The metrics as a table: the whole, each class, and what was taken for what. */
export function metricsText(
  metrics: Metrics,
  calibrated: Calibrated | undefined,
  seconds: number,
  io: Io,
): string {
  const { bold, dim, green, red } = colorsFor(io.stdout, io);
  const { count, accuracy, accuracyInterval, confusionMatrix, classes } = metrics;
  const wrong = Math.round(count * (1 - accuracy));
  const names = classes.map(({ name }) => printable(name));
  const width = Math.max(7, ...names.map((name) => name.length)) + 2;
  const corner = "label \\ predicted";
  const matrixWidth = Math.max(corner.length - 2, width);
  const { low, high } = accuracyInterval;
  const row = (name: string, value: string, note = "") =>
    `${name.padEnd(20)}${value.padEnd(9)}${dim(note)}`.trimEnd();
  const lines = [
    `${bold("Accuracy")}            ${bold(percent(accuracy).padEnd(9))}${dim(
      `${formatCount(wrong)} of ${formatCount(count)} wrong; 95 % confidence: ${(low * 100).toFixed(2)} to ${percent(high)}`,
    )}`,
    row("Top-2 accuracy", percent(metrics.topTwoAccuracy), "the label is among the two most probable"),
    row("Mean squared error", metrics.meanSquaredError.toFixed(4), "of class indices"),
    row("Brier score", metrics.brierScore.toFixed(5), "of probabilities, 0 is best"),
    row("Cross-entropy", metrics.crossEntropy.toFixed(5), "nats"),
    row(
      "Calibration error",
      percent(metrics.expectedCalibrationError),
      calibrated
        ? `expected; ${percent(calibrated.errorBefore)} before dividing by the temperature, ${calibrated.temperature.toFixed(3)}`
        : "expected; these weights have no temperature",
    ),
    "",
    dim(`${"class".padEnd(width)}  images  precision   recall       F1`),
    ...classes.map(({ count: images, precision, recall, f1 }, one) => {
      const shares = [precision, recall, f1].map((share) => percent(share).padStart(9)).join("");
      return `${names[one]?.padEnd(width)}${formatCount(images).padStart(8)}  ${shares}`;
    }),
    "",
    dim(
      `${corner}${classes.map((_, j) => String(j).padStart(j === 0 ? matrixWidth + 6 - corner.length : 6)).join("")}`,
    ),
    ...confusionMatrix.map((counts, label) => {
      const cells = counts.map((images, predicted) => {
        const cell = (images === 0 ? "·" : String(images)).padStart(6);
        return predicted === label ? green(cell) : images === 0 ? dim(cell) : red(cell);
      });
      return `${names[label]?.padEnd(matrixWidth)}${cells.join("")}`;
    }),
    "",
    dim(`${formatCount(count)} images in ${formatDuration(seconds)}`),
  ];
  return `${lines.join("\n")}\n`;
}

const barWidth = 10;
/** Between a picture and its text, and between mistakes beside each other. */
const gap = 2;

/** Mistakes, each a picture and what the model made of it, as many beside each other as the terminal has room for. */
export function mistakesText(
  mistakes: readonly Mistake[],
  wrong: number,
  classNames: readonly string[],
  size: number,
  io: Io,
): string {
  const { bold, dim } = colorsFor(io.stdout, io);
  if (mistakes.length === 0) return `\n${bold("No mistakes")}\n`;
  const names = classNames.map((name) => printable(name, 20));
  const nameWidth = Math.max(...names.map((name) => name.length));
  const textWidth = Math.max(nameWidth + 9 + barWidth, 2 * nameWidth + 15);
  const blocks = mistakes.map((mistake) => {
    const { index, pixels } = mistake;
    const picture = pictureLines({ index, width: size, height: size, pixels }, io.stdout, io);
    const text = mistakeLines(mistake, names, nameWidth, io);
    return Array.from({ length: Math.max(picture.lines.length, text.length) }, (_, i) => {
      const { styled = "", width = 0 } = text[i] ?? {};
      const padding = " ".repeat(Math.max(0, textWidth - width));
      return `${picture.lines[i] ?? " ".repeat(picture.width)}${" ".repeat(gap)}${styled}${padding}`;
    });
  });
  const blockWidth = (mistakes[0] ? widthOfPicture(io, size) : 0) + gap + textWidth;
  const columns = Math.max(1, Math.floor(((io.stdout.columns || 80) + gap) / (blockWidth + gap)));
  const lines: string[] = [];
  for (let start = 0; start < blocks.length; start += columns) {
    const row = blocks.slice(start, start + columns);
    lines.push("");
    for (const i of row[0]?.keys() ?? [])
      lines.push(
        row
          .map((block) => block[i])
          .join(" ".repeat(gap))
          .trimEnd(),
      );
  }
  const those = mistakes.length < wrong ? `The ${formatCount(mistakes.length)} worst of ` : "";
  const title = `${those}${counted(wrong, "mistake")}`;
  return `\n${bold(title)}${dim(", the least probability of the label first")}\n${lines.join("\n")}\n`;
}

function widthOfPicture(io: Io, size: number): number {
  const blank = { index: 0, width: size, height: size, pixels: new Uint8Array(size * size) };
  return pictureLines(blank, io.stdout, io).width;
}

/** What stands beside a picture; its width is without what colours it. */
function mistakeLines(
  { index, label, predicted, probabilities }: Mistake,
  names: readonly string[],
  nameWidth: number,
  io: Io,
): { readonly styled: string; readonly width: number }[] {
  const { dim, green, red } = colorsFor(io.stdout, io);
  const plain = (text: string, style = (one: string) => one) => ({ styled: style(text), width: text.length });
  const said = `${names[label]}, taken for ${names[predicted]}`;
  const likely = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const shown = likely.slice(0, 3);
  if (!shown.includes(label)) shown.splice(2, 1, label);
  return [
    plain(`#${formatCount(index)}`, dim),
    plain(said),
    plain(""),
    ...shown.map((one) => {
      const share = probabilities[one]!;
      const bar = "█".repeat(Math.round(share * barWidth));
      const text = `${names[one]?.padEnd(nameWidth)} ${percent(share).padStart(8)} ${bar}`.trimEnd();
      return plain(text, one === label ? green : one === predicted ? red : dim);
    }),
  ];
}

/** `100.00 (99.96–100.00)`, and room before the next. */
const cellWidth = 22;

/** Accuracy by perturbation and severity. */
export function robustnessText(
  { images, clean, perturbations, meanAccuracy }: Robustness,
  kinds: readonly Perturbation[],
  seconds: number,
  io: Io,
): string {
  const { bold, dim, red } = colorsFor(io.stdout, io);
  const width = Math.max(...kinds.map(({ name }) => name.length)) + 1;
  const hasRoom = !io.stdout.isTTY || io.stdout.columns >= 100;
  const cell = ({ accuracy, low, high }: Interval & { readonly accuracy: number }) => {
    const share = (accuracy * 100).toFixed(2).padStart(6);
    const interval = ` (${(low * 100).toFixed(2)}–${(high * 100).toFixed(2)})`;
    const padding = " ".repeat(cellWidth - share.length - interval.length);
    return `${accuracy < 0.9 ? red(share) : share}${dim(interval)}${padding}`;
  };
  const rowOf = (name: string) => perturbations.filter((one: PerturbedAccuracy) => one.name === name);
  const lines = [
    "",
    `${bold("Robustness")}: ${kinds.length} perturbations of ${counted(images, "image")}, accuracy in % with its 95 % interval`,
    "",
    dim(
      `${"".padEnd(width)}${[1, 2, 3].map((n) => `severity ${n}`.padEnd(cellWidth)).join("")}${hasRoom ? "strengths" : ""}`.trimEnd(),
    ),
    `${"none".padEnd(width)}${cell(clean)}`.trimEnd(),
    ...kinds.map(({ name, strengths, unit }) => {
      const cells = rowOf(name).map(cell).join("");
      const told = hasRoom ? dim(`${strengths.join(", ")}${unit}`) : "";
      return `${name.padEnd(width)}${cells}${told}`.trimEnd();
    }),
    `${bold("mean")}${" ".repeat(width - 4)}${bold((meanAccuracy * 100).toFixed(2).padStart(6))}`,
    "",
    dim(`${counted(images * perturbations.length, "perturbed image")} in ${formatDuration(seconds)}`),
  ];
  return `${lines.join("\n")}\n`;
}
