import type { Calibration } from "../calibration.ts";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import type { Robustness } from "../evaluationFile.ts";
import { countRecords } from "../formats/tfrecord.ts";
import { createLeftOut } from "../input/leftOut.ts";
import { createMetrics } from "../metrics.ts";
import type { Predictor } from "../nn/predictor.ts";
import { softmaxRows } from "../nn/softmax.ts";
import { readBatches } from "../node/input.ts";
import { perturbations } from "../perturb.ts";
import { measureRobustness } from "../robustness.ts";
import { type Evaluation, validate } from "../validate.ts";
import { createProgressLine, formatCount, type Io } from "./terminal.ts";
import { robustnessText } from "./validateText.ts";

/** What a model is measured with and on. */
export interface Work {
  readonly predictor: Predictor;
  readonly sources: readonly ByteSource[];
  readonly onCorrupt: "fail" | "skip";
  readonly io: Io;
}

/** An evaluation, and what it took and would have been. */
export type Evaluated = Awaited<ReturnType<typeof evaluateWithProgress>>;

/** Evaluates, saying how far it is. */
export async function evaluateWithProgress({
  predictor,
  sources,
  onCorrupt,
  io,
  mistakeLimit,
  calibration,
}: Work & { readonly mistakeLimit: number; readonly calibration: Calibration | undefined }) {
  const { classes } = predictor.network.definition;
  const uncalibrated = createMetrics(classes);
  const leftOut = createLeftOut();
  const progress = createProgressLine(io, "validate");
  const started = performance.now();
  try {
    let total = 0;
    // Only for the progress: what is damaged is left out, and what comes over a network would come twice.
    const isCounted = onCorrupt === "fail" && sources.every(({ byteLength }) => byteLength !== undefined);
    if (isCounted) for (const source of sources) total += await countRecords(source);
    const evaluation: Evaluation = await validate(predictor, sources, {
      ...{ readBatches, onCorrupt, mistakeLimit, onDamage: leftOut.add },
      ...(calibration && {
        onLogits: (logits, labels, count) =>
          uncalibrated.add(softmaxRows(logits, classes.length, 1), labels, count),
      }),
      onBatch: ({ count, accuracy }) => {
        if (io.signal.aborted) {
          const done = `${formatCount(count)}${isCounted ? ` of ${formatCount(total)}` : ""} images`;
          throw new MnistError("INTERRUPTED", `interrupted after ${done}`);
        }
        const note = `${formatCount(count)} images  accuracy ${(accuracy * 100).toFixed(2)} %`;
        progress.update(count, total, note);
      },
    });
    const { expectedCalibrationError, crossEntropy, brierScore } = uncalibrated.result();
    return {
      ...evaluation,
      calibration,
      /** What of the metrics a temperature changes, without it. */
      before: { expectedCalibrationError, crossEntropy, brierScore },
      leftOut: leftOut.result(),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    progress.clear();
  }
}

/** Measures on perturbed images, saying how far it is. */
export async function measureWithProgress({
  predictor,
  sources,
  onCorrupt,
  io,
  images,
  total,
  isPrinted,
}: Work & {
  /** At most so many; all where it is left out. */
  readonly images: number | undefined;
  /** How many there are to do. */
  readonly total: number;
  readonly isPrinted: boolean;
}): Promise<Robustness> {
  const progress = createProgressLine(io, "robustness");
  const started = performance.now();
  try {
    const robustness = await measureRobustness(predictor, sources, {
      ...{ readBatches, onCorrupt, take: images },
      onProgress: (done) => {
        const note = `${formatCount(Math.floor(done))} of ${formatCount(total)} images`;
        if (io.signal.aborted) throw new MnistError("INTERRUPTED", `interrupted after perturbing ${note}`);
        progress.update(done, total, note);
      },
    });
    progress.clear();
    const seconds = (performance.now() - started) / 1000;
    if (isPrinted) io.stdout.write(robustnessText(robustness, perturbations, seconds, io));
    return robustness;
  } finally {
    progress.clear();
  }
}
