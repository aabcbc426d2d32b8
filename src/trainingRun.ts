import { type Checkpoint, decodeCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { MnistError } from "./core/errors.ts";
import type { RunFolder } from "./core/runFolder.ts";
import type { Engine } from "./engine/engine.ts";
import { encodeEvaluation, evaluationFiles } from "./evaluationFile.ts";
import { createEventEncoder, eventFileName, histogramValue, scalarValue } from "./formats/events.ts";
import type { SummaryValue } from "./formats/summary.ts";
import type { Metrics } from "./metrics.ts";
import type { TrainingStep } from "./nn/trainingStep.ts";
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

export interface RecordOptions {
  readonly engine: Engine;
  readonly folder: RunFolder;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Who writes: a part of the event files' names. */
  readonly host: string;
  readonly pid: number;
  /** Steps from one row of scalars to the next. */
  readonly scalarsEvery: number;
  /** Steps from one row of gradient norms and histograms to the next. */
  readonly histogramsEvery: number;
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
  const { folder, engine } = options;
  const training = createEventWriter("train", options);
  const validation = createEventWriter("validation", options);
  let trainingStep: TrainingStep | undefined;

  for await (const event of events) {
    if (event.type === "start") trainingStep = event.trainingStep;
    if (event.type === "step") {
      const values: SummaryValue[] = [];
      if (event.step === 1 || event.step % options.scalarsEvery === 0) {
        values.push(scalarValue("loss", event.loss));
        values.push(scalarValue("accuracy", event.accuracy));
        values.push(scalarValue("learning_rate", event.learningRate));
      }
      if (trainingStep && event.step % options.histogramsEvery === 0) {
        values.push(...gradientSummaries(engine, trainingStep));
      }
      if (values.length > 0) await training(event.step, values);
    }
    if (event.type === "evaluation") {
      await validation(event.step, metricSummaries(event.metrics));
      if (event.isBest) {
        const { data = "held-out images" } = options;
        const about = { what: "validation", data, step: event.step, wallTime: options.now() };
        const text = encodeEvaluation({ ...about, seconds: event.seconds }, event);
        await folder.write(evaluationFiles.validation, new TextEncoder().encode(text));
      }
    }
    if (event.type === "model") await folder.write(modelFile, event.bytes);
    if (event.type === "checkpoint") {
      const written = `${CHECKPOINTS}/${checkpointFile(event.step)}`;
      await folder.write(written, event.bytes);
      // Only what is older than the one just written goes, so there is always a whole one: newer files are
      // damaged ones that were skipped.
      const files = await listCheckpoints(folder);
      const older = files.slice(0, Math.max(0, files.indexOf(written) + 1 - options.keep));
      for (const file of older) await folder.remove(file);
    }
    yield event;
  }
}

/** The seed project's tags: `LeNet/conv1/weights:gradient` and `:gradient_norm`. */
function gradientSummaries(engine: Engine, trainingStep: TrainingStep): SummaryValue[] {
  const norms = trainingStep.gradientNorms();
  return [...trainingStep.gradients].flatMap(([name, gradient]) => [
    scalarValue(`${name}:gradient_norm`, norms.get(name)!),
    histogramValue(`${name}:gradient`, engine.floats(gradient)),
  ]);
}

/** What an evaluation tells TensorBoard. */
export function metricSummaries(metrics: Metrics): SummaryValue[] {
  return [
    scalarValue("accuracy", metrics.accuracy),
    scalarValue("loss", metrics.crossEntropy),
    scalarValue("mean_squared_error", metrics.meanSquaredError),
    scalarValue("brier_score", metrics.brierScore),
  ];
}

/** Tells apart the event files that one process begins in the same second. */
let writers = 0;

/** Writes one event file, begun with its first values; every call's values are in the file when it returns. */
export function createEventWriter(
  run: string,
  { folder, now, host, pid }: Pick<RecordOptions, "folder" | "now" | "host" | "pid">,
): (step: number, values: readonly SummaryValue[]) => Promise<void> {
  const encoder = createEventEncoder();
  let file: string | undefined;
  return async (step, values) => {
    const wallTime = now();
    if (file === undefined) {
      file = `${run}/${eventFileName({ seconds: wallTime, host, pid, n: writers++ })}`;
      await folder.append(file, encoder.fileVersion(wallTime));
    }
    await folder.append(file, encoder.summary({ wallTime, step, values }));
  };
}
