// What is done to each element by itself: the slope of an activation, dropout.
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

/** "lowbias32", Chris Wellons, 2018: an integer hash in which every input bit moves every output bit. */
function mix(value: i32): i32 {
  let x = <u32>value;
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return <i32>(x ^ (x >> 16));
}

// @ts-ignore: decorator
@inline
function mixLanes(value: v128): v128 {
  let x = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** y = x * mask / (1 - rate), where the mask is a hash of the random state, the salt and the element's index. */
export function dropout(args: usize): void {
  const x = address(args, 0);
  const y = address(args, 1);
  const rate = load<f32>(address(args, 2));
  const randomState = address(args, 3);
  const size = number(args, 5);
  const key = mix(load<i32>(randomState) ^ mix(load<i32>(randomState, 4) ^ mix(number(args, 4))));
  // At a rate of 1 nothing is kept, and the threshold would not fit.
  const threshold = i32x4.splat(<i32>(<u32>(<f64>min(rate, <f32>0.99999994) * 4294967296.0)));
  const keepsAny = i32x4.splat(rate < 1 ? -1 : 0);
  const divisor = f32x4.splat(1 - rate);
  const keys = i32x4.splat(key);
  const lanes = i32x4(0, 1, 2, 3);
  const tasks = ceilDivide(size, RUN);
  const first = firstTask(tasks) * RUN;
  const end = min(endTask(tasks) * RUN, size);
  for (let i = first; i < end; i += 4) {
    const at = <usize>i << 2;
    const hash = mixLanes(v128.xor(i32x4.add(i32x4.splat(i), lanes), keys));
    const kept = v128.and(i32x4.ge_u(hash, threshold), keepsAny);
    storeFirst(y + at, v128.and(f32x4.div(v128.load(x + at), divisor), kept), end - i);
  }
}
