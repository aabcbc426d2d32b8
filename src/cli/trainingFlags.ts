import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import { augmentationDefaults } from "../nn/augmentation.ts";
import { optimizerDefaults } from "../nn/optimizers.ts";
import { scheduleDefaults } from "../nn/schedules.ts";
import { presets } from "../presets.ts";
import type { ConfigChanges } from "../trainingConfig.ts";
import { collect, corruptFlag, corruptHelp, dataFlag, dataHelp, defaultDataFolder } from "./data.ts";
import { type EngineFlags, engineHelp } from "./engine.ts";
import { describeSpecs, kebab, parseNumber, parseSpec } from "./spec.ts";

/** The flags of `mnist train`. */
export interface TrainFlags extends EngineFlags {
  readonly config?: string;
  readonly preset?: string;
  readonly model?: string;
  readonly data?: readonly string[];
  readonly onCorrupt: string;
  readonly logDir?: string;
  readonly epochs?: string;
  readonly steps?: string;
  readonly patience?: string;
  readonly batchSize?: string;
  readonly optimizer?: string;
  readonly learningRate?: string;
  readonly schedule?: string;
  readonly warmUpEpochs?: string;
  readonly weightDecay?: string;
  readonly labelSmoothing?: string;
  readonly clipNorm?: string;
  readonly averageDecay?: string;
  readonly augment?: string;
  readonly seed?: string;
  readonly validationCount?: string;
  readonly validationData?: readonly string[];
  readonly checkpointEvery: string;
  readonly keep: string;
  readonly summaries: string;
  readonly resume?: boolean | string;
  readonly dryRun?: boolean;
  readonly augmentPreview?: string;
  readonly json?: boolean;
}

/** Adds the flags to a command, with their help. */
export function addTrainFlags(command: Command): Command {
  const d = presets.lenet.config;
  return command
    .option("--preset <name>", "a model and a way to train it; other flags change it (default: lenet)")
    .option("--config <file|run>", "settings from a .json, .js or .ts file, or those of another run")
    .option(
      "--model <name|file>",
      "lenet, lenet5, fast, best, parts, or a definition: ./mine.ts, .js or .json (default: the preset's)",
    )
    .option(dataFlag, `${dataHelp} (default: ${defaultDataFolder})`, collect)
    .option(corruptFlag, corruptHelp, "fail")
    .option("--epochs <n>", `passes over the training images (default: ${d.epochs})`)
    .option("--steps <n>", "end after so many steps instead")
    .option(
      "--patience <epochs>",
      "end early, after so many epochs without a better one on the images held out",
    )
    .option("--batch-size <n>", `images a step (default: ${d.batchSize})`)
    .option("--optimizer <name[:settings]>", `how gradients move the weights (default: ${d.optimizer.name})`)
    .option("--learning-rate <x>", `the peak rate (default: ${d.learningRate}, or what suits the optimizer)`)
    .option("--schedule <name[:settings]>", `how the rate moves (default: ${kebab(d.schedule.name)})`)
    .option("--warm-up-epochs <n>", "come up from a rate of 0 over so many epochs, such as 0.5")
    .option("--weight-decay <x>", `L2 on the weights (default: ${d.weightDecay})`)
    .option(
      "--augment <name[:settings]>",
      `distort training images, each time anew (default: ${d.augment.name})`,
    )
    .option("--label-smoothing <share>", "ask for so much less than certainty, such as 0.1")
    .option("--clip-norm <x>", "scale gradients down whose norm, taken together, is larger")
    .option("--average-decay <share>", "predict with a running average of the weights, such as 0.999")
    .option("--seed <n>", `of weights, order, dropout, distortions and split (default: ${d.seed})`)
    .option(
      "--validation-count <n>",
      `training images held out to judge epochs on (default: ${d.validationCount})`,
    )
    .option(
      "--validation-data <folder|file|glob|url>",
      "judge epochs on these images, a folder's training images, and hold none out; may be repeated",
      collect,
    )
    .option("--log-dir <folder>", "where the run's files go (default: runs/<model or configuration>)")
    .option("--checkpoint-every <steps>", "besides the end of each epoch", "500")
    .option("--keep <n>", "checkpoints to keep, besides the best weights", "3")
    .option(
      "--summaries <level>",
      "what TensorBoard gets: none, light, or full: histograms and activations every 100 steps",
      "light",
    )
    .option("--resume [folder]", "go on with the run in this folder, or with the newest one")
    .option("--dry-run", "show the model and the plan, and train nothing")
    .option("--augment-preview <png>", "show on a picture how images would be distorted, and train nothing")
    .option("--threads <n>", "threads to compute on (default: all cores)")
    .option("--engine <variant>", engineHelp)
    .option("--json", "print one JSON document a step, one a line");
}

const { none, ...distortions } = augmentationDefaults;

/** The names that flags take, with their settings, for the help. */
export const choicesHelp = `Presets:
${Object.entries(presets)
  .map(([name, { description }]) => `  ${name.padEnd(8)}${description}`)
  .join("\n")}

Optimizers, with their settings:
  ${describeSpecs(optimizerDefaults)}

Schedules, with their settings:
  ${describeSpecs(scheduleDefaults)}

Distortions, with their settings (the most that is drawn; docs/training.md tells their units):
  ${none.name}
  ${describeSpecs(distortions)}`;

/** What the flags say of the configuration. */
export function changesOf(flags: TrainFlags): ConfigChanges {
  const numbers = {
    epochs: flags.epochs,
    steps: flags.steps,
    batchSize: flags.batchSize,
    learningRate: flags.learningRate,
    warmUpEpochs: flags.warmUpEpochs,
    weightDecay: flags.weightDecay,
    labelSmoothing: flags.labelSmoothing,
    averageDecay: flags.averageDecay,
    seed: flags.seed,
    validationCount: flags.validationCount,
  };
  const limits = { patience: flags.patience, clipNorm: flags.clipNorm };
  const told = (texts: Readonly<Record<string, string | undefined>>, none?: string) =>
    Object.entries(texts)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .map(([key, text]) => [key, text === none ? null : parseNumber(flagOf(key), text)]);
  const { optimizer, schedule, augment } = flags;
  return {
    ...Object.fromEntries([...told(numbers), ...told(limits, "none")]),
    ...(optimizer && { optimizer: parseSpec("--optimizer", optimizer, optimizerDefaults) }),
    ...(schedule && { schedule: parseSpec("--schedule", schedule, scheduleDefaults) }),
    ...(augment && { augment: parseSpec("--augment", augment, augmentationDefaults) }),
  };
}

/** `batchSize` as it is typed: `--batch-size`. */
function flagOf(key: string): string {
  return `--${kebab(key)}`;
}

const fixedByResume = [
  "config",
  "preset",
  "model",
  "batchSize",
  "optimizer",
  "learningRate",
  "schedule",
  "warmUpEpochs",
  "weightDecay",
  "labelSmoothing",
  "clipNorm",
  "averageDecay",
  "augment",
  "seed",
  "validationCount",
] as const satisfies readonly (keyof TrainFlags)[];

/** @throws MnistError `BAD_ARGUMENT` where a flag would change what a resumed run began with. */
export function checkResumed(flags: TrainFlags): void {
  const fixed = fixedByResume.find((name) => flags[name] !== undefined);
  if (fixed) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `${flagOf(fixed)}: a resumed run keeps what it began with; leave it out, or start anew without --resume`,
    );
  }
  if (typeof flags.resume === "string" && flags.logDir !== undefined) {
    throw new MnistError("BAD_ARGUMENT", "--log-dir: a resumed run goes on in its own folder; leave it out");
  }
}
