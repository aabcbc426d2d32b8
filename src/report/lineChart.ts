import { type Html, html } from "./html.ts";
import type { XY } from "./smooth.ts";
import { linearTicks, logTicks, numberLabel, placeOn, type Scale } from "./ticks.ts";

/** A curve of a chart. */
export interface Line {
  readonly name: string;
  /** The colour: a class of the style sheet. */
  readonly color: "train" | "held-out" | "plain";
  readonly points: readonly XY[];
  /** `faint` is drawn behind the others and neither in the legend nor in read-outs; `dots` marks each point. */
  readonly style?: "faint" | "dots";
}

export interface LineChart {
  /** What the y axis shows, with its unit. */
  readonly title: string;
  readonly xLabel: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly yLabel?: (value: number) => string;
  readonly lines: readonly Line[];
  /** A word on the y axis. */
  readonly note?: string;
}

/** Units of the drawing that curves lie in; their ends are the axes' ends. */
const SPAN = 1000;

/**
 * A chart of curves. The drawing is as wide as its place and the text as large as the page's: places are shares, and
 * only the curves are stretched.
 */
export function lineChart(chart: LineChart): Html {
  const { title, xLabel, x, y, lines, note } = chart;
  const yLabel = chart.yLabel ?? numberLabel;
  const top = (value: number) => percent(1 - placeOn(y, value));
  const left = (value: number) => percent(placeOn(x, value));
  const yTicks = y.kind === "log" ? logTicks(y.low, y.high) : linearTicks(y.low, y.high, 5);
  const shown = lines.filter(({ points }) => points.length > 0);
  const named = shown.filter(({ style }) => style !== "faint");
  return html`<figure class="chart">
<figcaption><b>${title}</b>${note !== undefined && html`<small>${note}</small>`}<span class="legend">${named.length > 1 && named.map(({ name, color }) => html`<span class="key ${color}">${name}</span>`)}</span></figcaption>
<div class="plot" data-x="${domain(x)}" data-y="${domain(y)}" data-percent="${chart.yLabel ? "1" : ""}">
<svg role="img" aria-label="${description(chart, named, yLabel)}">
${yTicks.map((value) => html`<line class="grid" x1="0" x2="100%" y1="${top(value)}" y2="${top(value)}"/><text class="y" x="-8" y="${top(value)}" dy="4">${yLabel(value)}</text>`)}
${linearTicks(x.low, x.high, 6).map((value) => html`<line class="tick" x1="${left(value)}" x2="${left(value)}" y1="100%" y2="100%"/><text class="x" x="${left(value)}" y="100%" dy="18">${numberLabel(value)}</text>`)}
<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>
<svg viewBox="0 0 ${SPAN} ${SPAN}" preserveAspectRatio="none" width="100%" height="100%">${shown.map((line) => polyline(line, chart))}</svg>
${named.filter(({ style }) => style === "dots").map(({ color, points }) => points.filter(([, value]) => isWithin(y, value)).map(([at, value]) => html`<circle class="dot ${color}" cx="${left(at)}" cy="${top(value)}" r="3.5"/>`))}
</svg></div>
<p class="x-label">${xLabel}</p>
</figure>`;
}

function polyline({ name, color, points, style }: Line, { x, y }: LineChart): Html {
  // What is far below or above is drawn at the edge of what can be seen: an axis without end has no number for 0.
  const height = (value: number) => {
    const place = y.kind === "log" && value <= 0 ? -1 : placeOn(y, value);
    return (1 - Math.max(-1, Math.min(2, place))) * SPAN;
  };
  const text = points
    .map(([at, value]) => `${rounded(placeOn(x, at) * SPAN)},${rounded(height(value))}`)
    .join(" ");
  return html`<polyline class="line ${color} ${style ?? ""}" ${style !== "faint" && html`data-name="${name}"`} points="${text}"/>`;
}

function isWithin({ low, high }: Scale, value: number): boolean {
  return value >= low && value <= high;
}

function description(
  { title, xLabel }: LineChart,
  lines: readonly Line[],
  label: (value: number) => string,
): string {
  const told = lines.map(({ name, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!];
    return `${name} from ${label(significant(first[1]))} at ${xLabel} ${numberLabel(first[0])} to ${label(significant(last[1]))} at ${numberLabel(last[0])}`;
  });
  return `${title}: ${told.join("; ")}`;
}

function significant(value: number): number {
  return Number(value.toPrecision(4));
}

function domain({ kind, low, high }: Scale): string {
  return `${kind} ${low} ${high}`;
}

function percent(share: number): string {
  return `${rounded(share * 100)}%`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
