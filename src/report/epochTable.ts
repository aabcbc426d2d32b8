import { formatCount, formatDuration, formatPercent } from "../core/numberText.ts";
import { type Html, html } from "./html.ts";
import type { Report } from "./readReport.ts";

/** A row an epoch: what it took and what it brought; nothing where no epoch was evaluated. */
export function epochTable({ timing, validation, model }: Report): Html | undefined {
  if (!timing || timing.epochs.length === 0) return undefined;
  const best = model?.progress.best?.step;
  const at = (tag: string, step: number) => validation[tag]?.find((point) => point.step === step)?.value;
  const rows = timing.epochs.map(({ epoch, step, seconds, imagesPerSecond }) => {
    const [loss, accuracy] = [at("loss", step), at("accuracy", step)];
    return html`<tr><th scope="row">${epoch}${step === best && html` <span class="tag">best</span>`}</th><td class="number">${formatCount(step)}</td><td class="number">${loss?.toFixed(4)}</td><td class="number">${accuracy !== undefined && formatPercent(accuracy)}</td><td class="number">${formatDuration(seconds)}</td><td class="number">${imagesPerSecond !== undefined && formatCount(Math.round(imagesPerSecond))}</td></tr>`;
  });
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Epoch</th><th scope="col" class="number">Step</th><th scope="col" class="number">Validation loss</th><th scope="col" class="number">Validation accuracy</th><th scope="col" class="number">Time</th><th scope="col" class="number">Images/s</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">together</th><td class="number">${formatCount(timing.epochs.at(-1)!.step)}</td><td></td><td></td><td class="number">${formatDuration(timing.seconds)}</td><td></td></tr></tfoot></table></div>`;
}
