import { fast, lenet, lenet5 } from "./lenet.ts";
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

/** By the name that `--preset` takes. */
export const presets = {
  lenet: {
    description: "TF-slim's LeNet, the default",
    definition: lenet,
    config: {
      ...defaultTrainingConfig,
      optimizer: { ...optimizerDefaults.adam, beta2: 0.98 },
      learningRate: 0.0013,
      schedule: { ...scheduleDefaults.oneCycle, peak: 0.15 },
    },
  },
  lenet5: {
    description: "the small LeNet-5 of 1998",
    definition: lenet5,
    config: { ...defaultTrainingConfig, epochs: 10, learningRate: 0.002 },
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
} as const satisfies Readonly<Record<string, Preset>>;
