import { type Checkpoint, encodeCheckpoint, restoreTensors, type TrainingProgress } from "./checkpoint.ts";
import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { createRandom } from "./core/random.ts";
import type { Engine } from "./engine/engine.ts";
import { countRecords, epochBatches } from "./input.ts";
import type { Metrics } from "./metrics.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import { buildNetwork } from "./nn/network.ts";
import { createPredictor } from "./nn/predictor.ts";
import { scheduleFactor } from "./nn/schedules.ts";
import { createTrainingStep, type TrainingStep } from "./nn/trainingStep.ts";
import { checkTrainingConfig, type TrainingConfig } from "./trainingConfig.ts";
import { checkInputShape, evaluate, type LabelledImages } from "./validate.ts";

export interface TrainOptions {
  readonly engine: Engine;
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
  /** TFRecords of the training images. */
  readonly sources: readonly ByteSource[];
  /** A checkpoint every so many steps, besides those at the end of an epoch and of the training. */
  readonly checkpointEvery: number;
  /** Goes on from this checkpoint, which must be of the same definition. */
  readonly resume?: { readonly name: string; readonly checkpoint: Checkpoint };
  /** Once aborted, the training ends after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What a training tells while it runs; whoever consumes it prints, writes files, or draws. */
export type TrainingEvent =
  | {
      readonly type: "start";
      /** The live tensors: after each `step` event they are that step's. */
      readonly trainingStep: TrainingStep;
      readonly trainCount: number;
      readonly validationCount: number;
      readonly firstStep: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
    }
  | {
      readonly type: "step";
      /** Steps done, this one included. */
      readonly step: number;
      /** The epoch it belongs to, from 1. */
      readonly epoch: number;
      readonly count: number;
      readonly loss: number;
      readonly accuracy: number;
      readonly learningRate: number;
    }
  | {
      readonly type: "evaluation";
      readonly step: number;
      readonly epoch: number;
      /** Of the validation split. */
      readonly metrics: Metrics;
    }
  /** The weights alone: the best so far on the validation split, or the last where there is none. */
  | { readonly type: "model"; readonly step: number; readonly bytes: Uint8Array }
  /** All that going on from this step needs. */
  | { readonly type: "checkpoint"; readonly step: number; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly step: number; readonly interrupted: boolean };

/** Streams of random numbers of one seed: weights take 0, 1, 2 ..., shuffling 2^20 and on. */
const SPLIT_STREAM = 1 << 19;

/** How long steps may run before timers, signals and input get their turn, in milliseconds. */
const TURN_MS = 50;

/**
 * Trains a model, telling every step. All that is random follows from the configuration's seed, and everything
 * that a step depends on from its number, so a training that goes on from a checkpoint computes the same bits as
 * one that was never interrupted.
 *
 * @throws MnistError `BAD_ARGUMENT`, `BAD_MODEL`, `BAD_DATA`, `BAD_CHECKPOINT`; where the loss is no longer a
 *   number, `BAD_ARGUMENT` with the step.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent> {
  const { engine, definition, config, sources, resume, signal } = options;
  checkTrainingConfig(config);
  checkInputShape(definition);
  const { batchSize, seed } = config;
  const network = buildNetwork(definition);
  const trainingStep = createTrainingStep(engine, network, {
    batchSize,
    optimizer: config.optimizer,
    loss: config.loss,
    seed,
  });
  let progress: TrainingProgress = { step: 0 };
  if (resume) {
    restoreTensors(engine, trainingStep.state, resume.checkpoint, resume.name);
    progress = resume.checkpoint.progress;
  }

  const total = await countAll(sources);
  const isHeldOut = drawSplit(total, config.validationCount, seed);
  const trainCount = total - config.validationCount;
  const classes = definition.classes.length;
  const heldOut = await readHeldOut(sources, isHeldOut, config.validationCount, classes);
  const predictor = createPredictor(engine, network, trainingStep.parameters);

  const stepsPerEpoch = Math.ceil(trainCount / batchSize);
  const steps = config.steps ?? config.epochs * stepsPerEpoch;
  const firstStep = progress.step;
  const counts = { trainCount, validationCount: heldOut.count };
  yield { type: "start", trainingStep, ...counts, firstStep, steps, stepsPerEpoch };

  let saved = resume ? firstStep : -1;
  const encode = (tensors: TrainingStep["state"]) =>
    encodeCheckpoint(engine, tensors, { definition, config, progress });
  const checkpoint = (): TrainingEvent => {
    saved = progress.step;
    return { type: "checkpoint", step: progress.step, bytes: encode(trainingStep.state) };
  };
  let turnEnds = performance.now() + TURN_MS;

  while (progress.step < steps && !signal?.aborted) {
    const epoch = Math.floor(progress.step / stepsPerEpoch);
    const batches = epochBatches({
      sources,
      batchSize,
      classes,
      select: (index) => !isHeldOut(index),
      shuffle: { seed, epoch, bufferSize: config.shuffleBuffer },
      skipBatches: progress.step % stepsPerEpoch,
    });
    for await (const { images, labels, count } of batches) {
      const step = progress.step;
      const learningRate = config.learningRate * scheduleFactor(config.schedule, step, steps, stepsPerEpoch);
      trainingStep.loadImages(images, count);
      engine.ints(trainingStep.labels).set(labels);
      const result = trainingStep.run({ count, step, learningRate, weightDecay: config.weightDecay });
      if (!Number.isFinite(result.loss)) {
        throw new MnistError(
          "DIVERGED",
          `the loss is ${result.loss} at step ${step + 1}: the training has diverged; use a learning rate below ${config.learningRate}`,
        );
      }
      progress = { ...progress, step: step + 1 };
      yield { type: "step", step: step + 1, epoch: epoch + 1, count, ...result, learningRate };

      const isEnd = progress.step === steps || progress.step % stepsPerEpoch === 0;
      if (isEnd && heldOut.count > 0) {
        predictor.parametersChanged();
        const metrics = await evaluate(predictor, [heldOut]);
        yield { type: "evaluation", step: progress.step, epoch: epoch + 1, metrics };
        // Of epochs that are right as often the last one, whose learning rate was lowest.
        if (!progress.best || metrics.accuracy >= progress.best.accuracy) {
          progress = { ...progress, best: { accuracy: metrics.accuracy, step: progress.step } };
          yield { type: "model", step: progress.step, bytes: encode(trainingStep.parameters) };
        }
      }
      if (isEnd || progress.step % options.checkpointEvery === 0) yield checkpoint();
      if (performance.now() > turnEnds) {
        await new Promise((resolve) => setTimeout(resolve));
        turnEnds = performance.now() + TURN_MS;
      }
      if (progress.step >= steps || signal?.aborted) break;
    }
  }
  if (saved !== progress.step) yield checkpoint();
  if (heldOut.count === 0)
    yield { type: "model", step: progress.step, bytes: encode(trainingStep.parameters) };
  yield { type: "end", step: progress.step, interrupted: progress.step < steps };
}

async function countAll(sources: readonly ByteSource[]): Promise<number> {
  let total = 0;
  for (const source of sources) total += await countRecords(source);
  if (total === 0) {
    for await (const _ of epochBatches({ sources, batchSize: 1 })) break; // throws where damage is the reason
    const names = sources.map(({ name }) => name).join(", ");
    throw new MnistError(
      "BAD_DATA",
      `${names}: expected labelled images, found no records; run mnist prepare again`,
    );
  }
  return total;
}

/** Draws `count` of `total` examples by `seed`; gives whether an index is one of them. */
function drawSplit(total: number, count: number, seed: number): (index: number) => boolean {
  if (count >= total) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `validation count: expected fewer than the ${total} images that there are, found ${count}`,
    );
  }
  const random = createRandom(seed, SPLIT_STREAM);
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.below(total));
  return (index) => drawn.has(index);
}

/** The held-out images, all in memory: they are few and used after every epoch. */
async function readHeldOut(
  sources: readonly ByteSource[],
  isHeldOut: (index: number) => boolean,
  count: number,
  classes: number,
): Promise<LabelledImages> {
  if (count === 0) return { images: new Uint8Array(0), labels: new Uint8Array(0), count };
  const batches = epochBatches({ sources, batchSize: count, classes, select: isHeldOut });
  for await (const batch of batches) return { ...batch };
  throw new MnistError(
    "BAD_DATA",
    "the training data have fewer records than were counted; run mnist prepare again",
  );
}
