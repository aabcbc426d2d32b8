import { Hyper, SUM_RUN } from "../kernels/opcodes.ts";
import type { Args, Floats, Kernel } from "./kernel.ts";

export const sgd: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, hyper, size, decay] = args as Args<5>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    f[parameter + i]! -= f[hyper + Hyper.LearningRate]! * g;
  }
};

export const momentum: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, velocity, hyper, size, decay] = args as Args<6>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const rate = f[hyper + Hyper.LearningRate]!;
  const mu = f[hyper + Hyper.Momentum]!;
  const nesterov = f[hyper + Hyper.Nesterov]! !== 0;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    const v = mu * f[velocity + i]! + g;
    f[velocity + i] = v;
    f[parameter + i]! -= rate * (nesterov ? g + mu * v : v);
  }
};

export const rmsProp: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, meanSquare, velocity, hyper, size, decay] = args as Args<7>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const rate = f[hyper + Hyper.LearningRate]!;
  const rho = f[hyper + Hyper.Rho]!;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    const square = rho * f[meanSquare + i]! + (1 - rho) * g * g;
    const step = (rate * g) / Math.sqrt(square + f[hyper + Hyper.Epsilon]!);
    const v = f[hyper + Hyper.Momentum]! * f[velocity + i]! + step;
    f[meanSquare + i] = square;
    f[velocity + i] = v;
    f[parameter + i]! -= v;
  }
};

function adamUpdate(f: Floats, args: readonly number[], decoupled: boolean): void {
  const [parameter, gradient, m, v, hyper, size, decay] = args as Args<7>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const beta1 = f[hyper + Hyper.Momentum]!;
  const beta2 = f[hyper + Hyper.Rho]!;
  for (let i = 0; i < size; i++) {
    const w = f[parameter + i]!;
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + (decoupled ? 0 : weightDecay * w);
    const mean = beta1 * f[m + i]! + (1 - beta1) * g;
    const square = beta2 * f[v + i]! + (1 - beta2) * g * g;
    f[m + i] = mean;
    f[v + i] = square;
    const shrunk = decoupled ? w - f[hyper + Hyper.LearningRate]! * weightDecay * w : w;
    f[parameter + i] =
      shrunk - (f[hyper + Hyper.StepSize]! * mean) / (Math.sqrt(square) + f[hyper + Hyper.Epsilon]!);
  }
}

export const adam: Kernel = ({ floats }, args) => adamUpdate(floats, args, false);

export const adamW: Kernel = ({ floats }, args) => adamUpdate(floats, args, true);

export const average: Kernel = ({ floats: f }, args) => {
  const [parameter, mean, rate, size] = args as Args<4>;
  for (let i = 0; i < size; i++) f[mean + i]! += f[rate]! * (f[parameter + i]! - f[mean + i]!);
};

export const sumSquares: Kernel = ({ floats: f }, args) => {
  const [x, sums, size] = args as Args<3>;
  for (let run = 0; run * SUM_RUN < size; run++) {
    let sum = 0;
    for (let i = run * SUM_RUN; i < Math.min(size, (run + 1) * SUM_RUN); i++) sum += f[x + i]! * f[x + i]!;
    f[sums + run] = sum;
  }
};
