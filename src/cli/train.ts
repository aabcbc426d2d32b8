import { hostname } from "node:os";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import { learningRateDefaults, optimizerDefaults } from "../nn/optimizers.ts";
import { scheduleDefaults } from "../nn/schedules.ts";
import { type Preset, presets } from "../presets.ts";
import type { TrainingConfig } from "../trainingConfig.ts";
import {
  collect,
  corruptFlag,
  corruptHelp,
  dataFlag,
  dataHelp,
  defaultDataFolder,
  noteOtherClasses,
  openDataSet,
  parseOnCorrupt,
  withClasses,
} from "./data.ts";
import { type EngineFlags, engineHelp, engineOptions, noteEngine } from "./engine.ts";
import { describeSpecs, parseNumber, parseSpec } from "./spec.ts";
import { colorsFor, createProgressLine, type Io } from "./terminal.ts";
import { noteMemory, printEvents, showTraining } from "./trainingOutput.ts";

interface Flags extends EngineFlags {
  readonly preset?: string;
  readonly model?: string;
  readonly data?: readonly string[];
  readonly onCorrupt: string;
  readonly logDir?: string;
  readonly epochs?: string;
  readonly steps?: string;
  readonly batchSize?: string;
  readonly optimizer?: string;
  readonly learningRate?: string;
  readonly schedule?: string;
  readonly weightDecay?: string;
  readonly seed?: string;
  readonly validationCount?: string;
  readonly checkpointEvery: string;
  readonly keep: string;
  readonly resume?: boolean | string;
  readonly json?: boolean;
}

/** `mnist train`. */
export function registerTrain(program: Command, io: Io): void {
  const d = presets.lenet.config;
  program
    .command("train")
    .description("Train a network on prepared data, with checkpoints and TensorBoard summaries.")
    .option("--preset <name>", "a model and a way to train it; other flags change it (default: lenet)")
    .option(
      "--model <name|file>",
      "lenet, lenet5, fast, or a definition: ./mine.ts, .js or .json (default: the preset's)",
    )
    .option(dataFlag, `${dataHelp} (default: ${defaultDataFolder})`, collect)
    .option(corruptFlag, corruptHelp, "fail")
    .option("--epochs <n>", `passes over the training images (default: ${d.epochs})`)
    .option("--steps <n>", "end after so many steps instead")
    .option("--batch-size <n>", `images a step (default: ${d.batchSize})`)
    .option("--optimizer <name[:settings]>", `how gradients move the weights (default: ${d.optimizer.name})`)
    .option("--learning-rate <x>", `the peak rate (default: ${d.learningRate}, or what suits the optimizer)`)
    .option("--schedule <name[:settings]>", `how the rate moves (default: ${d.schedule.name})`)
    .option("--weight-decay <x>", `L2 on the weights (default: ${d.weightDecay})`)
    .option("--seed <n>", `of weights, order, dropout and split (default: ${d.seed})`)
    .option(
      "--validation-count <n>",
      `training images held out to judge epochs on (default: ${d.validationCount})`,
    )
    .option("--log-dir <folder>", "where the run's files go (default: runs/<model>)")
    .option("--checkpoint-every <steps>", "besides the end of each epoch", "500")
    .option("--keep <n>", "checkpoints to keep, besides the best weights", "3")
    .option("--resume [folder]", "go on with the run in this folder, or with the newest one")
    .option("--threads <n>", "threads to compute on (default: all cores)")
    .option("--engine <variant>", engineHelp)
    .option("--json", "print one JSON document a step, one a line")
    .addHelpText(
      "after",
      `
Presets:
${Object.entries(presets)
  .map(([name, { description }]) => `  ${name.padEnd(8)}${description}`)
  .join("\n")}

Optimizers, with their settings:
  ${describeSpecs(optimizerDefaults)}

Schedules, with their settings:
  ${describeSpecs(scheduleDefaults)}

Examples:
  mnist train                                       LeNet, ${d.epochs} epochs, to runs/lenet
  mnist train --preset lenet5                       the small LeNet-5 of 1998
  mnist train --optimizer momentum:momentum=0.95 --schedule one-cycle --learning-rate 0.05
  mnist train --model ./mine.ts --log-dir runs/mine a network of your own
  mnist train --data 'shards/*' --on-corrupt skip   all files of a folder, without what is damaged in them
  mnist train --resume                              go on where the newest run stopped
  tensorboard --logdir runs                         watch it

Ctrl-C saves a checkpoint and ends with status 130; --resume goes on from it, to the same bits.
`,
    )
    .action((_: unknown, command: Command) => run(command.optsWithGlobals<Flags>(), io));
}

/** What a flag sets in a configuration, where it was given. */
function configOf(flags: Flags, base: TrainingConfig): TrainingConfig {
  const number = (name: string, text: string | undefined) =>
    text === undefined ? undefined : parseNumber(`--${name}`, text);
  const optimizer = flags.optimizer
    ? parseSpec("--optimizer", flags.optimizer, optimizerDefaults)
    : base.optimizer;
  const { steps: baseSteps, ...others } = base;
  // A resumed run may have been told its steps; epochs that are told now replace them.
  const steps = number("steps", flags.steps) ?? (flags.epochs === undefined ? baseSteps : undefined);
  return {
    ...others,
    epochs: number("epochs", flags.epochs) ?? base.epochs,
    ...(steps !== undefined && { steps }),
    batchSize: number("batch-size", flags.batchSize) ?? base.batchSize,
    optimizer,
    learningRate:
      number("learning-rate", flags.learningRate) ??
      (flags.optimizer ? learningRateDefaults[optimizer.name] : base.learningRate),
    schedule: flags.schedule ? parseSpec("--schedule", flags.schedule, scheduleDefaults) : base.schedule,
    weightDecay: number("weight-decay", flags.weightDecay) ?? base.weightDecay,
    seed: number("seed", flags.seed) ?? base.seed,
    validationCount: number("validation-count", flags.validationCount) ?? base.validationCount,
  };
}

