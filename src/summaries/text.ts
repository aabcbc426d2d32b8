import { formatShape } from "../core/shape.ts";
import { textValue } from "../formats/events.ts";
import type { HparamValue } from "../formats/hparams.ts";
import type { SummaryValue } from "../formats/summary.ts";
import { type Network, parameterCount } from "../nn/network.ts";

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligned: readonly string[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(aligned), ...rows.map(line)].join("\n");
}

const count = (value: number) => value.toLocaleString("en-US");

/** The network, layer by layer, as a Markdown table. */
export function modelText(network: Network): SummaryValue {
  const { name, input, classes } = network.definition;
  const rows = network.layers.map((layer) => [
    layer.name,
    layer.type,
    formatShape(layer.outputShape),
    count(parameterCount(layer)),
    count(layer.multiplyAdds),
  ]);
  const multiplyAdds = network.layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  const total = ["**all**", "", "", `**${count(parameterCount(network))}**`, `**${count(multiplyAdds)}**`];
  const head = ["layer", "type", "output", "parameters", "multiply-adds an image"];
  return textValue(
    "model",
    [
      `**${name}**: images of ${formatShape(input.shape)}, each pixel times ${input.scale} plus ${input.offset}; ` +
        `classes: ${classes.join(", ")}`,
      table(head, [...rows, total], ["---", "---", "---", "---:", "---:"]),
    ].join("\n\n"),
  );
}

/** All settings as a Markdown table. */
export function configurationText(settings: ReadonlyMap<string, HparamValue>): SummaryValue {
  const rows = [...settings].map(([name, value]) => [name, `\`${String(value)}\``]);
  return textValue("configuration", table(["setting", "value"], rows, ["---", "---"]));
}
