// The end of a convolution that is pooled at once: the largest of 2x2 pixels, bias, activation, and who it was.
import { Activation } from "./opcodes";
import { larger, storeFirst } from "./vector";

// @ts-ignore: decorator
@inline
export function largestOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return larger(larger(a, b), larger(c, d));
}

/** 0 to 3 for the pixel that is `largest`, the first of equal ones; 4 where `y`, its value with the bias, is stopped by a ReLU. */
// @ts-ignore: decorator
@inline
export function winnerOf(a: v128, b: v128, c: v128, largest: v128, y: v128, activation: i32): v128 {
  let winner = v128.bitselect(i32x4.splat(2), i32x4.splat(3), f32x4.eq(c, largest));
  winner = v128.bitselect(i32x4.splat(1), winner, f32x4.eq(b, largest));
  winner = v128.andnot(winner, f32x4.eq(a, largest));
  if (activation == Activation.Relu) {
    winner = v128.bitselect(winner, i32x4.splat(4), f32x4.gt(y, f32x4.splat(0)));
  }
  return winner;
}

/** Stores f(max + bias) of up to four channels at `to`, and {@link winnerOf} them at `winners`. */
// @ts-ignore: decorator
@inline
export function maxPoolStore(
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  bias: v128,
  activation: i32,
  to: usize,
  winners: usize,
  count: i32,
): void {
  const largest = largestOf(a, b, c, d);
  let y = f32x4.add(largest, bias);
  if (winners != 0) storeFirst(winners, winnerOf(a, b, c, largest, y, activation), count);
  if (activation == Activation.Relu) y = larger(y, f32x4.splat(0));
  storeFirst(to, y, count);
}
