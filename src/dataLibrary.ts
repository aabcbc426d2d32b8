import type { ByteSource } from "./core/bytes.ts";
import type { Batch, EpochOptions, ReadBatches } from "./input/options.ts";
import type { Predictor } from "./nn/predictor.ts";
import { type TrainingEvent, type TrainOptions, train } from "./train.ts";
import { type Evaluation, type ValidateOptions, validate } from "./validate.ts";

/** The part of the library that reads data sets, for one platform. */
export interface DataLibrary {
  /**
   * Batches of labelled pictures, streamed: memory holds the shuffle buffer and a few batches and chunks of the files,
   * whatever their length. Where the platform has workers, and they can open the sources, one reads, inflates and decodes
   * ahead; the batches are the same without.
   *
   * @throws MnistError `BAD_DATA` for damage, with file, record and offset; `NOT_FOUND`, `NETWORK`.
   */
  epochBatches(options: EpochOptions): AsyncGenerator<Batch>;
  /**
   * Trains a model, telling every step; see `TrainOptions`.
   *
   * @throws MnistError `BAD_ARGUMENT`, `BAD_MODEL`, `BAD_DATA`, `BAD_CHECKPOINT`, `DIVERGED`.
   */
  train(options: TrainOptions): AsyncGenerator<TrainingEvent>;
  /**
   * Evaluates `predictor` on TFRecords, in one pass: metrics, and the worst mistakes.
   *
   * @throws MnistError `BAD_DATA` for a damaged record, unless it is left out.
   */
  validate(
    predictor: Predictor,
    sources: readonly ByteSource[],
    options?: ValidateOptions,
  ): Promise<Evaluation>;
}

/** The library's functions over a platform's way to read batches. */
export function createDataLibrary(readBatches: ReadBatches): DataLibrary {
  return {
    epochBatches: readBatches,
    train: (options) => train({ readBatches, ...options }),
    validate: (predictor, sources, options) => validate(predictor, sources, { readBatches, ...options }),
  };
}