const fixedByResume = [
  "preset",
  "model",
  "batchSize",
  "optimizer",
  "learningRate",
  "schedule",
  "weightDecay",
  "seed",
  "validationCount",
] as const;

async function run(flags: Flags, io: Io): Promise<void> {
  const [
    { newestCheckpoint, recordTraining },
    { train },
    { runFolder },
    runs,
    { nodePlatform },
    { resolveModel },
    { readBatches },
  ] = await Promise.all([
    import("../trainingRun.ts"),
    import("../train.ts"),
    import("../node/runFolder.ts"),
    import("./runs.ts"),
    import("../node/platform.ts"),
    import("./model.ts"),
    import("../node/input.ts"),
  ]);
  const colors = colorsFor(io.stderr, io);
  const whole = (name: string, text: string) => {
    const value = parseNumber(`--${name}`, text);
    if (!Number.isInteger(value) || value < 1) {
      throw new MnistError("BAD_ARGUMENT", `--${name}: expected a whole number above 0, found ${text}`);
    }
    return value;
  };
  const checkpointEvery = whole("checkpoint-every", flags.checkpointEvery);
  const keep = whole("keep", flags.keep);
  const onCorrupt = parseOnCorrupt(flags.onCorrupt);

  const isResumed = flags.resume !== undefined && flags.resume !== false;
  let logDir: string;
  let resume: Awaited<ReturnType<typeof newestCheckpoint>> | undefined;
  if (isResumed) {
    const fixed = fixedByResume.find((name) => flags[name] !== undefined);
    if (fixed) {
      const flag = fixed.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      throw new MnistError(
        "BAD_ARGUMENT",
        `--${flag}: a resumed run keeps what it began with; leave it out, or start anew without --resume`,
      );
    }
    if (typeof flags.resume === "string" && flags.logDir !== undefined) {
      throw new MnistError(
        "BAD_ARGUMENT",
        "--log-dir: a resumed run goes on in its own folder; leave it out",
      );
    }
    const named = typeof flags.resume === "string" ? flags.resume : flags.logDir;
    const folder = named ?? runs.newestRun(io.cwd);
    if (folder === undefined) {
      throw new MnistError(
        "NOT_FOUND",
        `--resume: there is no run in ${runs.runsFolder}/; name its folder, or start anew without --resume`,
      );
    }
    logDir = folder;
    const found = await newestCheckpoint(runFolder(resolve(io.cwd, logDir)));
    for (const why of found.skipped)
      io.stderr.write(`${colors.yellow(`skipped a damaged checkpoint: ${why}`)}\n`);
    resume = { ...found, name: relative(io.cwd, found.name) };
  } else {
    logDir = flags.logDir ?? runs.freshRunFolder(runName(flags.model ?? flags.preset ?? "lenet"), io.cwd);
  }
  const folder = runFolder(resolve(io.cwd, logDir));
  if (!isResumed && (await folder.list("checkpoints")).length > 0) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--log-dir: ${logDir} has a training already; go on with it by --resume ${logDir}, or name another folder`,
    );
  }

  const preset = presetNamed(flags.preset ?? "lenet");
  const data = await openDataSet(flags.data, "train", io);
  const definition =
    resume?.checkpoint.definition ??
    withClasses(flags.model ? await resolveModel(flags.model, io.cwd) : preset.definition, data);
  noteOtherClasses(definition, data, io);
  const config = configOf(flags, resume?.checkpoint.config ?? preset.config);
  const engine = await nodePlatform.createEngine(engineOptions(flags));
  if (flags.debug) await noteEngine(engine, flags, io);
  const progress = createProgressLine(io, "train");
  try {
    const events = train({
      engine,
      definition,
      config,
      sources: data.sources,
      onCorrupt,
      readBatches,
      checkpointEvery,
      ...(resume && { resume }),
      signal: io.signal,
    });
    const recorded = recordTraining(events, {
      engine,
      folder,
      now: () => Date.now() / 1000,
      host: hostname(),
      pid: process.pid,
      scalarsEvery: 10,
      histogramsEvery: 100,
      keep,
      data: `images held out of ${data.names}`,
    });
    const about = `${definition.name} on ${engine.variant}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"}`;
    const told = flags.debug ? noteMemory(recorded, io) : recorded;
    await (flags.json ? printEvents(told, io) : showTraining(told, { logDir, about, config, progress }, io));
  } finally {
    progress.clear();
    engine.close();
  }
}

function presetNamed(name: string): Preset {
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets];
  throw new MnistError(
    "BAD_ARGUMENT",
    `--preset: expected one of ${Object.keys(presets).join(", ")}, found "${name}"`,
  );
}

function runName(model: string): string {
  return (model.split(/[\\/]/).at(-1) ?? model).replace(/\.\w+$/, "");
}
