import { formatPercent } from "../core/numberText.ts";
import type { EvaluationFile } from "../evaluationFile.ts";
import { type Html, html } from "./html.ts";
import { linearTicks, numberLabel, placeOn, type Scale } from "./ticks.ts";

/** The accuracy of each evaluation with its 95 % interval, on one axis. */
export function intervalChart(evaluations: readonly EvaluationFile[]): Html {
  const ends = evaluations.flatMap(({ metrics: { accuracyInterval: at } }) => [at.low, at.high]);
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max((highest - lowest) * 0.15, 1e-4);
  const scale: Scale = { kind: "linear", low: Math.max(0, lowest - room), high: Math.min(1, highest + room) };
  const x = (share: number) => `${(placeOn(scale, share) * 100).toFixed(1)}%`;
  const rowHeight = 30;
  const height = evaluations.length * rowHeight;
  const rows = evaluations.map(({ what, metrics: { accuracy, accuracyInterval: at } }, index) => {
    const y = (index + 0.5) * rowHeight;
    const color = what === "validation" ? "held-out" : "train";
    return html`<g class="${color}"><title>${what}: ${formatPercent(accuracy)}, 95 % from ${formatPercent(at.low)} to ${formatPercent(at.high)}</title>
<text class="y" x="-10" y="${y}" dy="4">${what}</text><line class="whisker ${color}" x1="${x(at.low)}" x2="${x(at.high)}" y1="${y}" y2="${y}"/><circle class="dot ${color}" cx="${x(accuracy)}" cy="${y}" r="5"/></g>`;
  });
  return html`<figure class="intervals" style="--height:${height}px"><svg role="img" aria-label="Accuracy with 95 % intervals">
${linearTicks(scale.low, scale.high, 8).map((tick) => html`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${height}"/><text class="x" x="${x(tick)}" y="${height}" dy="16">${numberLabel(tick * 100)}</text>`)}
<line class="axis" x1="0" x2="100%" y1="${height}" y2="${height}"/>
${rows}</svg><figcaption class="x-label">accuracy in %, with its 95 % interval</figcaption></figure>`;
}
