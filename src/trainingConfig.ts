import { MnistError } from "./core/errors.ts";
import type { LossName } from "./engine/operations/losses.ts";
import { type Augmentation, augmentationDefaults } from "./nn/augmentation.ts";
import { learningRateDefaults, type Optimizer, optimizerDefaults } from "./nn/optimizers.ts";
import { type Schedule, scheduleDefaults, scheduleFactor, warmUpFactor } from "./nn/schedules.ts";

/** Everything that decides what a training computes, besides the model and the data; saved in each checkpoint. */
export interface TrainingConfig {
  /** Images a step. */
  readonly batchSize: number;
  /** Passes over the training images. */
  readonly epochs: number;
  /** Ends after so many steps, whatever `epochs` says; the schedule spans them. */
  readonly steps?: number;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Over so many epochs, whole or in part, the rate comes up from 0 in a straight line, whatever the schedule says. */
  readonly warmUpEpochs: number;
  /** L2 on the weights, not on the biases; with AdamW taken from the weights directly. */
  readonly weightDecay: number;
  readonly loss: LossName;
  /** The share of the target that all classes have in common (Szegedy et al., 2016). */
  readonly labelSmoothing: number;
  /** The most that the norm of all gradients together may be; they are scaled down to it. No limit unless given. */
  readonly clipNorm?: number;
  /** What an exponential moving average of the weights, which is then what predicts, keeps of itself in a step; 0: none. */
  readonly averageDecay: number;
  /** How training images are distorted. */
  readonly augment: Augmentation;
  /** Ends after so many epochs without a better one on the validation split. Never unless given. */
  readonly patience?: number;
  /** Of the first weights, dropout, the order of the images and the validation split. */
  readonly seed: number;
  /** Training images held out, drawn by the seed, on which epochs are judged. */
  readonly validationCount: number;
  /** Images among which the next is drawn; 784 bytes each. */
  readonly shuffleBuffer: number;
}

/** Reaches 99 % on MNIST's test set with `lenet`. */
export const defaultTrainingConfig: TrainingConfig = {
  batchSize: 64,
  epochs: 3,
  optimizer: optimizerDefaults.adam,
  learningRate: learningRateDefaults.adam,
  schedule: scheduleDefaults.cosine,
  warmUpEpochs: 0,
  weightDecay: 0,
  loss: "softmaxCrossEntropy",
  labelSmoothing: 0,
  averageDecay: 0,
  augment: augmentationDefaults.none,
  seed: 1,
  validationCount: 5000,
  shuffleBuffer: 20_000,
};

/** What is to be otherwise than in another configuration; `null` takes a limit away. */
export type ConfigChanges = Partial<Omit<TrainingConfig, "clipNorm" | "patience">> & {
  readonly clipNorm?: number | null;
  readonly patience?: number | null;
};

/**
 * `base` with `changes`. Another optimizer takes the learning rate that suits it where none is given; epochs take the
 * place of steps.
 */
export function changeConfig(base: TrainingConfig, changes: ConfigChanges): TrainingConfig {
  const { optimizer, epochs } = changes;
  const config = {
    ...base,
    ...(optimizer && { learningRate: learningRateDefaults[optimizer.name] }),
    ...(epochs !== undefined && { steps: undefined }),
    ...changes,
  };
  // Fields stay in their order, which a checkpoint's bytes have too.
  const given = Object.entries(config).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given) as unknown as TrainingConfig;
}

/** What versions did that did not have these settings. */
const before = { warmUpEpochs: 0, labelSmoothing: 0, averageDecay: 0, augment: augmentationDefaults.none };

/** A configuration that another version saved, with what it has no fields for. */
export function completeTrainingConfig(saved: Partial<TrainingConfig>): TrainingConfig {
  const all = completed(saved, before) as unknown as TrainingConfig;
  // A distortion that an augmentation did not have yet is none.
  return { ...all, augment: completed(all.augment, before.augment) as unknown as Augmentation };
}

/** What is there stays, in its order. */
function completed(saved: object, defaults: object): object {
  const missing = Object.entries(defaults).filter(([key]) => !Object.hasOwn(saved, key));
  return { ...saved, ...Object.fromEntries(missing) };
}

