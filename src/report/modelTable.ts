import { formatCount } from "../core/numberText.ts";
import { formatShape } from "../core/shape.ts";
import { type Html, html } from "./html.ts";
import type { ModelReport } from "./model.ts";
import { settingsOf } from "./settings.ts";

/** A row a layer: what it gives, what it has learnt and what it costs; bars are shares of the whole. */
export function modelTable({ layers, parameters, multiplyAdds, definition }: ModelReport): Html {
  const part = (value: number, whole: number) =>
    value === 0
      ? html`<td class="number none">0</td>`
      : html`<td class="number">${formatCount(value)}<span class="bar"><i style="width:${((value / whole) * 100).toFixed(1)}%"></i></span></td>`;
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Layer</th><th scope="col">Type</th><th scope="col">Output</th><th scope="col" class="number">Parameters</th><th scope="col" class="number">Multiply-adds</th></tr></thead>
<tbody><tr><th scope="row">input</th><td>grey levels × ${definition.input.scale} ${definition.input.offset < 0 ? "−" : "+"} ${Math.abs(definition.input.offset)}</td><td>${formatShape(definition.input.shape)}</td><td class="number none">0</td><td class="number none">0</td></tr>
${layers.map((layer, index) => html`<tr><th scope="row">${layer.name}</th><td>${layer.type}<small>${optionsText(definition.layers[index] ?? {})}</small></td><td>${formatShape(layer.outputShape)}</td>${part(layer.parameters, parameters)}${part(layer.multiplyAdds, multiplyAdds)}</tr>`)}</tbody>
<tfoot><tr><th scope="row">together</th><td></td><td></td><td class="number">${formatCount(parameters)}</td><td class="number">${formatCount(multiplyAdds)}</td></tr></tfoot>
</table></div>`;
}

/** `filters 6, kernelSize 5, activation relu`. */
function optionsText(layer: object): string {
  return settingsOf(layer)
    .filter(([key]) => key !== "type" && key !== "name")
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
