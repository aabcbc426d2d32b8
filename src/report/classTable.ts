import { formatCount, formatPercent } from "../core/numberText.ts";
import type { ClassMetrics } from "../metrics.ts";
import { type Html, html } from "./html.ts";

/** A row a class; the bars are what precision, recall and F1 lack of 1, all on one scale. */
export function classTable(classes: readonly ClassMetrics[]): Html {
  const most = Math.max(
    ...classes.flatMap(({ precision, recall, f1 }) => [precision, recall, f1].map((one) => 1 - one)),
    1e-9,
  );
  const mostImages = Math.max(...classes.map(({ count }) => count), 1);
  const share = (value: number) =>
    html`<td class="number">${formatPercent(value)}<span class="bar lack"><i style="width:${(((1 - value) / most) * 100).toFixed(1)}%"></i></span></td>`;
  return html`<div class="scroll"><table class="classes">
<thead><tr><th scope="col">Class</th><th scope="col" class="number">Precision</th><th scope="col" class="number">Recall</th><th scope="col" class="number">F1</th><th scope="col" class="number">Images</th></tr></thead>
<tbody>${classes.map(
    ({ name, count, precision, recall, f1 }) =>
      html`<tr><th scope="row">${name}</th>${share(precision)}${share(recall)}${share(f1)}<td class="number">${formatCount(count)}<span class="bar"><i style="width:${((count / mostImages) * 100).toFixed(1)}%"></i></span></td></tr>`,
  )}</tbody></table></div>
<p class="note">Orange bars show what is missing to 100 %; the longest is ${formatPercent(most)}.</p>`;
}
