import { MnistError } from "../core/errors.ts";
import type { RunFolder } from "../core/runFolder.ts";
import {
  decodeEvaluation,
  decodeRobustness,
  type EvaluationFile,
  type RobustnessFile,
} from "../evaluationFile.ts";
import { type ModelReport, readModelReport } from "./model.ts";
import { readScalars, type Scalars } from "./scalars.ts";
import { type Timing, timingOf } from "./timing.ts";

/** All that a run's folder tells, as plain data. */
export interface Report {
  /** The folder's. */
  readonly name: string;
  readonly model?: ModelReport;
  /** What was written while training, by tag. */
  readonly train: Scalars["tags"];
  /** What was written after each epoch, by tag. */
  readonly validation: Scalars["tags"];
  readonly timing?: Timing;
  /** On the test images first. */
  readonly evaluations: readonly EvaluationFile[];
  readonly robustness?: RobustnessFile;
  /** What is damaged and therefore left out, in words. */
  readonly notes: readonly string[];
}

const EVALUATIONS = "evaluations";
const ROBUSTNESS = "robustness.json";

/**
 * Reads what a run's folder has. What is missing is left out, and so is, with a note, what is damaged.
 *
 * @throws MnistError `NOT_FOUND` where nothing in the folder can be read.
 */
export async function readReport(folder: RunFolder): Promise<Report> {
  const notes: string[] = [];
  const model = await readModelReport(folder, notes);
  const train = await readScalars(folder, "train", [
    "loss",
    "accuracy",
    "learning_rate",
    "images_per_second",
  ]);
  const validation = await readScalars(folder, "validation", ["loss", "accuracy"]);
  notes.push(...train.notes, ...validation.notes);
  const timing = timingOf(train, validation, model?.config.batchSize);

  const files = (await folder.list(EVALUATIONS)).filter((file) => file.endsWith(".json")).sort();
  const evaluations: EvaluationFile[] = [];
  for (const file of files.filter((one) => one !== ROBUSTNESS)) {
    const evaluation = await decoded(folder, file, decodeEvaluation, notes);
    if (evaluation) evaluations.push(evaluation);
  }
  const robustness = files.includes(ROBUSTNESS)
    ? await decoded(folder, ROBUSTNESS, decodeRobustness, notes)
    : undefined;

  if (!model && !timing && evaluations.length === 0 && !robustness) {
    const why = notes.length > 0 ? `none that can be read (${notes.join("; ")})` : "none of them";
    throw new MnistError(
      "NOT_FOUND",
      `${folder.name}: expected what mnist train writes (model.safetensors, checkpoints, event files, evaluations), found ${why}; give a run's folder`,
    );
  }
  return {
    name: folder.name,
    ...(model && { model }),
    train: train.tags,
    validation: validation.tags,
    ...(timing && { timing }),
    evaluations: evaluations.sort((a, b) => Number(b.what === "test") - Number(a.what === "test")),
    ...(robustness && { robustness }),
    notes,
  };
}

async function decoded<T>(
  folder: RunFolder,
  file: string,
  decode: (text: string, name: string) => T,
  notes: string[],
): Promise<T | undefined> {
  const name = `${EVALUATIONS}/${file}`;
  try {
    return decode(new TextDecoder().decode(await folder.read(name)), name);
  } catch (error) {
    if (!(error instanceof MnistError)) throw error;
    notes.push(error.message);
    return undefined;
  }
}
