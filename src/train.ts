import { type Calibration, createCalibrator } from "./calibration.ts";
import { type Checkpoint, encodeCheckpoint, restoreTensors, type TrainingProgress } from "./checkpoint.ts";
import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { describeDivergence } from "./divergence.ts";
import type { Engine } from "./engine/engine.ts";
import type { Tensor } from "./engine/tensor.ts";
import type { LeftOut } from "./input/leftOut.ts";
import type { EpochOptions, ReadBatches } from "./input/options.ts";
import { epochBatches } from "./input.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import { buildNetwork } from "./nn/network.ts";
import { createPredictor } from "./nn/predictor.ts";
import { createTrainingStep, type TrainingStep } from "./nn/trainingStep.ts";
import { checkTrainingConfig, learningRateAt, type TrainingConfig } from "./trainingConfig.ts";
import { checkSameData, openTrainingData } from "./trainingData.ts";
import { checkInputShape, type Evaluation, evaluate } from "./validate.ts";

export interface TrainOptions {
  readonly engine: Engine;
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
  /** TFRecords of the training images. */
  readonly sources: readonly ByteSource[];
  /** TFRecords that epochs are judged on; in place of `config.validationCount` training images held out. */
  readonly validationSources?: readonly ByteSource[];
  /**
   * Ends at the first damaged record (`fail`, the default), or leaves out what is damaged; a training that goes on from
   * a checkpoint must do the same.
   */
  readonly onCorrupt?: EpochOptions["onCorrupt"];
  /** How images are read: on this thread, unless given. */
  readonly readBatches?: ReadBatches;
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
      /** Where damaged records are left out: which. */
      readonly leftOut?: LeftOut;
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
  /** Of the validation split; before a temperature is fitted to it. */
  | (Evaluation & {
      readonly type: "evaluation";
      readonly step: number;
      readonly epoch: number;
      /** What it took. */
      readonly seconds: number;
      /** Whether a `model` of these weights follows. */
      readonly isBest: boolean;
    })
  /** The weights alone: the best so far on the validation split, or the last where there is none. */
  | { readonly type: "model"; readonly step: number; readonly bytes: Uint8Array }
  /** All that going on from this step needs. */
  | { readonly type: "checkpoint"; readonly step: number; readonly bytes: Uint8Array }
  | {
      readonly type: "end";
      readonly step: number;
      readonly interrupted: boolean;
      /** For want of a better epoch, see {@link TrainingConfig.patience}. */
      readonly stoppedEarly: boolean;
    };

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
  const {
    engine,
    definition,
    config,
    sources,
    validationSources,
    onCorrupt,
    resume,
    signal,
    readBatches = epochBatches,
  } = options;
  checkTrainingConfig(config);
  checkInputShape(definition);
  const { batchSize, seed } = config;
  const network = buildNetwork(definition);
  const trainingStep = createTrainingStep(engine, network, {
    batchSize,
    optimizer: config.optimizer,
    loss: config.loss,
    seed,
    augment: config.augment,
    labelSmoothing: config.labelSmoothing,
    averageDecay: config.averageDecay,
  });
  let progress: TrainingProgress = { step: 0 };
  if (resume) {
    restoreTensors(engine, trainingStep.state, resume.checkpoint, resume.name);
    progress = resume.checkpoint.progress;
  }

  const classes = definition.classes.length;
  const data = await openTrainingData({
    ...{ sources, validationSources, onCorrupt, readBatches, classes, seed },
    validationCount: config.validationCount,
  });
  const { trainCount, heldOutCount, leftOut } = data;
  if (resume) checkSameData(progress.data, data.fingerprint, resume.name);
  progress = { ...progress, data: data.fingerprint };
  const predictor = createPredictor(engine, network, trainingStep.averages);

  const stepsPerEpoch = Math.ceil(trainCount / batchSize);
  const steps = config.steps ?? config.epochs * stepsPerEpoch;
  const firstStep = progress.step;
  const counts = { trainCount, validationCount: heldOutCount };
  const start = { ...counts, firstStep, steps, stepsPerEpoch };
  yield { type: "start", trainingStep, ...start, ...(leftOut && { leftOut }) };