/** Where a run is: `step` is from 0. */
export interface RunPosition {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of one step. */
export function learningRateAt(
  { learningRate, warmUpEpochs, schedule }: TrainingConfig,
  { step, steps, stepsPerEpoch }: RunPosition,
): number {
  const warmUp = warmUpFactor(step, Math.round(warmUpEpochs * stepsPerEpoch));
  return learningRate * warmUp * scheduleFactor(schedule, step, steps, stepsPerEpoch);
}

type Check = readonly [name: string, ok: boolean, expected: string, found: unknown];

/**
 * Checks the numbers of a configuration.
 *
 * @throws MnistError `BAD_ARGUMENT`, naming the option, what it may be and what it is.
 */
export function checkTrainingConfig(config: TrainingConfig): void {
  const whole = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  const amount = (value: number) => value >= 0 && Number.isFinite(value);
  const share = (value: number) => value >= 0 && value < 1;
  const checks: readonly Check[] = [
    ["batch size", whole(config.batchSize, 1), "a whole number above 0", config.batchSize],
    ["epochs", whole(config.epochs, 1), "a whole number above 0", config.epochs],
    ["steps", config.steps === undefined || whole(config.steps, 1), "a whole number above 0", config.steps],
    [
      "learning rate",
      config.learningRate > 0 && Number.isFinite(config.learningRate),
      "above 0",
      config.learningRate,
    ],
    ["weight decay", amount(config.weightDecay), "0 or above", config.weightDecay],
    ["warm-up epochs", amount(config.warmUpEpochs), "0 or above", config.warmUpEpochs],
    ["label smoothing", share(config.labelSmoothing), "a number from 0 to below 1", config.labelSmoothing],
    [
      "clip norm",
      config.clipNorm === undefined || (config.clipNorm > 0 && Number.isFinite(config.clipNorm)),
      "above 0",
      config.clipNorm,
    ],
    ["average decay", share(config.averageDecay), "a number from 0 to below 1", config.averageDecay],
    [
      "augment",
      hasName(augmentationDefaults, config.augment),
      namesOf(augmentationDefaults),
      config.augment?.name,
    ],
    ...augmentationChecks(config.augment),
    [
      "patience",
      config.patience === undefined || (whole(config.patience, 1) && config.validationCount > 0),
      "a whole number of epochs above 0, and images held out",
      config.patience,
    ],
    [
      "seed",
      whole(config.seed, 0) && config.seed < 2 ** 31,
      "a whole number from 0 to 2147483647",
      config.seed,
    ],
    [
      "validation count",
      whole(config.validationCount, 0),
      "a whole number, 0 or above",
      config.validationCount,
    ],
    [
      "optimizer",
      hasName(optimizerDefaults, config.optimizer),
      namesOf(optimizerDefaults),
      config.optimizer?.name,
    ],
    [
      "schedule",
      hasName(scheduleDefaults, config.schedule),
      namesOf(scheduleDefaults),
      config.schedule?.name,
    ],
    ...optimizerChecks(config.optimizer),
    ["loss", lossNames.includes(config.loss), `one of ${lossNames.join(", ")}`, config.loss],
    ["shuffle buffer", whole(config.shuffleBuffer, 1), "a whole number above 0", config.shuffleBuffer],
  ];
  for (const [name, ok, expected, found] of checks) {
    if (!ok) throw new MnistError("BAD_ARGUMENT", `${name}: expected ${expected}, found ${String(found)}`);
  }
}

/** Shares are in [0, 1), epsilon is not below 0. */
function optimizerChecks(optimizer: Optimizer): Check[] {
  const settings = Object.entries(optimizer).filter(([, value]) => typeof value === "number");
  return settings.map(([key, value]: [string, number]) =>
    key === "epsilon"
      ? [`optimizer: ${key}`, value >= 0 && Number.isFinite(value), "0 or above", value]
      : [`optimizer: ${key}`, value >= 0 && value < 1, "a number from 0 to below 1", value],
  );
}

/** What an augmentation's numbers may be: beyond these no digit is left of a digit. */
const augmentationLimits: Readonly<Record<Exclude<keyof Augmentation, "name">, readonly [number, number]>> = {
  ...{ rotation: [0, 180], scale: [0, 0.9], stretch: [0, 0.9], shear: [0, 2], shift: [0, 28] },
  ...{
    elastic: [0, 1000],
    sigma: [0.5, 10],
    thickness: [0, 1],
    blur: [0, 1],
    contrast: [0, 1],
    brightness: [0, 1],
    noise: [0, 1],
  },
};

function augmentationChecks(augment: Augmentation): Check[] {
  return Object.entries(augmentationLimits).map(([key, [least, most]]) => {
    const value = augment?.[key as keyof typeof augmentationLimits];
    return [`augment: ${key}`, value >= least && value <= most, `a number from ${least} to ${most}`, value];
  });
}

const lossNames: readonly LossName[] = ["softmaxCrossEntropy", "meanSquaredError"];

/** Asked although the types say so: a configuration may come from a file. */
function hasName(defaults: object, one: { readonly name: string } | undefined): boolean {
  return typeof one?.name === "string" && Object.hasOwn(defaults, one.name);
}

function namesOf(defaults: object): string {
  return `one of ${Object.keys(defaults).join(", ")}`;
}
