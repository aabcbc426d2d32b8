import { type Html, html } from "./html.ts";
import { type Line, lineChart } from "./lineChart.ts";
import type { Report } from "./readReport.ts";
import type { Point } from "./scalars.ts";
import { smoothed, thinned, type XY } from "./smooth.ts";
import { linearTicks, percentLabel, type Scale } from "./ticks.ts";

/** How much of the past a smoothed curve keeps with every value. */
const smoothing = 0.9;
/** More would not be seen, and only make the page longer. */
const mostPoints = 500;

/** The curves of loss, accuracy and learning rate; nothing where no events were written. */
export function learningSection({ train, validation, timing }: Report): Html | undefined {
  const loss = lines(train.loss, validation.loss);
  const accuracy = lines(train.accuracy, validation.accuracy);
  const rate = xy(train.learning_rate);
  const all = [...loss, ...accuracy]
    .flatMap(({ points }) => points.map(([step]) => step))
    .concat(rate.map(([step]) => step));
  const last = all.reduce((a, b) => Math.max(a, b), 0);
  if (last === 0) return undefined;
  const x: Scale = { kind: "linear", low: 0, high: last };
  const speeds = timing?.speeds.map(({ step, imagesPerSecond }): XY => [step, imagesPerSecond]) ?? [];
  return html`<div class="charts">
${loss.length > 0 && lineChart({ title: "Loss", xLabel: "step", x, ...lossAxis(loss), lines: loss })}
${accuracy.length > 0 && lineChart({ title: "Accuracy", xLabel: "step", x, ...accuracyAxis(accuracy), yLabel: percentLabel, lines: accuracy })}
${rate.length > 0 && lineChart({ title: "Learning rate", xLabel: "step", x, y: fromZero(rate), lines: [{ name: "learning rate", color: "plain", points: thinned(rate, mostPoints) }] })}
${
  speeds.length > 0 &&
  lineChart({
    title: "Images a second",
    xLabel: "step",
    x,
    y: fromZero(smoothed(speeds, smoothing)),
    lines: [
      { name: "raw", color: "plain", style: "faint", points: thinned(speeds, mostPoints) },
      { name: "images a second", color: "plain", points: thinned(smoothed(speeds, smoothing), mostPoints) },
    ],
  })
}
</div>`;
}

function lines(train: readonly Point[] = [], heldOut: readonly Point[] = []): Line[] {
  const raw = xy(train);
  const all: Line[] = [
    { name: "training, each batch", color: "train", style: "faint", points: thinned(raw, mostPoints) },
    { name: "training", color: "train", points: thinned(smoothed(raw, smoothing), mostPoints) },
    { name: "validation", color: "held-out", style: "dots", points: xy(heldOut) },
  ];
  return all.filter(({ points }) => points.length > 0);
}

function xy(points: readonly Point[] = []): readonly XY[] {
  return points.map(({ step, value }) => [step, value]);
}

/** The values that the axis is made for: the noise of single batches may leave it. */
function mainValues(all: readonly Line[]): readonly number[] {
  return all
    .filter(({ style }) => style !== "faint")
    .flatMap(({ points }) => points.map(([, value]) => value));
}

/** A loss that falls by orders of magnitude is shown on a logarithmic axis. */
function lossAxis(all: readonly Line[]): { readonly y: Scale; readonly note?: string } {
  const values = mainValues(all);
  const high = Math.max(...values);
  const low = Math.min(...values);
  if (!(low > 0 && high / low > 10))
    return { y: { kind: "linear", low: Math.min(0, low), high: room(high) } };
  return { y: { kind: "log", low: low / 2, high: high * 1.2 }, note: "logarithmic" };
}

/** Most of a training passes in the last percents: the axis begins where nine tenths of it are. */
function accuracyAxis(all: readonly Line[]): { readonly y: Scale; readonly note?: string } {
  const values = [...mainValues(all)].sort((a, b) => a - b);
  const low = values[Math.floor(values.length / 10)]!;
  const begin =
    linearTicks(0, 1, 1 / Math.max(0.01, (1 - low) / 3))
      .filter((tick) => tick <= low - (1 - low) * 0.2 && tick < 1)
      .at(-1) ?? 0;
  const y: Scale = { kind: "linear", low: begin, high: 1 };
  return begin > 0 ? { y, note: `from ${percentLabel(begin)}` } : { y };
}

function fromZero(points: readonly XY[]): Scale {
  return { kind: "linear", low: 0, high: room(points.reduce((most, [, value]) => Math.max(most, value), 0)) };
}

/** A little above the highest value, so that it does not touch the edge. */
function room(high: number): number {
  return high > 0 ? high * 1.08 : 1;
}
