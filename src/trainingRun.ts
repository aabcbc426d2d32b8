import { type Checkpoint, decodeCheckpoint, verifyCheckpoint, verifyCheckpointFile } from "./checkpoint.ts";
import { MnistError } from "./core/errors.ts";
import type { RunFolder } from "./core/runFolder.ts";
import { encodeEvaluation, evaluationFiles } from "./evaluationFile.ts";
import { type SummaryOptions, writeSummaries } from "./summaries/training.ts";
import type { TrainingEvent } from "./train.ts";

/** The best weights of a run, for prediction. */
export const modelFile = "model.safetensors";

const CHECKPOINTS = "checkpoints";

function checkpointFile(step: number): string {
  return `step-${String(step).padStart(8, "0")}.safetensors`;
}

function isCheckpointFile(file: string): boolean {
  return /^step-\d{8,}\.safetensors$/.test(file);
}

/** The files of a run's checkpoints, oldest first. */
export async function listCheckpoints(folder: RunFolder): Promise<readonly string[]> {
  const files = await folder.list(CHECKPOINTS);
  return files
    .filter(isCheckpointFile)
    .sort()
    .map((file) => `${CHECKPOINTS}/${file}`);
}

/**
 * The newest checkpoint of a run that is whole, and what was wrong with the newer ones.
 *
 * @throws MnistError `NOT_FOUND` where there is none.
 */
export async function newestCheckpoint(folder: RunFolder): Promise<{
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly skipped: readonly string[];
}> {
  const skipped: string[] = [];
  for (const file of [...(await listCheckpoints(folder))].reverse()) {
    const name = `${folder.name}/${file}`;
    try {
      const checkpoint = decodeCheckpoint(await folder.read(file), name);
      verifyCheckpoint(checkpoint, name);
      return { name, checkpoint, skipped };
    } catch (error) {
      if (!(error instanceof MnistError)) throw error;
      skipped.push(error.message);
    }
  }
  const why = skipped.length > 0 ? `; ${skipped.join("; ")}` : "";
  throw new MnistError(
    "NOT_FOUND",
    `${folder.name}: expected a checkpoint to go on from, found none that is whole${why}; start anew without --resume`,
  );
}

/** What files of a training are called until they are whole, by folder; left there by a process that was killed. */
const unfinished: Readonly<Record<string, RegExp>> = {
  "": /^\.model\.safetensors\.[0-9a-f-]{36}\.tmp$/,
  [CHECKPOINTS]: /^\.step-\d{8,}\.safetensors\.[0-9a-f-]{36}\.tmp$/,
  evaluations: /^\.validation\.json\.[0-9a-f-]{36}\.tmp$/,
};

/** Only what a training leaves: other commands may be writing into the folder. */
async function removeUnfinished(folder: RunFolder): Promise<void> {
  for (const [inside, isUnfinished] of Object.entries(unfinished)) {
    for (const file of await folder.list(inside)) {
      if (isUnfinished.test(file)) await folder.remove(inside === "" ? file : `${inside}/${file}`);
    }
  }
}

/** Writes a checkpoint and removes those that are then too many. */
async function keepCheckpoint(
  folder: RunFolder,
  { step, bytes }: { readonly step: number; readonly bytes: Uint8Array },
  keep: number,
): Promise<void> {
  const written = `${CHECKPOINTS}/${checkpointFile(step)}`;
  await folder.write(written, bytes);
  // As it was read back, before any other goes: a disk may keep other bytes than it was given.
  const file = await folder.open(written);
  try {
    await verifyCheckpointFile(file);
  } finally {
    await file.close();
  }
  await removeOlder(folder, written, keep);
}

/**
 * Removes checkpoints before `newest`, which is whole, so that `keep` are left. Files after it stay: they are damaged ones
 * that were skipped, and do not count.
 */
async function removeOlder(folder: RunFolder, newest: string, keep: number): Promise<void> {
  const files = await listCheckpoints(folder);
  const older = files.slice(0, Math.max(0, files.indexOf(newest) + 1 - keep));
  for (const file of older) await folder.remove(file);
}

export interface RecordOptions extends SummaryOptions {
  /** Checkpoints that are kept; the best weights are kept besides. */
  readonly keep: number;
  /** What the evaluations' file calls the held-out images. */
  readonly data?: string;
}

/**
 * Passes the events of a training on and writes what they tell: TensorBoard's event files into `train/` and
 * `validation/`, checkpoints into `checkpoints/`, the best weights into {@link modelFile}, and what the held-out images
 * say of them into `evaluations/`. An event is passed on when its files are safe.
 */
export async function* recordTraining(
  events: AsyncIterable<TrainingEvent>,
  options: RecordOptions,
): AsyncGenerator<TrainingEvent> {
  const { folder, data = "held-out images" } = options;
  await removeUnfinished(folder);
  for await (const event of writeSummaries(events, options)) {
    if (event.type === "start") {
      // A process that was killed may not have come to it.
      await removeOlder(folder, `${CHECKPOINTS}/${checkpointFile(event.firstStep)}`, options.keep);
    }
    if (event.type === "evaluation" && event.isBest) {
      const about = { what: "validation", data, step: event.step, wallTime: options.now() };
      const text = encodeEvaluation({ ...about, seconds: event.seconds }, event);
      await folder.write(evaluationFiles.validation, new TextEncoder().encode(text));
    }
    if (event.type === "model") await folder.write(modelFile, event.bytes);
    if (event.type === "checkpoint") await keepCheckpoint(folder, event, options.keep);
    yield event;
  }
}
