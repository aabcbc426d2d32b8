import { formatCount, formatPercent } from "../core/numberText.ts";
import type { EvaluationFile } from "../evaluationFile.ts";
import { type Html, html } from "./html.ts";

/** So many are seen at once; the others are folded away. */
const first = 24;

/** The worst mistakes as pictures, each with its label, the answer, and how probable the model thought both. */
export function mistakePictures({ mistakes, metrics }: EvaluationFile): Html {
  const name = (index: number) => metrics.classes[index]?.name ?? String(index);
  const cards = mistakes.map(
    ({ index, label, predicted, probabilities, png }) => html`<figure class="mistake">
<div class="picture"><img alt="Image ${index}: ${name(label)}, taken for ${name(predicted)}" title="image ${formatCount(index)}" width="28" height="28" src="data:image/png;base64,${png}"></div>
<figcaption><span class="answer"><b>${name(predicted)}</b> ${sure(probabilities[predicted])}</span><span class="label">is ${name(label)} <small>${sure(probabilities[label])}</small></span></figcaption></figure>`,
  );
  const rest = cards.slice(first);
  return html`<div class="mistakes">${cards.slice(0, first)}</div>
${rest.length > 0 && html`<details><summary>${rest.length} more</summary><div class="mistakes">${rest}</div></details>`}`;
}

function sure(probability: number | undefined): string {
  if (probability === undefined) return "";
  return probability < 0.0005 ? "< 0.1 %" : formatPercent(probability, 1);
}
