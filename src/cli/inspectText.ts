import { sizeOf } from "../core/shape.ts";
import type { Damage, DamageReport } from "../inspect/damage.ts";
import type { EventsReport } from "../inspect/events.ts";
import type { ExamplesReport, Range } from "../inspect/examples.ts";
import type { IdxReport } from "../inspect/idx.ts";
import type { LabelCounts } from "../inspect/labels.ts";
import type { CheckpointReport, SafetensorsReport } from "../inspect/safetensors.ts";
import type { Statistics } from "../inspect/statistics.ts";
import type { FileReport } from "../inspect.ts";
import { colorsFor, counted, formatCount, formatDuration, type Io } from "./terminal.ts";

type Colors = ReturnType<typeof colorsFor>;

/** A report as people read it; every text that comes out of the file is made harmless for a terminal. */
export function reportText(name: string, report: FileReport, io: Io): string {
  const colors = colorsFor(io.stdout, io);
  const packed = report.compression ? `, ${report.compression}` : "";
  const head = `${colors.bold(printable(name, 200))}  ${colors.dim(`${formatCount(report.bytes)} bytes${packed}`)}`;
  const parts = [contentText(report, colors), damageText(report.damage, colors)];
  return `${[head, ...parts.filter((part) => part !== "")].join("\n")}\n`;
}

function contentText(report: FileReport, colors: Colors): string {
  switch (report.kind) {
    case "examples":
      return examplesText(report, colors);
    case "events":
      return eventsText(report, colors);
    case "safetensors":
      return safetensorsText(report, colors);
    case "idx":
      return idxText(report, colors);
    case "records": {
      const sizes = report.recordBytes ? `, ${rangeText(report.recordBytes)} bytes each` : "";
      return `${counted(report.records, "TFRecord")} of unknown content${sizes}`;
    }
  }
}

const layoutNames = {
  slim: "TF-slim's layout",
  classic: "the classic layout (image_raw, label)",
  mixed: "records of different layouts",
  unknown: "an unknown layout",
} as const;

function examplesText({ records, layout, keys, pictures, labels }: ExamplesReport, colors: Colors): string {
  const keyRows = keys.slice(0, maxRows).map(({ key, types, records: count, values, bytes, numbers }) => {
    const ranges = [bytes && `${rangeText(bytes)} bytes`, numbers && rangeText(numbers)];
    return [
      printable(key),
      types.join(", "),
      formatCount(count),
      rangeText(values),
      ranges.filter(Boolean).join(", "),
    ];
  });
  const kindRows = pictures
    .slice(0, 10)
    .map(({ encoding, width, height, channels, count, bytes }) => [
      `${encoding} ${width}x${height} ${channels === 1 ? "grey" : `${channels} channels`}`,
      formatCount(count),
      `${rangeText(bytes)} bytes`,
    ]);
  const left = pictures.length - kindRows.length;
  return sections([
    `${counted(records, "tf.Example")} in ${layoutNames[layout]}`,
    table(["key", "type", ">records", ">values", "from, to"], keyRows, colors) +
      more(keys.length - keyRows.length, "key", colors),
    kindRows.length > 0 &&
      table(["pictures", ">count", "size"], kindRows, colors) + more(left, "kind", colors),
    labelsText(labels, colors),
  ]);
}

function eventsText({ version, events, tags, wallTime }: EventsReport, colors: Colors): string {
  const rows = tags
    .slice(0, maxRows)
    .map(({ tag, plugin, values, firstStep, lastStep, last }) => [
      printable(tag),
      printable(plugin, 20),
      formatCount(values),
      formatCount(firstStep),
      formatCount(lastStep),
      last === undefined ? "" : last === null ? "not finite" : numberText(last),
    ]);
  const format = version === undefined ? "of unknown version" : printable(version, 40);
  const span = formatDuration(Math.max(0, wallTime.last - wallTime.first));
  const times =
    events === 0 ? "" : `\nfrom ${timeText(wallTime.first)} to ${timeText(wallTime.last)}, ${span}`;
  return sections([
    `TensorBoard event file, ${format}: ${counted(events, "event")}, ${counted(tags.length, "tag")}${times}`,
    rows.length > 0 &&
      table(["tag", "plugin", ">values", ">from step", ">to step", ">last value"], rows, colors) +
        more(tags.length - rows.length, "tag", colors),
  ]);
}

