// Which elements dropout keeps: a hash of seed, step, layer and index, so that nobody has to remember it.
import { storeFirst } from "./vector";

/** "lowbias32", Chris Wellons, 2018: an integer hash in which every input bit moves every output bit. */
function mix(value: i32): i32 {
  let x = <u32>value;
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return <i32>(x ^ (x >> 16));
}

// @ts-ignore: decorator
@inline
export function mixLanes(value: v128): v128 {
  let x = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The key of one layer in one step. */
export function dropoutKey(randomState: usize, salt: i32): i32 {
  return mix(load<i32>(randomState) ^ mix(load<i32>(randomState, 4) ^ mix(salt)));
}

/** Hashes from this on are kept. */
export function dropoutThreshold(rate: usize): u32 {
  return <u32>(<f64>load<f32>(rate) * 4294967296.0);
}

export function keeps(index: i32, key: i32, threshold: u32): bool {
  return <u32>mix(index ^ key) >= threshold;
}

/** All bits of the lanes that are kept among four from `index` on. */
// @ts-ignore: decorator
@inline
export function keptLanes(index: i32, key: i32, threshold: u32): v128 {
  const indices = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  return i32x4.ge_u(mixLanes(v128.xor(indices, i32x4.splat(key))), i32x4.splat(<i32>threshold));
}

/** Dropout of a row of `cells` elements, the first of which has `index`, in place. */
export function maskRow(row: usize, cells: i32, index: i32, key: i32, threshold: u32, keep: f32): void {
  const divisor = f32x4.splat(keep);
  for (let i = 0; i < cells; i += 4) {
    const at = row + (<usize>i << 2);
    const kept = keptLanes(index + i, key, threshold);
    storeFirst(at, v128.and(f32x4.div(v128.load(at), divisor), kept), cells - i);
  }
}
