// What is done to each element by itself: the slope of an activation, dropout, the scaling of pixels.
import { dropoutKey, dropoutThreshold, keptLanes } from "./dropoutMask";
import { Activation } from "./opcodes";
import { endTask, firstTask } from "./threads";
import { address, ceilDivide, number, storeFirst } from "./vector";

/** Elements of a task; a multiple of 4. */
const RUN: i32 = 16384;

/** dz = dy f'(z), from y = f(z) */
export function activationGradient(args: usize): void {
  const y = address(args, 0);
  const dy = address(args, 1);
  const dz = address(args, 2);
  const size = number(args, 3);
  const activation = number(args, 4);
  const one = f32x4.splat(1);
  const tasks = ceilDivide(size, RUN);
  const first = firstTask(tasks) * RUN;
  const end = min(endTask(tasks) * RUN, size);
  for (let i = first; i < end; i += 4) {
    const at = <usize>i << 2;
    const value = v128.load(y + at);
    const gradient = v128.load(dy + at);
    let result = gradient;
    if (activation == Activation.Relu) result = v128.and(gradient, f32x4.gt(value, f32x4.splat(0)));
    else if (activation == Activation.Tanh) result = f32x4.mul(gradient, f32x4.sub(one, f32x4.mul(value, value)));
    else if (activation == Activation.Sigmoid) {
      result = f32x4.mul(gradient, f32x4.mul(value, f32x4.sub(one, value)));
    }
    storeFirst(dz + at, result, end - i);
  }
}

/** y = x * mask / (1 - rate) */
export function dropout(args: usize): void {
  const x = address(args, 0);
  const y = address(args, 1);
  const size = number(args, 5);
  const key = dropoutKey(address(args, 3), number(args, 4));
  const threshold = dropoutThreshold(address(args, 2));
  const keep = f32x4.splat(1 - load<f32>(address(args, 2)));
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const at = <usize>i << 2;
    const kept = keptLanes(i, key, threshold);
    storeFirst(y + at, v128.and(f32x4.div(v128.load(x + at), keep), kept), end - i);
  }
}

/** x = pixel * scale + offset, rounded twice, for pixels of a byte each. */
export function scalePixels(args: usize): void {
  const pixels = address(args, 0);
  const x = address(args, 1);
  const scale = f32x4.splat(reinterpret<f32>(number(args, 2)));
  const offset = f32x4.splat(reinterpret<f32>(number(args, 3)));
  const size = number(args, 4);
  const tasks = ceilDivide(size, RUN);
  const end = min(endTask(tasks) * RUN, size);
  for (let i = firstTask(tasks) * RUN; i < end; i += 4) {
    const bytes = v128.load32_zero(pixels + <usize>i);
    const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
    const value = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(words), scale), offset);
    storeFirst(x + (<usize>i << 2), value, end - i);
  }
}