  let saved = resume ? firstStep : -1;
  const encode = (tensors: ReadonlyMap<string, Tensor>, calibration?: Calibration) =>
    encodeCheckpoint(engine, tensors, { definition, config, progress, ...(calibration && { calibration }) });
  const checkpoint = (): TrainingEvent => {
    saved = progress.step;
    return { type: "checkpoint", step: progress.step, bytes: encode(trainingStep.state) };
  };
  let turnEnds = performance.now() + TURN_MS;

  const { patience } = config;
  /** It follows from what a checkpoint has of the progress, so a training that went on stops where it would have. */
  const isStalled = (): boolean =>
    patience !== undefined &&
    progress.best !== undefined &&
    progress.step - progress.best.step >= patience * stepsPerEpoch;
  const isOver = (): boolean => progress.step >= steps || isStalled();

  while (!isOver() && !signal?.aborted) {
    const epoch = Math.floor(progress.step / stepsPerEpoch);
    const batches = readBatches({
      ...{ sources, recordCounts: data.recordCounts, batchSize, classes, onCorrupt },
      except: data.heldOutIndices,
      shuffle: { seed, epoch, bufferSize: config.shuffleBuffer },
      skipBatches: progress.step % stepsPerEpoch,
    });
    for await (const { images, labels, count } of batches) {
      const step = progress.step;
      const learningRate = learningRateAt(config, { step, steps, stepsPerEpoch });
      trainingStep.loadImages(images, count, step);
      engine.ints(trainingStep.labels).set(labels);
      const { weightDecay, clipNorm } = config;
      const result = trainingStep.run({ count, step, learningRate, weightDecay, clipNorm });
      if (!Number.isFinite(result.loss)) {
        const where = describeDivergence(engine, trainingStep, count);
        const clip =
          clipNorm === undefined ? "clip gradients (--clip-norm 1)" : `a clip norm below ${clipNorm}`;
        throw new MnistError(
          "DIVERGED",
          `the loss is ${result.loss} at step ${step + 1}: ${where}; use a learning rate below ${config.learningRate}, or ${clip}`,
        );
      }
      progress = { ...progress, step: step + 1 };
      yield { type: "step", step: step + 1, epoch: epoch + 1, count, ...result, learningRate };

      const isEnd = progress.step === steps || progress.step % stepsPerEpoch === 0;
      if (isEnd && heldOutCount > 0) {
        predictor.parametersChanged();
        const calibrator = createCalibrator(classes);
        const started = performance.now();
        const evaluation = await evaluate(predictor, data.heldOut, { onLogits: calibrator.add });
        const seconds = (performance.now() - started) / 1000;
        const { accuracy } = evaluation.metrics;
        // Of epochs that are right as often the last one, whose learning rate was lowest.
        const isBest = !progress.best || accuracy >= progress.best.accuracy;
        if (isBest) progress = { ...progress, best: { accuracy, step: progress.step } };
        yield { type: "evaluation", step: progress.step, epoch: epoch + 1, ...evaluation, seconds, isBest };
        if (isBest) {
          const bytes = encode(trainingStep.averages, calibrator.fit());
          yield { type: "model", step: progress.step, bytes };
        }
      }
      if (isEnd || progress.step % options.checkpointEvery === 0) yield checkpoint();
      if (performance.now() > turnEnds) {
        await new Promise((resolve) => setTimeout(resolve));
        turnEnds = performance.now() + TURN_MS;
      }
      if (isOver() || signal?.aborted) break;
    }
    const isWhole = progress.step === steps || progress.step % stepsPerEpoch === 0;
    if (!isWhole && !signal?.aborted) {
      throw new MnistError(
        "BAD_DATA",
        `the training data had ${trainCount} images and have fewer now: they were changed while they were read; train on files that stay as they are`,
      );
    }
  }
  if (saved !== progress.step) yield checkpoint();
  if (heldOutCount === 0) yield { type: "model", step: progress.step, bytes: encode(trainingStep.averages) };
  const interrupted = !isOver();
  yield {
    type: "end",
    step: progress.step,
    interrupted,
    stoppedEarly: !interrupted && progress.step < steps,
  };
}
