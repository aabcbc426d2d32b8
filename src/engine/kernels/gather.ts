// Sums of a few vectors out of many: result += value * row for each entry of a list, a part of the row at a time in
// registers. An entry is where its row begins, in bytes from a common address, and a value: 8 bytes. Rows that have
// nothing to give are not in the list, which is how zeros cost nothing.
import { fma, storeFirst } from "./vector";

/** Vectors held in registers at a time: with as many loaded ones, all that there are. */
const HELD: i32 = 7;

/**
 * to [cells] = or += the sum over the entries of value * from [offset, offset + cells). A pass over the list takes four
 * cycles an entry at least, so what does not fill passes of seven vectors is shared out among passes of six and four.
 */
export function gather(entry: usize, end: usize, from: usize, to: usize, cells: i32, accumulate: bool): void {
  let vectors = cells >> 2;
  for (; vectors >= HELD && vectors != 8 && vectors != 10 && vectors != 12; vectors -= HELD) {
    gatherSeven(entry, end, from, to, accumulate);
    from += HELD * 16;
    to += HELD * 16;
  }
  for (; vectors == 6 || vectors == 10 || vectors == 12; vectors -= 6) {
    gatherSix(entry, end, from, to, accumulate);
    from += 96;
    to += 96;
  }
  for (; vectors >= 4; vectors -= 4) {
    gatherFour(entry, end, from, to, accumulate);
    from += 64;
    to += 64;
  }
  for (cells = (vectors << 2) + (cells & 3); cells > 0; cells -= 4) {
    gatherOne(entry, end, from, to, cells, accumulate);
    from += 16;
    to += 16;
  }
}

function gatherSeven(entry: usize, end: usize, from: usize, to: usize, accumulate: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  if (accumulate) {
    s0 = v128.load(to);
    s1 = v128.load(to, 16);
    s2 = v128.load(to, 32);
    s3 = v128.load(to, 48);
    s4 = v128.load(to, 64);
    s5 = v128.load(to, 80);
    s6 = v128.load(to, 96);
  }
  for (; entry < end; entry += 8) {
    const at = from + load<u32>(entry);
    const value = v128.load32_splat(entry, 4);
    s0 = fma(value, v128.load(at), s0);
    s1 = fma(value, v128.load(at, 16), s1);
    s2 = fma(value, v128.load(at, 32), s2);
    s3 = fma(value, v128.load(at, 48), s3);
    s4 = fma(value, v128.load(at, 64), s4);
    s5 = fma(value, v128.load(at, 80), s5);
    s6 = fma(value, v128.load(at, 96), s6);
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
  v128.store(to, s4, 64);
  v128.store(to, s5, 80);
  v128.store(to, s6, 96);
}

function gatherSix(entry: usize, end: usize, from: usize, to: usize, accumulate: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  if (accumulate) {
    s0 = v128.load(to);
    s1 = v128.load(to, 16);
    s2 = v128.load(to, 32);
    s3 = v128.load(to, 48);
    s4 = v128.load(to, 64);
    s5 = v128.load(to, 80);
  }
  for (; entry < end; entry += 8) {
    const at = from + load<u32>(entry);
    const value = v128.load32_splat(entry, 4);
    s0 = fma(value, v128.load(at), s0);
    s1 = fma(value, v128.load(at, 16), s1);
    s2 = fma(value, v128.load(at, 32), s2);
    s3 = fma(value, v128.load(at, 48), s3);
    s4 = fma(value, v128.load(at, 64), s4);
    s5 = fma(value, v128.load(at, 80), s5);
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
  v128.store(to, s4, 64);
  v128.store(to, s5, 80);
}

function gatherFour(entry: usize, end: usize, from: usize, to: usize, accumulate: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  if (accumulate) {
    s0 = v128.load(to);
    s1 = v128.load(to, 16);
    s2 = v128.load(to, 32);
    s3 = v128.load(to, 48);
  }
  for (; entry < end; entry += 8) {
    const at = from + load<u32>(entry);
    const value = v128.load32_splat(entry, 4);
    s0 = fma(value, v128.load(at), s0);
    s1 = fma(value, v128.load(at, 16), s1);
    s2 = fma(value, v128.load(at, 32), s2);
    s3 = fma(value, v128.load(at, 48), s3);
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}

function gatherOne(entry: usize, end: usize, from: usize, to: usize, cells: i32, accumulate: bool): void {
  let s = accumulate ? v128.load(to) : f32x4.splat(0);
  for (; entry < end; entry += 8) {
    s = fma(v128.load32_splat(entry, 4), v128.load(from + load<u32>(entry)), s);
  }
  storeFirst(to, s, cells);
}
