// The optimizers' updates, each one pass over the parameter and its slots.
import { Hyper } from "./opcodes";
import { endTask, firstTask } from "./threads";
import { address, ceilDivide, fma, number, storeFirst } from "./vector";

/** Elements of a task; a multiple of 4. */
const RUN: i32 = 16384;

function hyper(cells: usize, index: i32): f32 {
  return load<f32>(cells + (<usize>index << 2));
}

export function sgd(args: usize): void {
  const parameter = address(args, 0);
  const gradient = address(args, 1);
  const cells = address(args, 2);
  const size = number(args, 3);
  const decay = f32x4.splat(number(args, 4) != 0 ? hyper(cells, Hyper.WeightDecay) : 0);
  const rate = f32x4.splat(hyper(cells, Hyper.LearningRate));
  const gradientScale = f32x4.splat(hyper(cells, Hyper.GradientScale));
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const w = v128.load(parameter + at);
    const g = fma(decay, w, f32x4.mul(gradientScale, v128.load(gradient + at)));
    storeFirst(parameter + at, f32x4.sub(w, f32x4.mul(rate, g)), end - i);
  }
}

export function momentum(args: usize): void {
  const parameter = address(args, 0);
  const gradient = address(args, 1);
  const velocity = address(args, 2);
  const cells = address(args, 3);
  const size = number(args, 4);
  const decay = f32x4.splat(number(args, 5) != 0 ? hyper(cells, Hyper.WeightDecay) : 0);
  const rate = f32x4.splat(hyper(cells, Hyper.LearningRate));
  const mu = f32x4.splat(hyper(cells, Hyper.Momentum));
  const nesterov = hyper(cells, Hyper.Nesterov) != 0;
  const gradientScale = f32x4.splat(hyper(cells, Hyper.GradientScale));
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const w = v128.load(parameter + at);
    const g = fma(decay, w, f32x4.mul(gradientScale, v128.load(gradient + at)));
    const v = fma(mu, v128.load(velocity + at), g);
    const step = nesterov ? fma(mu, v, g) : v;
    storeFirst(velocity + at, v, end - i);
    storeFirst(parameter + at, f32x4.sub(w, f32x4.mul(rate, step)), end - i);
  }
}

export function rmsProp(args: usize): void {
  const parameter = address(args, 0);
  const gradient = address(args, 1);
  const meanSquare = address(args, 2);
  const velocity = address(args, 3);
  const cells = address(args, 4);
  const size = number(args, 5);
  const decay = f32x4.splat(number(args, 6) != 0 ? hyper(cells, Hyper.WeightDecay) : 0);
  const rate = f32x4.splat(hyper(cells, Hyper.LearningRate));
  const mu = f32x4.splat(hyper(cells, Hyper.Momentum));
  const rho = f32x4.splat(hyper(cells, Hyper.Rho));
  const rest = f32x4.splat(1 - hyper(cells, Hyper.Rho));
  const epsilon = f32x4.splat(hyper(cells, Hyper.Epsilon));
  const gradientScale = f32x4.splat(hyper(cells, Hyper.GradientScale));
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const w = v128.load(parameter + at);
    const g = fma(decay, w, f32x4.mul(gradientScale, v128.load(gradient + at)));
    const square = fma(rho, v128.load(meanSquare + at), f32x4.mul(rest, f32x4.mul(g, g)));
    const step = f32x4.div(f32x4.mul(rate, g), f32x4.sqrt(f32x4.add(square, epsilon)));
    const v = fma(mu, v128.load(velocity + at), step);
    storeFirst(meanSquare + at, square, end - i);
    storeFirst(velocity + at, v, end - i);
    storeFirst(parameter + at, f32x4.sub(w, v), end - i);
  }
}

/** Adam, or AdamW where the decay is `decoupled` from the gradient. */
export function adam(args: usize, decoupled: bool): void {
  const parameter = address(args, 0);
  const gradient = address(args, 1);
  const m = address(args, 2);
  const v = address(args, 3);
  const cells = address(args, 4);
  const size = number(args, 5);
  const weightDecay = number(args, 6) != 0 ? hyper(cells, Hyper.WeightDecay) : <f32>0;
  const decay = f32x4.splat(decoupled ? 0 : weightDecay);
  const shrink = f32x4.splat(decoupled ? hyper(cells, Hyper.LearningRate) * weightDecay : 0);
  const beta1 = f32x4.splat(hyper(cells, Hyper.Momentum));
  const rest1 = f32x4.splat(1 - hyper(cells, Hyper.Momentum));
  const beta2 = f32x4.splat(hyper(cells, Hyper.Rho));
  const rest2 = f32x4.splat(1 - hyper(cells, Hyper.Rho));
  const epsilon = f32x4.splat(hyper(cells, Hyper.Epsilon));
  const stepSize = f32x4.splat(hyper(cells, Hyper.StepSize));
  const gradientScale = f32x4.splat(hyper(cells, Hyper.GradientScale));
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const w = v128.load(parameter + at);
    const g = fma(decay, w, f32x4.mul(gradientScale, v128.load(gradient + at)));
    const mean = fma(beta1, v128.load(m + at), f32x4.mul(rest1, g));
    const square = fma(beta2, v128.load(v + at), f32x4.mul(rest2, f32x4.mul(g, g)));
    const step = f32x4.div(f32x4.mul(stepSize, mean), f32x4.add(f32x4.sqrt(square), epsilon));
    const shrunk = f32x4.sub(w, f32x4.mul(shrink, w));
    storeFirst(m + at, mean, end - i);
    storeFirst(v + at, square, end - i);
    storeFirst(parameter + at, f32x4.sub(shrunk, step), end - i);
  }
}

/** average += rate * (parameter - average) */
export function average(args: usize): void {
  const parameter = address(args, 0);
  const to = address(args, 1);
  const rate = v128.load32_splat(address(args, 2));
  const size = number(args, 3);
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const mean = v128.load(to + at);
    storeFirst(to + at, fma(rate, f32x4.sub(v128.load(parameter + at), mean), mean), end - i);
  }
}
