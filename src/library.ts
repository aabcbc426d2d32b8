/** What both entries export alike: everything that needs nothing of the machine. */
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { type ByteSource, bytesSource } from "./core/bytes.ts";
export { type ErrorCode, MnistError } from "./core/errors.ts";
export type { Box, Picture } from "./image/picture.ts";
export { type Batch, type EpochOptions, epochBatches } from "./input.ts";
export { lenet, lenet5, models } from "./lenet.ts";
export { type ClassMetrics, createMetrics, type Metrics } from "./metrics.ts";
export {
  avgPool2d,
  conv2d,
  dense,
  dropout,
  flatten,
  type LayerDefinition,
  type ModelDefinition,
  maxPool2d,
  parseDefinition,
} from "./nn/definition.ts";
export { type Optimizer, optimizerDefaults } from "./nn/optimizers.ts";
export { type Schedule, scheduleDefaults } from "./nn/schedules.ts";
export type {
  EngineOptions,
  LoadOptions,
  Model,
  PictureSource,
  Prediction,
  PredictOptions,
  ReadOptions,
} from "./predict.ts";
export { type TrainingEvent, type TrainOptions, train } from "./train.ts";
export { defaultTrainingConfig, type TrainingConfig } from "./trainingConfig.ts";
export { evaluate, validate } from "./validate.ts";
