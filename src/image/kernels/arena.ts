// The memory that pictures live in while they are looked at: what is reserved last is released first.

/** Vectors may be read, and not used, so far beyond an end. */
const SLACK: usize = 16;

/** The memory grows by this at least, in pages of 64 kB. */
const STEP = 16;

let top: usize = (__heap_base + 15) & ~15;

/** The address of so many bytes, which hold anything; 0 where there is no more memory. */
export function reserve(bytes: usize): usize {
  const at = top;
  const end = (at + bytes + SLACK + 15) & ~15;
  const missing = <i32>((end + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(max(missing, STEP)) < 0 && memory.grow(missing) < 0) unreachable();
  top = end;
  return at;
}

/** Where the next bytes will be reserved. */
export function mark(): usize {
  return top;
}

/** Gives back what was reserved since `mark` gave `to`. */
export function release(to: usize): void {
  top = to;
}

/** Makes all bytes 0. */
export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

// Elements by index.

// @ts-ignore: decorator
@inline
export function i32At(address: usize, index: i32): i32 {
  return load<i32>(address + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function setI32(address: usize, index: i32, value: i32): void {
  store<i32>(address + (<usize>index << 2), value);
}

// @ts-ignore: decorator
@inline
export function f32At(address: usize, index: i32): f32 {
  return load<f32>(address + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function f64At(address: usize, index: i32): f64 {
  return load<f64>(address + (<usize>index << 3));
}

// @ts-ignore: decorator
@inline
export function setF64(address: usize, index: i32, value: f64): void {
  store<f64>(address + (<usize>index << 3), value);
}
