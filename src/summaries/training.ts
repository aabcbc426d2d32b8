import type { Engine } from "../engine/engine.ts";
import { imageValue } from "../formats/events.ts";
import { sessionEndValue } from "../formats/hparams.ts";
import { encodeRgbPng } from "../formats/png.ts";
import type { SummaryValue } from "../formats/summary.ts";
import { type ActivationProbe, createActivationProbe } from "../nn/activations.ts";
import type { TrainingStep } from "../nn/trainingStep.ts";
import type { TrainingEvent } from "../train.ts";
import type { TrainingConfig } from "../trainingConfig.ts";
import { activationSummaries } from "./activations.ts";
import { evaluationSummaries } from "./evaluation.ts";
import { createEventWriter, type EventWriterOptions } from "./eventWriter.ts";
import { graphOf } from "./graph.ts";
import { hparamsSummaries } from "./hparams.ts";
import { inputsPicture } from "./inputsPicture.ts";
import type { SummaryLevel } from "./level.ts";
import { stepScalars } from "./scalars.ts";
import { settingsOf } from "./settings.ts";
import { configurationText, modelText } from "./text.ts";
import { createDecayPenalty, filterImages, gradientNormScalars, weightHistograms } from "./weights.ts";

export interface SummaryOptions extends EventWriterOptions {
  readonly engine: Engine;
  /** That of the training. */
  readonly config: TrainingConfig;
  readonly summaries: SummaryLevel;
  /** Steps from one row of numbers to the next. */
  readonly scalarsEvery: number;
  /** Steps from one row of gradient norms to the next, and with `full` of all else too. */
  readonly histogramsEvery: number;
}

/** The most images whose activations are looked at, since a pass that keeps them all costs more than a step. */
const PROBED = 32;

type Start = Extract<TrainingEvent, { type: "start" }>;
type Step = Extract<TrainingEvent, { type: "step" }>;

/**
 * Passes the events of a training on and writes what they tell TensorBoard into two runs, `train/` and `validation/`. An
 * event is passed on when what it tells is written.
 */
export async function* writeSummaries(
  events: AsyncIterable<TrainingEvent>,
  options: SummaryOptions,
): AsyncGenerator<TrainingEvent> {
  if (options.summaries === "none") {
    yield* events;
    return;
  }
  const { now } = options;
  const training = createEventWriter("train", options);
  const validation = createEventWriter("validation", options);
  let start: Start | undefined;
  let live: LiveSummaries | undefined;
  /** Where hparams go: the run that has the numbers to compare by. */
  const judged = () => (start && start.validationCount > 0 ? validation : training);

  let asked = now();
  for await (const event of events) {
    const waited = now() - asked;
    if (event.type === "start") start = event;
    if (event.type === "step" && start) {
      if (!live) {
        // Not before: a training that has nothing left to do begins no files.
        const isFirst = (await options.folder.list("train")).length === 0;
        await training.start(event.step);
        if (start.validationCount > 0) await validation.start(event.step);
        await introduce(start, isFirst);
        live = createLiveSummaries(start, options);
      }
      const values = live.take(event, waited);
      if (values.length > 0) await training.values(event.step, values);
    }
    if (event.type === "evaluation") await validation.values(event.step, evaluationSummaries(event));
    if (event.type === "end" && live && !event.interrupted) {
      await judged().values(event.step, [sessionEndValue(now())]);
    }
    yield event;
    asked = now();
  }

  /** What does not change from step to step. The settings may have, where a training was made longer. */
  async function introduce({ trainingStep, firstStep }: Start, isFirst: boolean): Promise<void> {
    const { network } = trainingStep;
    const settings = settingsOf(options.config, network.definition);
    if (isFirst) {
      await training.graph(firstStep, graphOf(network, options.config));
      await judged().values(firstStep, hparamsSummaries(settings, now()));
    }
    await training.values(firstStep, [modelText(network), configurationText(settings)]);
  }
}

/** What is read off a training's tensors while it runs. */
interface LiveSummaries {
  /** What a step tells that took `seconds`; nothing, for most. */
  take(step: Step, seconds: number): SummaryValue[];
}

function createLiveSummaries(start: Start, options: SummaryOptions): LiveSummaries {
  const { trainingStep, steps, stepsPerEpoch } = start;
  const { engine, config, scalarsEvery, histogramsEvery } = options;
  const probe = createActivationProbe(engine, trainingStep.network, trainingStep.parameters, {
    images: trainingStep.images,
    batchSize: Math.min(config.batchSize, PROBED),
  });
  // AdamW takes the decay from the weights, not from the loss.
  const penaltyOf =
    config.weightDecay > 0 && config.optimizer.name !== "adamw"
      ? createDecayPenalty(engine, trainingStep, config.weightDecay)
      : undefined;
  const since = { images: 0, seconds: 0 };

  return {
    take(event, seconds) {
      const { step, count, loss, accuracy, learningRate } = event;
      const isEnd = step % stepsPerEpoch === 0 || step === steps;
      const isFull = options.summaries === "full" && step % histogramsEvery === 0;
      since.images += count;
      since.seconds += seconds;
      const values: SummaryValue[] = [];
      if (step === 1 || step % scalarsEvery === 0) {
        const imagesPerSecond = since.seconds > 0 ? since.images / since.seconds : 0;
        const penalty = penaltyOf?.();
        const numbers = { loss, accuracy, learningRate, imagesPerSecond };
        values.push(...stepScalars({ ...numbers, ...(penalty !== undefined && { penalty }) }));
        since.images = 0;
        since.seconds = 0;
      }
      if (step % histogramsEvery === 0) values.push(...gradientNormScalars(trainingStep));
      if (isEnd || isFull) values.push(...details(engine, trainingStep, probe, count));
      return values;
    },
  };
}

/** Distributions and pictures, of the weights after a step and of the batch that it was given. */
function details(
  engine: Engine,
  trainingStep: TrainingStep,
  probe: ActivationProbe,
  count: number,
): SummaryValue[] {
  const { images, labels, network } = trainingStep;
  const probed = Math.min(count, PROBED);
  probe.run(probed);
  const { input } = network.definition;
  const inputs = inputsPicture(engine.floats(images), engine.ints(labels), input, count);
  const png = encodeRgbPng(inputs.height, inputs.width, inputs.pixels);
  return [
    ...weightHistograms(engine, trainingStep),
    ...activationSummaries(engine, probe, probed),
    ...filterImages(engine, trainingStep),
    imageValue("images", { ...inputs, png }),
  ];
}
