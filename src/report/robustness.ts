import { formatCount, formatPercent } from "../core/numberText.ts";
import type { RobustnessFile } from "../evaluationFile.ts";
import { type Html, html } from "./html.ts";

/** A table of accuracies, perturbations by severities, darker where more is lost. */
export function robustnessSection({
  perturbations,
  clean,
  images,
  data,
  meanAccuracy,
}: RobustnessFile): Html {
  const names = [...new Set(perturbations.map(({ name }) => name))];
  const severities = [...new Set(perturbations.map(({ severity }) => severity))].sort((a, b) => a - b);
  const most = Math.max(0.01, ...perturbations.map(({ accuracy }) => clean.accuracy - accuracy));
  const cell = (name: string, severity: number) => {
    const found = perturbations.find((one) => one.name === name && one.severity === severity);
    if (!found) return html`<td></td>`;
    const lost = Math.max(0, clean.accuracy - found.accuracy) / most;
    const strength = 78 * Math.sqrt(lost);
    return html`<td class="heat${strength > 60 ? " strong" : ""}" style="--heat:${strength.toFixed(0)}%" title="95 %: ${formatPercent(found.low)} to ${formatPercent(found.high)}">${formatPercent(found.accuracy)}</td>`;
  };
  return html`<p class="lead">Accuracy on ${formatCount(images)} images of ${data}, each changed in every way. As they are: ${formatPercent(clean.accuracy)}; changed, on average: ${formatPercent(meanAccuracy)}.</p>
<div class="scroll"><table class="robustness">
<thead><tr><th scope="col">Perturbation</th>${severities.map((severity) => html`<th scope="col">severity ${severity}</th>`)}</tr></thead>
<tbody>${names.map((name) => html`<tr><th scope="row">${name}</th>${severities.map((severity) => cell(name, severity))}</tr>`)}</tbody>
</table></div>`;
}
