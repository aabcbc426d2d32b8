import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { formatShape } from "./core/shape.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import type { EpochOptions, ReadBatches } from "./input/options.ts";
import { epochBatches } from "./input.ts";
import { collectMistakes, type Mistake } from "./metrics/mistakes.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import type { Predictor } from "./nn/predictor.ts";

/** Images at a time: as many as a prediction's plan takes at once. */
const BATCH = 128;

/** Labelled images: `images` [count, height, width, channels], 0..255, and `labels` [count]. */
export interface LabelledImages {
  readonly images: Uint8Array;
  readonly labels: ArrayLike<number>;
  readonly count: number;
}

/**
 * Checks that a model takes the images that TFRecords give.
 *
 * @throws MnistError `BAD_MODEL`, with both shapes.
 */
export function checkInputShape({ name, input }: ModelDefinition): void {
  const expected = formatShape([mnistSize, mnistSize, 1]);
  const found = formatShape(input.shape);
  if (found === expected) return;
  throw new MnistError(
    "BAD_MODEL",
    `model ${name}: its input is ${found}, but the images are ${expected}; change its input's shape`,
  );
}

/** What a pass over labelled images tells of a model. */
export interface Evaluation {
  readonly metrics: Metrics;
  /** The worst first; not all, where there are many. */
  readonly mistakes: readonly Mistake[];
}

export interface EvaluateOptions {
  /** Told after each batch how far it is. */
  readonly onBatch?: (soFar: Pick<Metrics, "count" | "accuracy">) => void;
  /** Told each batch's logits [count, classes], not divided by a temperature, and labels. */
  readonly onLogits?: (logits: Float32Array, labels: ArrayLike<number>, count: number) => void;
  /** Mistakes to keep, with their images. */
  readonly mistakeLimit?: number;
}

const MISTAKE_LIMIT = 64;

/** Evaluates `predictor` on `batches` in one pass, in memory that does not grow with them. */
export async function evaluate(
  predictor: Predictor,
  batches: AsyncIterable<LabelledImages> | Iterable<LabelledImages>,
  { onBatch, onLogits, mistakeLimit = MISTAKE_LIMIT }: EvaluateOptions = {},
): Promise<Evaluation> {
  const { classes } = predictor.network.definition;
  const metrics = createMetrics(classes);
  const mistakes = collectMistakes(classes.length, mistakeLimit);
  for await (const { images, labels, count } of batches) {
    const { logits, probabilities } = predictor.outputs(images);
    metrics.add(probabilities, labels, count);
    mistakes.add(images, probabilities, labels, count);
    onLogits?.(logits, labels, count);
    onBatch?.(metrics.soFar());
  }
  return { metrics: metrics.result(), mistakes: mistakes.result() };
}

export interface ValidateOptions
  extends EvaluateOptions,
    Pick<EpochOptions, "take" | "onCorrupt" | "onDamage"> {
  /** How images are read: on this thread, unless given. */
  readonly readBatches?: ReadBatches;
}

/**
 * Evaluates `predictor` on TFRecords, streaming: memory does not grow with the data set.
 *
 * @throws MnistError `BAD_DATA` for a damaged record, with file, record and offset, unless it is left out.
 */
export function validate(
  predictor: Predictor,
  sources: readonly ByteSource[],
  options: ValidateOptions = {},
): Promise<Evaluation> {
  const { onBatch, onLogits, mistakeLimit, readBatches = epochBatches, ...chosen } = options;
  checkInputShape(predictor.network.definition);
  const classes = predictor.network.definition.classes.length;
  const batches = readBatches({ ...chosen, sources, batchSize: BATCH, classes });
  return evaluate(predictor, batches, {
    ...(onBatch && { onBatch }),
    ...(onLogits && { onLogits }),
    ...(mistakeLimit !== undefined && { mistakeLimit }),
  });
}
