// Small things that every kernel uses: arguments, fused multiply-add, the ends of runs.

/** a * b + c, rounded once where the module is built with relaxed SIMD, else twice. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The larger of each lane in one instruction, where f32x4.max takes eight; of a NaN and a number it is `a`. */
// @ts-ignore: decorator
@inline
export function larger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

/** Argument `index` of an operation, a whole number. */
// @ts-ignore: decorator
@inline
export function number(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2));
}

/** Argument `index` of an operation, a tensor: its address, 0 for none. */
// @ts-ignore: decorator
@inline
export function address(args: usize, index: i32): usize {
  return <usize>load<u32>(args + (<usize>index << 2)) << 2;
}

/** Stores the first `count` lanes, all where it is 4 or more. Reading a whole vector past an end is harmless. */
// @ts-ignore: decorator
@inline
export function storeFirst(to: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(to, value);
  else {
    v128.store_lane<f32>(to, value, 0);
    if (count > 1) v128.store_lane<f32>(to, value, 1, 4);
    if (count > 2) v128.store_lane<f32>(to, value, 2, 8);
  }
}

/** The four lanes added up, in pairs. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

export function ceilDivide(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

export function copyCells(to: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
  }
}

export function zeroCells(to: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (; count >= 4; count -= 4) {
    v128.store(to, zero);
    to += 16;
  }
  for (; count > 0; count--) {
    store<f32>(to, 0);
    to += 4;
  }
}
