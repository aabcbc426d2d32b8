import { MnistError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Engine } from "../engine/engine.ts";
import { isAugmenting } from "../nn/augmentation.ts";
import { type ModelSummary, summarizeModel } from "../nn/summary.ts";
import type { TrainingEvent } from "../train.ts";
import { learningRateAt } from "../trainingConfig.ts";
import { kebab } from "./spec.ts";
import { colorsFor, counted, formatCount, formatMegabytes, type Io, printJson } from "./terminal.ts";
import type { TrainingSetup } from "./trainingSetup.ts";

interface Planned {
  readonly engine: Engine;
  readonly setup: TrainingSetup;
  readonly isJson: boolean;
}

type Start = Extract<TrainingEvent, { type: "start" }>;

/**
 * `--dry-run`: prints what a training would do. It is begun, so that all is as it would be, and left before its first
 * step; nothing is written.
 */
export async function showPlan(
  events: AsyncIterable<TrainingEvent>,
  planned: Planned,
  io: Io,
): Promise<void> {
  for await (const event of events) {
    if (event.type !== "start") throw new MnistError("BAD_ARGUMENT", "a training begins with its start");
    const model = summarizeModel(event.trainingStep.network);
    if (planned.isJson) printJson(io, planOf(event, model, planned));
    else io.stdout.write(planText(event, model, planned, io));
    return;
  }
}

function planOf(start: Start, model: ModelSummary, { engine, setup }: Planned) {
  const { config, data, validationData, logDir, definition } = setup;
  const { trainingStep, ...counts } = start;
  return {
    ...counts,
    type: "plan",
    model,
    data: data.names,
    ...(validationData && { validationData: validationData.names }),
    classes: definition.classes,
    learningRate: ratesOf(start, setup),
    bytes: { ...trainingStep.bytes, engine: engine.bytes },
    engine: { variant: engine.variant, threads: engine.threads },
    logDir,
    config,
  };
}

/** The rate at the first and the last step, and the highest with the first step (from 1) that has it. */
function ratesOf({ steps, stepsPerEpoch }: Start, { config }: TrainingSetup) {
  const at = (step: number) => learningRateAt(config, { step, steps, stepsPerEpoch });
  let peak = 0;
  for (let step = 1; step < steps; step++) if (at(step) > at(peak)) peak = step;
  return { first: at(0), peak: at(peak), peakStep: peak + 1, last: at(steps - 1) };
}

function planText(start: Start, model: ModelSummary, { engine, setup }: Planned, io: Io): string {
  const { bold, dim } = colorsFor(io.stdout, io);
  const { config, data, validationData, logDir, definition } = setup;
  const { planned, withoutReuse } = start.trainingStep.bytes;
  const { validationCount, leftOut, firstStep, steps, stepsPerEpoch } = start;
  const epochs = steps / stepsPerEpoch;
  const judging = validationData ? `to judge by: ${validationData.names}` : "held out";
  const names = definition.classes.join(", ");
  const rows: readonly (readonly [string, string])[] = [
    ["Data", data.names],
    [
      "Images",
      `${formatCount(start.trainCount)} to train on, ${formatCount(validationCount)} ${judging}` +
        (leftOut ? `, ${formatCount(leftOut.records)} damaged` : ""),
    ],
    ["Classes", `${definition.classes.length}: ${names.length > 70 ? `${names.slice(0, 70)}…` : names}`],
    [
      "Steps",
      `${formatCount(steps)} of ${counted(config.batchSize, "image")}, ${formatCount(stepsPerEpoch)} an epoch: ` +
        `${Number(epochs.toFixed(2))} epoch${epochs === 1 ? "" : "s"}` +
        (firstStep > 0 ? `; ${formatCount(firstStep)} are done` : ""),
    ],
    ["Optimizer", specText(config.optimizer)],
    ["Learning rate", rateText(start, setup)],
    ["Augmentation", isAugmenting(config.augment) ? specText(config.augment) : "none"],
    ["Regularization", regularizationText(setup)],
    ["Averaging", config.averageDecay > 0 ? `weights, decay ${config.averageDecay}` : "none"],
    [
      "Early stopping",
      config.patience === undefined
        ? "none"
        : `after ${counted(config.patience, "epoch")} without a better one`,
    ],
    [
      "Memory",
      `${formatMegabytes(engine.bytes)} of the engine; a step's tensors take ${formatMegabytes(planned)} of it, ` +
        `${formatMegabytes(withoutReuse)} without reuse`,
    ],
    ["Engine", `${engine.variant}, ${counted(engine.threads, "thread")}`],
    ["Files", `${logDir}; watch with: tensorboard --logdir ${logDir}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `${dim(name.padEnd(width))}  ${text}`);
  return `${bold(model.name)}\n${modelTable(model, dim)}\n\n${lines.join("\n")}\n\nNothing was trained: this was a dry run.\n`;
}

function modelTable(model: ModelSummary, dim: (text: string) => string): string {
  const rows = [
    ["Layer", "Type", "Output", "Parameters", "Multiply-adds"],
    ["input", "", formatShape(model.inputShape), "", ""],
    ...model.layers.map(({ name, type, outputShape, parameters, multiplyAdds }) => [
      ...[name, type, formatShape(outputShape)],
      ...[parameters, multiplyAdds].map((count) => (count === 0 ? "" : formatCount(count))),
    ]),
    ["total", "", "", formatCount(model.parameters), formatCount(model.multiplyAdds)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column < 3 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line, i) => (i === 0 || i === lines.length - 1 ? dim(line) : line)).join("\n");
}

/** `adam (beta1 0.9, beta2 0.98)`, without settings that are 0 or false. */
function specText(spec: { readonly name: string }): string {
  const { name, ...settings } = spec;
  const told = Object.entries(settings)
    .filter(([, value]) => value !== 0 && value !== false)
    .map(([key, value]) => (value === true ? key : `${key} ${String(value)}`));
  return told.length > 0 ? `${kebab(name)} (${told.join(", ")})` : kebab(name);
}

function rateText(start: Start, setup: TrainingSetup): string {
  const { schedule, warmUpEpochs } = setup.config;
  const { first, peak, peakStep, last } = ratesOf(start, setup);
  const rate = (value: number) => String(Number(value.toPrecision(3)));
  const warmUp = warmUpEpochs > 0 ? `, the first ${counted(warmUpEpochs, "epoch")} warming up` : "";
  if (first === peak && last === peak) return `${kebab(schedule.name)}, ${rate(peak)} at every step`;
  const path = [
    ...(peakStep > 1 ? [`${rate(first)} at step 1`] : []),
    `${rate(peak)} at step ${formatCount(peakStep)}`,
    ...(peakStep < start.steps ? [`${rate(last)} at step ${formatCount(start.steps)}`] : []),
  ];
  return `${kebab(schedule.name)}${warmUp}: ${path.join(", ")}`;
}

function regularizationText({ config }: TrainingSetup): string {
  const told = [
    ...(config.weightDecay > 0 ? [`weight decay ${config.weightDecay}`] : []),
    ...(config.labelSmoothing > 0 ? [`label smoothing ${config.labelSmoothing}`] : []),
    ...(config.clipNorm === undefined ? [] : [`gradients clipped to a norm of ${config.clipNorm}`]),
  ];
  return told.length > 0 ? told.join(", ") : "none but the model's own";
}
