import { joined } from "./vector";

// The luma of Rec. ITU-R BT.601, the one that JPEG stores: weights of the gamma-coded channels.
const RED: f64 = 0.299;
const GREEN: f64 = 0.587;
const BLUE: f64 = 0.114;

// @ts-ignore: decorator
@inline
function luma(rgba: usize): f64 {
  return RED * <f64>load<u8>(rgba) + GREEN * <f64>load<u8>(rgba, 1) + BLUE * <f64>load<u8>(rgba, 2);
}

/** Of two pixels, in the first two lanes. */
// @ts-ignore: decorator
@inline
function brightnesses(pixels: v128): v128 {
  const byte = i32x4.splat(0xff);
  const red = f64x2.convert_low_i32x4_u(v128.and(pixels, byte));
  const green = f64x2.convert_low_i32x4_u(v128.and(i32x4.shr_u(pixels, 8), byte));
  const blue = f64x2.convert_low_i32x4_u(v128.and(i32x4.shr_u(pixels, 16), byte));
  const sum = f64x2.add(
    f64x2.add(f64x2.mul(red, f64x2.splat(RED)), f64x2.mul(green, f64x2.splat(GREEN))),
    f64x2.mul(blue, f64x2.splat(BLUE)),
  );
  return f64x2.div(sum, f64x2.splat(255));
}

/** Whether all of `count` RGBA pixels are opaque. */
export function isOpaque(rgba: usize, count: i32): bool {
  let all = i32x4.splat(-1);
  let i = 0;
  for (; i + 4 <= count; i += 4, rgba += 16) all = v128.and(all, v128.load(rgba));
  let alpha = i32x4.extract_lane(v128.and(all, i32x4.shuffle(all, all, 2, 3, 0, 1)), 0);
  alpha &= i32x4.extract_lane(v128.and(all, i32x4.shuffle(all, all, 2, 3, 0, 1)), 1);
  for (; i < count; i++, rgba += 4) alpha &= load<i32>(rgba);
  return <u32>alpha >>> 24 == 255;
}

/** Writes the brightness of four pixels. */
// @ts-ignore: decorator
@inline
function writeFour(pixels: v128, to: usize): void {
  const last = i32x4.shuffle(pixels, pixels, 2, 3, 2, 3);
  v128.store(to, joined(brightnesses(pixels), brightnesses(last)));
}

/** The brightness 0..1 of `count` RGBA pixels, as if they were opaque. */
export function grey(rgba: usize, count: i32, to: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, rgba += 16, to += 16) writeFour(v128.load(rgba), to);
  for (; i < count; i++, rgba += 4, to += 4) store<f32>(to, <f32>(luma(rgba) / 255));
}

/** The brightness 0..1 of `count` RGB pixels; up to four bytes behind them are read. */
export function greyOfRgb(rgb: usize, count: i32, to: usize): void {
  const spread = i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
  let i = 0;
  for (; i + 4 <= count; i += 4, rgb += 12, to += 16) writeFour(i8x16.swizzle(v128.load(rgb), spread), to);
  for (; i < count; i++, rgb += 3, to += 4) store<f32>(to, <f32>(luma(rgb) / 255));
}

/** Lets paper of a brightness show through what is not opaque of `count` pixels whose brightness is at `to`. */
export function showPaper(rgba: usize, count: i32, to: usize, paper: f64): void {
  for (let i = 0; i < count; i++, rgba += 4, to += 4) {
    const alpha = <f64>load<u8>(rgba, 3);
    if (alpha == 255) continue;
    store<f32>(to, <f32>(paper + (alpha / 255) * (luma(rgba) / 255 - paper)));
  }
}

/** Adds to two sums (f64): of alpha times luma, 0..255, and of alpha. */
export function addVisible(rgba: usize, count: i32, sums: usize): void {
  let ink = load<f64>(sums);
  let weight = load<f64>(sums, 8);
  for (let i = 0; i < count; i++, rgba += 4) {
    const alpha = <f64>load<u8>(rgba, 3);
    ink += alpha * luma(rgba);
    weight += alpha;
  }
  store<f64>(sums, ink);
  store<f64>(sums, weight, 8);
}
