import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { formatShape } from "./core/shape.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import { epochBatches } from "./input.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import type { Predictor } from "./nn/predictor.ts";

/** Images at a time: as many as a prediction's plan takes at once. */
const BATCH = 128;

/** Labelled images: `images` [count, height, width, channels], 0..255, and `labels` [count]. */
export interface LabelledImages {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
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

/**
 * Validates `predictor` on TFRecords, streaming: memory does not grow with the data set.
 *
 * @throws MnistError `BAD_DATA` for a damaged record, with file, record and offset.
 */
export function validate(
  predictor: Predictor,
  sources: readonly ByteSource[],
  options: { readonly onBatch?: (metrics: Metrics) => void; readonly take?: number } = {},
): Promise<Metrics> {
  const { take } = options;
  checkInputShape(predictor.network.definition);
  const classes = predictor.network.definition.classes.length;
  const batches = epochBatches({
    sources,
    batchSize: BATCH,
    classes,
    ...(take === undefined ? {} : { take }),
  });
  return evaluate(predictor, batches, options.onBatch);
}
