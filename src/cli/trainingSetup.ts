import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Checkpoint } from "../checkpoint.ts";
import { MnistError } from "../core/errors.ts";
import type { RunFolder } from "../core/runFolder.ts";
import type { ModelDefinition } from "../nn/definition.ts";
import { runFolder } from "../node/runFolder.ts";
import { presets } from "../presets.ts";
import { changeConfig, checkTrainingConfig, type TrainingConfig } from "../trainingConfig.ts";
import { listCheckpoints, newestCheckpoint } from "../trainingRun.ts";
import { presetName, readConfigFile } from "./configFile.ts";
import { checkSameClasses, type DataSet, noteOtherClasses, openDataSet, withClasses } from "./data.ts";
import { resolveModel } from "./model.ts";
import { freshRunFolder, newestRun, runsFolder } from "./runs.ts";
import { colorsFor, type Io } from "./terminal.ts";
import { changesOf, checkResumed, type TrainFlags } from "./trainingFlags.ts";

/** Everything that a training is decided by. */
export interface TrainingSetup {
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
  readonly data: DataSet;
  /** What epochs are judged on, where that is not held out of `data`. */
  readonly validationData?: DataSet;
  /** As people call it, and the folder itself. */
  readonly logDir: string;
  readonly folder: RunFolder;
  readonly resume?: { readonly name: string; readonly checkpoint: Checkpoint };
}

/** Keeps other processes from training into a run's folder. */
export type LockRun = (folder: string) => Promise<void>;

/**
 * Puts together what flags, a configuration file, a preset or a run's checkpoint say.
 *
 * @throws MnistError that names the flag or the file.
 */
export async function setUpTraining(flags: TrainFlags, io: Io, lock: LockRun): Promise<TrainingSetup> {
  const isResumed = flags.resume !== undefined && flags.resume !== false;
  return isResumed ? resumedRun(flags, io, lock) : newRun(flags, io, lock);
}

async function newRun(flags: TrainFlags, io: Io, lock: LockRun): Promise<TrainingSetup> {
  const file = flags.config === undefined ? undefined : await readConfigFile(flags.config, io.cwd);
  if (file?.config && flags.preset !== undefined) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--preset: ${flags.config} says all that a preset does; leave one of them out`,
    );
  }
  const preset = presets[presetName(flags.preset ?? file?.preset ?? "lenet", "--preset")];
  const base = changeConfig(file?.config ?? preset.config, file?.changes ?? {});
  if (flags.config !== undefined) checkConfigOf(flags.config, base);
  const name = file?.runName ?? nameOf(flags.model ?? flags.preset ?? "lenet");
  const logDir = flags.logDir ?? (await freshRunFolder(name, io.cwd, lock));
  if (flags.logDir !== undefined) await lock(logDir);
  const folder = runFolder(resolve(io.cwd, logDir));
  if ((await listCheckpoints(folder)).length > 0) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--log-dir: ${logDir} has a training already; go on with it by --resume ${logDir}, or name another folder`,
    );
  }
  const config = changeConfig(base, changesOf(flags));
  const data = await openDataSet(flags.data ?? file?.data, "train", io);
  const validationData = await openValidationData(flags.validationData ?? file?.validationData, data, io);
  const own = flags.model ? await resolveModel(flags.model, io.cwd) : (file?.definition ?? preset.definition);
  const definition = withClasses(own, data);
  noteOtherClasses(definition, data, io);
  return { definition, config, data, ...validationData, logDir, folder };
}

/** @throws MnistError `BAD_DATA` where its classes are not those of `data`; what {@link openDataSet} throws. */
async function openValidationData(
  given: readonly string[] | undefined,
  data: DataSet,
  io: Io,
): Promise<{ readonly validationData?: DataSet }> {
  if (given === undefined) return {};
  const validationData = await openDataSet(given, "train", io);
  checkSameClasses(data, validationData);
  return { validationData };
}

/** Checked by itself, so that what is wrong in a file is told with its name. */
function checkConfigOf(file: string, config: TrainingConfig): void {
  try {
    checkTrainingConfig(config);
  } catch (error) {
    if (!(error instanceof MnistError)) throw error;
    throw new MnistError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

async function resumedRun(flags: TrainFlags, io: Io, lock: LockRun): Promise<TrainingSetup> {
  checkResumed(flags);
  const logDir = (typeof flags.resume === "string" ? flags.resume : flags.logDir) ?? newestRun(io.cwd);
  if (logDir === undefined) {
    throw new MnistError(
      "NOT_FOUND",
      `--resume: there is no run in ${runsFolder}/; name its folder, or start anew without --resume`,
    );
  }
  const folder = runFolder(resolve(io.cwd, logDir));
  if (existsSync(resolve(io.cwd, logDir))) await lock(logDir);
  const { name, checkpoint, skipped } = await newestCheckpoint(folder);
  const { yellow } = colorsFor(io.stderr, io);
  for (const why of skipped) io.stderr.write(`${yellow(`skipped a damaged checkpoint: ${why}`)}\n`);
  const { definition } = checkpoint;
  const config = changeConfig(checkpoint.config, changesOf(flags));
  const data = await openDataSet(flags.data, "train", io);
  const validationData = await openValidationData(flags.validationData, data, io);
  noteOtherClasses(definition, data, io);
  const from = { name: relative(io.cwd, name), checkpoint };
  return { definition, config, data, ...validationData, logDir, folder, resume: from };
}

function nameOf(model: string): string {
  return (model.split(/[\\/]/).at(-1) ?? model).replace(/\.\w+$/, "");
}