function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? `second ${seconds}` : `${time.toISOString().slice(0, 19)}Z`;
}

function safetensorsText(report: SafetensorsReport, colors: Colors): string {
  const { tensors, elements, metadata, checkpoint } = report;
  const rows = tensors
    .slice(0, maxRows)
    .map(({ name, dtype, shape, bytes, values }) => [
      printable(name),
      dtype,
      shape.join("x") || "scalar",
      formatCount(bytes),
      ...statisticsCells(values),
    ]);
  const columns = ["tensor", "dtype", "shape", ">bytes", ">min", ">max", ">mean", ">deviation", "faults"];
  return sections([
    `${checkpoint ? "checkpoint, " : ""}safetensors: ${counted(tensors.length, "tensor")}, ${counted(elements, checkpoint?.optimizerTensors ? "number" : "parameter")}`,
    checkpoint && checkpointText(checkpoint, colors),
    fieldRows(metadata, colors),
    rows.length > 0 && table(columns, rows, colors) + more(tensors.length - rows.length, "tensor", colors),
  ]);
}

function statisticsCells(values: Statistics | undefined): string[] {
  if (!values || values.count === 0) return ["", "", "", "", ""];
  const { min, max, mean, deviation, nans, infinities } = values;
  const faults = [
    nans > 0 && `${formatCount(nans)} NaN`,
    infinities > 0 && `${formatCount(infinities)} infinite`,
  ];
  return [...[min, max, mean, deviation].map(numberText), faults.filter(Boolean).join(", ")];
}

function checkpointText(checkpoint: CheckpointReport, colors: Colors): string {
  const { definition, config, progress, parameters, optimizerTensors } = checkpoint;
  const { name, input, classes, layers } = definition;
  const best = progress.best;
  const model = {
    model: `${name}, ${formatCount(parameters)} parameters`,
    input: `${input.shape.join("x")}, pixel * ${input.scale} ${input.offset < 0 ? "-" : "+"} ${Math.abs(input.offset)}`,
    classes: classes.join(", "),
    step: `${formatCount(progress.step)}${best ? `, best accuracy ${valueText(best.accuracy)} at step ${valueText(best.step)}` : ""}`,
    optimizer:
      optimizerTensors > 0
        ? `${counted(optimizerTensors, "tensor")}, to go on from here`
        : "none, weights only",
  };
  const layerRows = layers.slice(0, maxRows).map(({ name: layer, type, ...options }) => {
    return [printable(layer), type, printable(optionsText(options), 120)];
  });
  return sections([
    fieldRows(model, colors),
    table(["layer", "type", "options"], layerRows, colors) +
      more(layers.length - layerRows.length, "layer", colors),
    `${colors.dim("training")}\n${fieldRows({ ...config }, colors)}`,
  ]);
}

/** A line for each field of an object. */
function fieldRows(fields: Readonly<Record<string, unknown>>, colors: Colors): string {
  const entries = Object.entries(fields);
  const shown = entries
    .slice(0, maxRows)
    .map(([key, value]) => [printable(key, 40), printable(valueText(value), 200)]);
  const width = Math.max(0, ...shown.map(([key = ""]) => key.length));
  const lines = shown.map(([key = "", value = ""]) => `  ${colors.dim(key.padEnd(width))}  ${value}`);
  return lines.join("\n") + more(entries.length - shown.length, "field", colors);
}

/** Whatever JSON a file has, in few words: `adam (beta1 0.9, beta2 0.98)`. */
function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value))
    return value.every((one) => typeof one === "number") ? value.join("x") : JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  const { name, ...others } = value as Record<string, unknown>;
  if (typeof name !== "string") return optionsText(others) || "{}";
  const options = optionsText(others);
  return options === "" ? name : `${name} (${options})`;
}

