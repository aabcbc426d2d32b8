import { best, fast, lenet, lenet5, parts } from "./lenet.ts";
import { augmentationDefaults } from "./nn/augmentation.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import { optimizerDefaults } from "./nn/optimizers.ts";
import { scheduleDefaults } from "./nn/schedules.ts";
import { defaultTrainingConfig, type TrainingConfig } from "./trainingConfig.ts";

/** A model with a way to train it that was chosen for it, on the validation split. */
export interface Preset {
  readonly description: string;
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
}

/** How the networks that are shipped were trained: long, on images that are never twice the same. */
const careful = {
  ...defaultTrainingConfig,
  optimizer: { ...optimizerDefaults.adamw, beta2: 0.98 },
  learningRate: 0.003,
  weightDecay: 0.15,
  schedule: { ...scheduleDefaults.oneCycle, peak: 0.15 },
  labelSmoothing: 0.03,
  averageDecay: 0.999,
  augment: augmentationDefaults.strong,
} as const satisfies TrainingConfig;

/** By the name that `--preset` takes. */
export const presets = {
  lenet: {
    description: "TF-slim's LeNet, the default",
    definition: lenet,
    config: { ...careful, epochs: 30 },
  },
  lenet5: {
    description: "the small LeNet-5 of 1998",
    definition: lenet5,
    config: { ...careful, epochs: 60 },
  },
  best: {
    description: "a deeper network: convolutions in pairs, each normalised",
    definition: best,
    config: { ...careful, epochs: 24 },
  },
  fast: {
    description: "99 % in seconds",
    definition: fast,
    config: {
      ...defaultTrainingConfig,
      epochs: 3,
      steps: 2200,
      optimizer: optimizerDefaults.adam,
      learningRate: 0.004,
      schedule: { ...scheduleDefaults.oneCycle, start: 0.1, end: 0.001 },
    },
  },
  parts: {
    description: "tells a digit from a part of one and from several",
    definition: parts,
    config: { ...careful, epochs: 8, augment: augmentationDefaults.light },
  },
} as const satisfies Readonly<Record<string, Preset>>;
