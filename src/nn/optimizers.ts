import { Hyper } from "../engine/kernels/opcodes.ts";

/** How gradients move the weights, with TensorFlow's names and defaults for the numbers. */
export type Optimizer =
  | { readonly name: "sgd" }
  /** v = momentum v + g; w -= rate v; with Nesterov w -= rate (g + momentum v). */
  | { readonly name: "momentum"; readonly momentum: number; readonly nesterov: boolean }
  /**
   * TensorFlow's RMSProp (tf.train.RMSPropOptimizer): ms = decay ms + (1 - decay) g^2, beginning at 1;
   * mom = momentum mom + rate g / sqrt(ms + epsilon); w -= mom.
   */
  | { readonly name: "rmsprop"; readonly decay: number; readonly momentum: number; readonly epsilon: number }
  /** Kingma and Ba, 2015, in TensorFlow's form, where epsilon is the paper's epsilon hat. */
  | { readonly name: "adam"; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
  /** Adam with the weight decay taken from the weights, times the learning rate (Loshchilov and Hutter, 2019). */
  | { readonly name: "adamw"; readonly beta1: number; readonly beta2: number; readonly epsilon: number };

export const optimizerDefaults = {
  sgd: { name: "sgd" },
  momentum: { name: "momentum", momentum: 0.9, nesterov: false },
  rmsprop: { name: "rmsprop", decay: 0.9, momentum: 0, epsilon: 1e-10 },
  adam: { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  adamw: { name: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
} as const satisfies { readonly [Name in Optimizer["name"]]: Optimizer & { readonly name: Name } };

/** The learning rate that goes with each optimizer unless one is given. */
export const learningRateDefaults: Readonly<Record<Optimizer["name"], number>> = {
  sgd: 0.05,
  momentum: 0.02,
  rmsprop: 0.001,
  adam: 0.001,
  adamw: 0.001,
};

/** A tensor beside each parameter that an optimizer keeps, by TensorFlow's name, and what it begins with. */
export interface Slot {
  readonly name: string;
  readonly initial: number;
}

const slots: Readonly<Record<Optimizer["name"], readonly Slot[]>> = {
  sgd: [],
  momentum: [{ name: "Momentum", initial: 0 }],
  rmsprop: [
    { name: "RMSProp", initial: 1 },
    { name: "RMSProp_1", initial: 0 },
  ],
  adam: [
    { name: "Adam", initial: 0 },
    { name: "Adam_1", initial: 0 },
  ],
  adamw: [
    { name: "AdamW", initial: 0 },
    { name: "AdamW_1", initial: 0 },
  ],
};

export function optimizerSlots(optimizer: Optimizer): readonly Slot[] {
  return slots[optimizer.name];
}

/** What an update is told besides gradients. */
export interface UpdateSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The number of the step, from 0. */
  readonly step: number;
  /** What gradients are multiplied with: below 1 where they are clipped. */
  readonly gradientScale: number;
}

/** Fills the cells of an update's `hyper` tensor, see {@link Hyper}. */
export function writeHyper(
  hyper: { [cell: number]: number },
  optimizer: Optimizer,
  { learningRate, weightDecay, step, gradientScale }: UpdateSettings,
): void {
  hyper[Hyper.LearningRate] = learningRate;
  hyper[Hyper.WeightDecay] = weightDecay;
  hyper[Hyper.GradientScale] = gradientScale;
  switch (optimizer.name) {
    case "sgd":
      break;
    case "momentum":
      hyper[Hyper.Momentum] = optimizer.momentum;
      hyper[Hyper.Nesterov] = optimizer.nesterov ? 1 : 0;
      break;
    case "rmsprop":
      hyper[Hyper.Momentum] = optimizer.momentum;
      hyper[Hyper.Rho] = optimizer.decay;
      hyper[Hyper.Epsilon] = optimizer.epsilon;
      break;
    case "adam":
    case "adamw": {
      const { beta1, beta2 } = optimizer;
      hyper[Hyper.Momentum] = beta1;
      hyper[Hyper.Rho] = beta2;
      hyper[Hyper.Epsilon] = optimizer.epsilon;
      hyper[Hyper.StepSize] = (learningRate * Math.sqrt(1 - beta2 ** (step + 1))) / (1 - beta1 ** (step + 1));
    }
  }
}
