import { join } from "node:path";
import type { LeftOut } from "../input/leftOut.ts";
import type { TrainingEvent } from "../train.ts";
import type { TrainingConfig } from "../trainingConfig.ts";
import { noteLeftOut } from "./data.ts";
import {
  colorsFor,
  counted,
  formatCount,
  formatDuration,
  formatMegabytes,
  type Io,
  type ProgressLine,
  printJson,
} from "./terminal.ts";

/** One JSON document an event, without what only files hold. */
export async function printEvents(events: AsyncIterable<TrainingEvent>, io: Io): Promise<void> {
  for await (const event of events) {
    if (event.type === "start") {
      const { trainingStep, ...rest } = event;
      printJson(io, { ...rest, bytes: trainingStep.bytes });
    } else if (event.type === "model" || event.type === "checkpoint") {
      const { bytes, ...rest } = event;
      printJson(io, { ...rest, bytes: bytes.length });
    } else if (event.type === "evaluation") {
      const { mistakes, metrics, ...rest } = event;
      const { precisionRecall, ...few } = metrics;
      printJson(io, { ...rest, metrics: few });
    } else printJson(io, event);
  }
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

export interface Shown {
  readonly logDir: string;
  /** The model and what computes. */
  readonly about: string;
  readonly config: TrainingConfig;
  /** Epochs are judged on images of their own, not on some that are held out. */
  readonly hasValidationData: boolean;
  readonly progress: ProgressLine;
}

/** For people: a line that moves, a line an epoch, and what to do next. */
export async function showTraining(
  events: AsyncIterable<TrainingEvent>,
  { logDir, about, config, hasValidationData, progress }: Shown,
  io: Io,
): Promise<void> {
  const { bold, cyan, dim, green, yellow } = colorsFor(io.stderr, io);
  const note = (text: string) => io.stderr.write(`${text}\n`);
  let started = performance.now();
  let images = 0;
  let first = 0;
  let steps = 0;
  let stepsPerEpoch = 0;
  let recentLoss = 0;
  let recentAccuracy = 0;
  let best: { accuracy: number; step: number } | undefined;
  let last = { accuracy: 0, step: -1 };
  let leftOut: LeftOut | undefined;
  for await (const event of events) {
    switch (event.type) {
      case "start":
        ({ firstStep: first, steps, stepsPerEpoch, leftOut } = event);
        note(
          `${bold("Training")} ${about}: ${formatCount(event.trainCount)} images, ${formatCount(event.validationCount)} ${hasValidationData ? "to judge by" : "held out"}, ` +
            `${formatCount(steps)} steps of ${config.batchSize}${first > 0 ? `, from step ${formatCount(first)}` : ""}`,
        );
        note(dim(`Files go to ${logDir}; watch with: tensorboard --logdir ${logDir}`));
        started = performance.now();
        break;
      case "step": {
        images += event.count;
        // What a person reads should not jump with every batch.
        const weight = event.step - first <= 1 ? 1 : 0.05;
        recentLoss += weight * (event.loss - recentLoss);
        recentAccuracy += weight * (event.accuracy - recentAccuracy);
        const speed = images / ((performance.now() - started) / 1000);
        progress.update(
          event.step - first,
          steps - first,
          `loss ${recentLoss.toFixed(4)}  accuracy ${percent(recentAccuracy)}  ${formatCount(Math.round(speed))} images/s`,
        );
        break;
      }
      case "evaluation": {
        const { accuracy, crossEntropy } = event.metrics;
        last = { accuracy, step: event.step };
        progress.clear();
        const speed = images / ((performance.now() - started) / 1000);
        note(
          `${cyan(`epoch ${event.epoch}`)}  step ${formatCount(event.step)}  loss ${recentLoss.toFixed(4)}  accuracy ${percent(recentAccuracy)}  ` +
            `${hasValidationData ? "validation" : "held out"}: loss ${crossEntropy.toFixed(4)}  accuracy ${bold(percent(accuracy))}  ${dim(`${formatCount(Math.round(speed))} images/s`)}`,
        );
        break;
      }
      case "model":
        if (last.step === event.step) best = last;
        break;
      case "end": {
        progress.clear();
        if (leftOut) noteLeftOut(leftOut, io);
        const seconds = (performance.now() - started) / 1000;
        if (event.interrupted) {
          note(
            yellow(
              `Interrupted at step ${formatCount(event.step)} of ${formatCount(steps)}; saved. Go on with: mnist train --resume ${logDir}`,
            ),
          );
          break;
        }
        if (event.step === first) {
          const why = event.stoppedEarly ? "stopped early" : "is complete";
          const longer = event.stoppedEarly
            ? "a larger --patience makes it longer"
            : "--epochs or --steps make it longer";
          io.stdout.write(
            `${green("Nothing to do")}: this training ${why}, at step ${formatCount(event.step)} of ${formatCount(steps)}; ${longer}.\n`,
          );
          break;
        }
        if (event.stoppedEarly && config.patience !== undefined) {
          const epoch = event.step / stepsPerEpoch;
          note(
            `Stopped early, at step ${formatCount(event.step)} of ${formatCount(steps)}: ` +
              `no better epoch on the held-out images in the ${counted(config.patience, "epoch")} since epoch ${epoch - config.patience}`,
          );
        }
        const model = join(logDir, "model.safetensors");
        const accuracy = best ? `, ${percent(best.accuracy)} right on the held-out images` : "";
        io.stdout.write(
          `${green("Trained")} ${formatCount(event.step - first)} steps in ${formatDuration(seconds)} ` +
            `(${formatCount(Math.round(images / seconds))} images/s). Best weights: ${model}${accuracy}.\n` +
            `Next: mnist validate --checkpoint ${logDir}\n`,
        );
      }
    }
  }
}

/**
 * For `--debug`: passes the events on, and tells on standard error what a step's tensors take, placed by lifetime and
 * side by side, and at the end the most memory that the process has had.
 */
export async function* noteMemory(
  events: AsyncIterable<TrainingEvent>,
  io: Io,
): AsyncGenerator<TrainingEvent> {
  for await (const event of events) {
    if (event.type === "start") {
      const { planned, withoutReuse } = event.trainingStep.bytes;
      io.stderr.write(
        `memory: a step's tensors take ${formatMegabytes(planned)}, ${formatMegabytes(withoutReuse)} without reuse\n`,
      );
    }
    yield event;
    if (event.type === "end") {
      const peak = process.resourceUsage().maxRSS * 1024; // kilobytes
      io.stderr.write(`memory: at most ${formatMegabytes(peak)} of this process were resident\n`);
    }
  }
}
