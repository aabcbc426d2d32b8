import { hostname } from "node:os";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import { presets } from "../presets.ts";
import { summaryLevels } from "../summaries/level.ts";
import { parseOnCorrupt } from "./data.ts";
import { engineOptions, noteEngine } from "./engine.ts";
import { parseNumber } from "./spec.ts";
import { createProgressLine, type Io } from "./terminal.ts";
import { addTrainFlags, choicesHelp, type TrainFlags } from "./trainingFlags.ts";
import { noteMemory, printEvents, showTraining } from "./trainingOutput.ts";
import type { LockRun } from "./trainingSetup.ts";

/** `mnist train`. */
export function registerTrain(program: Command, io: Io): void {
  const command = program
    .command("train")
    .description("Train a network on prepared data, with checkpoints and TensorBoard summaries.");
  addTrainFlags(command)
    .addHelpText(
      "after",
      `
${choicesHelp}

Examples:
  mnist train                                       LeNet, ${presets.lenet.config.epochs} epochs, to runs/lenet
  mnist train --preset lenet5                       the small LeNet-5 of 1998
  mnist train --optimizer momentum:momentum=0.95 --schedule one-cycle --learning-rate 0.05
  mnist train --augment light:rotation=8 --average-decay 0.999 --epochs 20 --patience 4
  mnist train --augment strong --augment-preview strong.png   look at the distortions first
  mnist train --config mine.json --dry-run          what this file would come to
  mnist train --config runs/lenet --seed 2          as that run, with another seed
  mnist train --model ./mine.ts --log-dir runs/mine a network of your own
  mnist train --data data/mnist --data data/mine    several data sets, mixed
  mnist train --data mine --validation-data others  judged on the images of others, none held out
  mnist train --data 'shards/*' --on-corrupt skip   all files of a folder, without what is damaged in them
  mnist train --resume                              go on where the newest run stopped
  mnist train --summaries full                      more for TensorBoard: docs/tensorboard.md tells what
  tensorboard --logdir runs                         watch it

Ctrl-C saves a checkpoint and ends with status 130; --resume goes on from it, to the same bits.
`,
    )
    .action(async (_: unknown, command: Command) => {
      const { withRunLocks } = await import("./runs.ts");
      await withRunLocks(io.cwd, (lock) => run(command.optsWithGlobals<TrainFlags>(), io, lock));
    });
}

async function run(flags: TrainFlags, io: Io, lock: LockRun): Promise<void> {
  const [{ recordTraining }, { train }, { nodePlatform }, { readBatches }, { setUpTraining }] =
    await Promise.all([
      import("../trainingRun.ts"),
      import("../train.ts"),
      import("../node/platform.ts"),
      import("../node/input.ts"),
      import("./trainingSetup.ts"),
    ]);
  const checkpointEvery = whole("checkpoint-every", flags.checkpointEvery);
  const keep = whole("keep", flags.keep);
  const summaries = summaryLevels.find((level) => level === flags.summaries);
  if (!summaries) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--summaries: expected one of ${summaryLevels.join(", ")}, found "${flags.summaries}"`,
    );
  }
  const onCorrupt = parseOnCorrupt(flags.onCorrupt);
  const isTraining = !flags.dryRun && flags.augmentPreview === undefined;
  const setup = await setUpTraining(flags, io, isTraining ? lock : async () => {});
  const { definition, config, data, validationData, logDir, folder, resume } = setup;

  const engine = await nodePlatform.createEngine(engineOptions(flags));
  if (flags.debug) await noteEngine(engine, flags, io);
  const progress = createProgressLine(io, "train");
  try {
    if (flags.augmentPreview !== undefined) {
      const { writePreview } = await import("./augmentPreview.ts");
      await writePreview(flags.augmentPreview, { engine, setup, isJson: flags.json === true }, io);
      if (!flags.dryRun) return;
    }
    const events = train({
      engine,
      definition,
      config,
      sources: data.sources,
      ...(validationData && { validationSources: validationData.sources }),
      onCorrupt,
      readBatches,
      checkpointEvery,
      ...(resume && { resume }),
      signal: io.signal,
    });
    if (flags.dryRun) {
      const { showPlan } = await import("./trainingPlan.ts");
      await showPlan(events, { engine, setup, isJson: flags.json === true }, io);
      return;
    }
    const recorded = recordTraining(events, {
      engine,
      folder,
      now: () => Date.now() / 1000,
      host: hostname(),
      pid: process.pid,
      config,
      summaries,
      scalarsEvery: 10,
      histogramsEvery: 100,
      keep,
      data: validationData ? validationData.names : `images held out of ${data.names}`,
    });
    const about = `${definition.name} on ${engine.variant}, ${engine.threads} thread${engine.threads === 1 ? "" : "s"}`;
    const told = flags.debug ? noteMemory(recorded, io) : recorded;
    const shown = { logDir, about, config, hasValidationData: validationData !== undefined, progress };
    await (flags.json ? printEvents(told, io) : showTraining(told, shown, io));
  } finally {
    progress.clear();
    engine.close();
  }
}

/** @throws MnistError `BAD_ARGUMENT` */
function whole(name: string, text: string): number {
  const value = parseNumber(`--${name}`, text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new MnistError("BAD_ARGUMENT", `--${name}: expected a whole number above 0, found ${text}`);
}