function optionsText(options: object): string {
  return Object.entries(options)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(", ");
}

function idxText({ content, elementType, shape, labels, values }: IdxReport, colors: Colors): string {
  const [count = 0, ...others] = shape;
  const what =
    content === "labels"
      ? counted(count, "label")
      : content === "images"
        ? `${counted(count, "image")} of ${others.join("x")}`
        : `an array of ${shape.join("x") || "unknown shape"}`;
  const statistics =
    values &&
    `  levels ${values.min} to ${values.max}, mean ${values.mean.toFixed(2)}, deviation ${values.deviation.toFixed(2)}, ` +
      `${((100 * values.zeros) / Math.max(1, sizeOf(shape))).toFixed(1)} % are 0`;
  return sections([`IDX, ${elementType}: ${what}`, statistics, labels && labelsText(labels, colors)]);
}

const barWidth = 40;
const maxRows = 200;
const maxLabelRows = 64;

function labelsText(labels: LabelCounts, colors: Colors): string {
  if (labels.length === 0) return "";
  const most = Math.max(...labels.map(({ count }) => count));
  const shown = labels.slice(0, maxLabelRows);
  const rows = shown.map(({ label, count }) => [
    String(label),
    formatCount(count),
    "█".repeat(Math.round((count / most) * barWidth)),
  ]);
  return table([">label", ">count", ""], rows, colors) + more(labels.length - shown.length, "label", colors);
}

const listedInText = 20;

function damageText({ count, first, unreadBytes }: DamageReport, colors: Colors): string {
  if (count === 0) return `\n${colors.green("no damage")}`;
  const lines = first.slice(0, listedInText).map((one) => `  ${placeOf(one)}${printable(one.fault, 300)}`);
  const left = count - lines.length;
  if (left > 0) lines.push(`  … and ${formatCount(left)} more`);
  if (unreadBytes !== undefined && unreadBytes > 0) {
    lines.push(`  ${counted(unreadBytes, "byte")} from there to the end could not be read`);
  }
  return `\n${colors.red(`damage in ${counted(count, "place")}`)}\n${lines.join("\n")}`;
}

function placeOf({ record, offset }: Damage): string {
  if (record === undefined) return "";
  return `record ${formatCount(record)} at offset ${formatCount(offset ?? 0)}: `;
}

/**
 * Columns as wide as they need be, without those that are empty; a heading that begins with `>` is one of numbers, set
 * to the right.
 */
function table(headings: readonly string[], rows: readonly (readonly string[])[], { dim }: Colors): string {
  const columns = headings
    .map((heading, i) => {
      const cells = [heading.replace(/^>/, ""), ...rows.map((row) => row[i] ?? "")];
      return {
        cells,
        isNumber: heading.startsWith(">"),
        width: Math.max(...cells.map((cell) => cell.length)),
      };
    })
    .filter(({ cells }) => cells.slice(1).some((cell) => cell !== ""));
  const line = (row: number): string =>
    `  ${columns
      .map(({ cells, isNumber, width }) => {
        const cell = cells[row] ?? "";
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd()}`;
  return [dim(line(0)), ...rows.map((_, i) => line(i + 1))].join("\n");
}

/** A last line where not all is shown. */
function more(left: number, noun: string, { dim }: Colors): string {
  return left > 0 ? `\n${dim(`  … and ${counted(left, `more ${noun}`)}; --json has all`)}` : "";
}

/** Parts with a blank line between them; none for what there is not. */
function sections(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== "").join("\n\n");
}

function rangeText({ min, max }: Range): string {
  return min === max ? numberText(min) : `${numberText(min)} to ${numberText(max)}`;
}

/** Whole numbers whole, others with four digits. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? formatCount(value) : String(value);
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** Text out of a file without what would steer a terminal, and not longer than `most` characters. */
function printable(text: string, most = 60): string {
  const harmless = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "�");
  return harmless.length > most ? `${harmless.slice(0, most - 1)}…` : harmless;
}
