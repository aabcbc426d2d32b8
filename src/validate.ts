import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { formatShape } from "./core/shape.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import type { EpochOptions, ReadBatches } from "./input/options.ts";
import { epochBatches } from "./input.ts";
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

/** The metrics of `predictor` over `batches`, in one pass; `onBatch` is told how many images are done. */
export async function evaluate(
  predictor: Predictor,
  batches: AsyncIterable<LabelledImages> | Iterable<LabelledImages>,
  onBatch?: (metrics: Metrics) => void,
): Promise<Metrics> {
  const metrics = createMetrics(predictor.network.definition.classes);
  for await (const { images, labels, count } of batches) {
    metrics.add(predictor.predict(images), labels, count);
    onBatch?.(metrics.result());
  }
  return metrics.result();
}

export interface ValidateOptions extends Pick<EpochOptions, "take" | "onCorrupt" | "onDamage"> {
  /** Told of the metrics so far. */
  readonly onBatch?: (metrics: Metrics) => void;
  /** How images are read: on this thread, unless given. */
  readonly readBatches?: ReadBatches;
}

/**
 * Validates `predictor` on TFRecords, streaming: memory does not grow with the data set.
 *
 * @throws MnistError `BAD_DATA` for a damaged record, with file, record and offset, unless it is left out.
 */
export function validate(
  predictor: Predictor,
  sources: readonly ByteSource[],
  options: ValidateOptions = {},
): Promise<Metrics> {
  const { onBatch, readBatches = epochBatches, ...chosen } = options;
  checkInputShape(predictor.network.definition);
  const classes = predictor.network.definition.classes.length;
  return evaluate(predictor, readBatches({ ...chosen, sources, batchSize: BATCH, classes }), onBatch);
}
