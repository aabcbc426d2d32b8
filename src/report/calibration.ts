import { formatCount, formatPercent } from "../core/numberText.ts";
import { wilsonInterval } from "../metrics/interval.ts";
import type { ReliabilityBin } from "../metrics/reliability.ts";
import type { Metrics } from "../metrics.ts";
import { type Html, html } from "./html.ts";
import { percentLabel, placeOn, type Scale } from "./ticks.ts";

const quarters = [0, 0.25, 0.5, 0.75, 1];

/** A bin that has predictions, and where it stands. */
interface Bin extends ReliabilityBin {
  /** Of its column, in percent of the width. */
  readonly x: number;
  readonly width: number;
  /** What is read at the pointer. */
  readonly told: string;
}

/** What logits are divided by, and whether it was fitted to the very images that are shown. */
interface Temperature {
  readonly value: number;
  readonly isFittedHere: boolean;
}

/**
 * The reliability diagram: how often the model is right beside how sure it is, bin by bin, and below how many
 * predictions are in each. Bins on the diagonal are as right as they are sure.
 */
export function calibrationChart(
  { reliability, expectedCalibrationError }: Metrics,
  temperature: Temperature | undefined,
): Html {
  const column = 100 / reliability.length;
  const bins = reliability
    .map((bin, index): Bin => {
      const told = `${formatCount(bin.count)} predictions, ${formatPercent(bin.confidence, 1)} sure on average, ${formatPercent(bin.accuracy, 1)} right`;
      return { ...bin, x: index * column + 0.35, width: column - 0.7, told };
    })
    .filter(({ count }) => count > 0);
  return html`<figure>
<figcaption><b>Share that is right</b><span class="legend"><span class="key too-sure">too sure</span><span class="key unsure">not sure enough</span></span></figcaption>
<div class="plot reliability"><svg role="img" aria-label="Reliability diagram; the expected calibration error is ${formatPercent(expectedCalibrationError)}">
${quarters.map((share) => rule(share, percentLabel(share)))}
${bins.map(reliabilityBars)}
<line class="diagonal" x1="0" y1="100%" x2="100%" y2="0"/><line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>
</svg></div>
<div class="plot counts">${countBars(bins)}</div>
<p class="x-label">how sure the model is; below, predictions in each bin, logarithmic</p>
<p class="note">Expected calibration error ${formatPercent(expectedCalibrationError)}${temperature && temperatureNote(temperature)}. On the dashed line the model is right as often as it is sure; strokes are 95&nbsp;% intervals.</p>
</figure>`;
}

function temperatureNote({ value, isFittedHere }: Temperature): string {
  const shown = `temperature of ${value.toFixed(3)}`;
  return isFittedHere
    ? `, before a ${shown} was fitted to these images`
    : `, with logits divided by a ${shown}`;
}

function reliabilityBars(bin: Bin): Html {
  const { count, confidence, accuracy, x, width, told } = bin;
  const { low, high } = wilsonInterval(Math.round(accuracy * count), count);
  const middle = `${(x + width / 2).toFixed(2)}%`;
  return html`<g><title>${told}</title>${bar("right-share", bin, 0, Math.min(accuracy, confidence))}${bar("unsure", bin, confidence, accuracy)}${bar("too-sure", bin, accuracy, confidence)}<line class="range" x1="${middle}" x2="${middle}" y1="${level(low)}" y2="${level(high)}"/></g>`;
}

function countBars(bins: readonly Bin[]): Html {
  // Nearly all predictions are in the last bin: only a logarithm shows the others.
  const scale: Scale = { kind: "log", low: 0.5, high: Math.max(10, ...bins.map(({ count }) => count)) };
  const ticks = [1, 100, 10_000, 1_000_000].filter((tick) => tick <= scale.high);
  return html`<svg role="img" aria-label="Predictions in each bin">
${ticks.map((tick) => rule(placeOn(scale, tick), formatCount(tick)))}
${bins.map((bin) => html`<g><title>${bin.told}</title>${bar("bin-count", bin, 0, placeOn(scale, bin.count))}</g>`)}
<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>
${quarters.map((share) => html`<text class="x" x="${share * 100}%" y="100%" dy="18">${percentLabel(share)}</text>`)}
</svg>`;
}

function bar(kind: string, { x, width }: Bin, from: number, to: number): Html | false {
  return (
    to > from &&
    html`<rect class="${kind}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" y="${level(to)}" height="${((to - from) * 100).toFixed(2)}%"/>`
  );
}

function rule(share: number, label: string): Html {
  return html`<line class="grid" x1="0" x2="100%" y1="${level(share)}" y2="${level(share)}"/><text class="y" x="-8" y="${level(share)}" dy="4">${label}</text>`;
}

/** Where a share of the height lies. */
function level(share: number): string {
  return `${((1 - share) * 100).toFixed(2)}%`;
}
