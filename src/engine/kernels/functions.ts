// exp, tanh, sigmoid on four lanes and ln on one number, with no table and no other memory.
import { fma } from "./vector";

/** e^x with a relative error below 3e-7; 0 below -87.3; x above 88.3 counts as 88.3. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const low = f32x4.splat(-87.3);
  const clamped = f32x4.min(f32x4.max(x, low), f32x4.splat(88.3));
  // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, the first with few enough bits that n times it is exact.
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.4426950408889634)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  // Taylor's series: at |r| = 0.347 the first term left out is below 2e-8.
  let p = f32x4.splat(1.0 / 5040.0);
  p = fma(p, r, f32x4.splat(1.0 / 720.0));
  p = fma(p, r, f32x4.splat(1.0 / 120.0));
  p = fma(p, r, f32x4.splat(1.0 / 24.0));
  p = fma(p, r, f32x4.splat(1.0 / 6.0));
  p = fma(p, r, f32x4.splat(0.5));
  p = fma(p, r, f32x4.splat(1));
  p = fma(p, r, f32x4.splat(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, scale), f32x4.lt(x, low));
}

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** Near 0 a series (Cephes, tanhf.c), elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = fma(p, z, f32x4.splat(2.06390887954e-2));
  p = fma(p, z, f32x4.splat(-5.37397155531e-2));
  p = fma(p, z, f32x4.splat(1.33314422036e-1));
  p = fma(p, z, f32x4.splat(-3.33332819422e-1));
  const near = fma(f32x4.mul(p, z), x, x);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exp(f32x4.add(size, size)), one)));
  const signedFar = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(near, signedFar, f32x4.lt(size, f32x4.splat(0.625)));
}

/** The natural logarithm of a normal positive number, in float64, with a relative error below 1e-10. */
export function ln(x: f64): f64 {
  // x = 2^e m with m in [sqrt 1/2, sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)).
  const bits = reinterpret<i64>(x);
  let e = <i32>((bits >> 52) & 0x7ff) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    e += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  p = p * z + 1.0;
  return <f64>e * 0.6931471805599453 + 2 * s * p;
}
