// Sums and products are those of 64-bit floats, rounded to 32 bits where they are stored, as JavaScript's are: two lanes.

/** The first two of four 32-bit floats as 64-bit ones. */
// @ts-ignore: decorator
@inline
export function lower(values: v128): v128 {
  return f64x2.promote_low_f32x4(values);
}

/** The last two. */
// @ts-ignore: decorator
@inline
export function upper(values: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(values, values, 2, 3, 2, 3));
}

/** Two and two 64-bit floats as four of 32 bits. */
// @ts-ignore: decorator
@inline
export function joined(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The greatest 32-bit float that is no more than `value`: floats are above one as they are above the other. */
export function notAbove(value: f64): f32 {
  const near = <f32>value;
  if (<f64>near <= value) return near;
  const bits = reinterpret<i32>(near);
  if (near == 0) return reinterpret<f32>(0x8000_0001); // `value` is negative, and next to nothing
  return reinterpret<f32>(near > 0 ? bits - 1 : bits + 1);
}
