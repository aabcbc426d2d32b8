/** What both entries export alike: everything that needs nothing of the machine. */
export { type Calibration, fitTemperature } from "./calibration.ts";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, loadParameters } from "./checkpoint.ts";
export { type ByteSource, blobSource, bytesSource } from "./core/bytes.ts";
export { type ErrorCode, MnistError } from "./core/errors.ts";
export type { RunFolder } from "./core/runFolder.ts";
export type { Engine } from "./engine/engine.ts";
export {
  decodeEvaluation,
  decodeRobustness,
  type EvaluationFile,
  encodeEvaluation,
  encodeRobustness,
  type Robustness,
  type RobustnessFile,
} from "./evaluationFile.ts";
export { exportOnnx } from "./export.ts";
export { type ImageFormat, imageFormats } from "./image/imageType.ts";
export type { Box, Picture } from "./image/picture.ts";
export type { LeftOut } from "./input/leftOut.ts";
export type { Batch, Damage, EpochOptions } from "./input/options.ts";
export type { Shuffle } from "./input/shuffleBuffer.ts";
export { type UrlOptions, urlSource } from "./input/urlSource.ts";
export { type FileReport, type Inspection, type InspectOptions, inspect } from "./inspect.ts";
export { best, fast, lenet, lenet5, models, parts } from "./lenet.ts";
export type { Mistake } from "./metrics/mistakes.ts";
export { type ClassMetrics, createMetrics, type Metrics } from "./metrics.ts";
export { createCommittee } from "./nn/committee.ts";
export {
  avgPool2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type LayerDefinition,
  type ModelDefinition,
  maxPool2d,
  parseDefinition,
} from "./nn/definition.ts";
export { buildNetwork, type Network } from "./nn/network.ts";
export { type Optimizer, optimizerDefaults } from "./nn/optimizers.ts";
export { createPredictor, type Predictor } from "./nn/predictor.ts";
export { type Schedule, scheduleDefaults } from "./nn/schedules.ts";
export { type Perturbation, perturb, perturbations, type Severity } from "./perturb.ts";
export type {
  EngineOptions,
  LoadOptions,
  Model,
  PictureSource,
  PredictOptions,
  ReadOptions,
} from "./predict.ts";
export type { DigitPrediction, LinePrediction, Prediction } from "./recognition/prediction.ts";
export { measureRobustness, type RobustnessOptions } from "./robustness.ts";
export type { TrainingEvent, TrainOptions } from "./train.ts";
export { defaultTrainingConfig, type TrainingConfig } from "./trainingConfig.ts";
export { recordTraining } from "./trainingRun.ts";
export { type EvaluateOptions, type Evaluation, evaluate, type ValidateOptions } from "./validate.ts";
