// The innermost loops of every matrix product: a 6x8 tile of C in twelve vectors, after Goto and van de Geijn,
// "Anatomy of High-Performance Matrix Multiplication", 2008. B comes packed in panels of 8 columns; A is read where
// it lies. K is `segments` runs of `run` elements, so that the window of a convolution, contiguous only row by row,
// needs no copy.
import { fma } from "./vector";

/** Rows of a tile. */
export const STRIP: i32 = 6;
/** Columns of a tile. */
export const PANEL: i32 = 8;
/** Bytes of one row of a panel. */
export const PANEL_ROW: usize = 32;

/** C [6, 8] = or += A B, where row r of A lies at `a<r>`, each next segment `segmentStride` bytes further. */
export function rowsKernel(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  a4: usize,
  a5: usize,
  segments: i32,
  run: i32,
  segmentStride: usize,
  b: usize,
  c: usize,
  ldc: usize,
  accumulate: bool,
): void {
  const skip = segmentStride - (<usize>run << 2);
  let a: v128, b0: v128, b1: v128;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  for (; segments > 0; segments--) {
    let k = run;
    // Not unrolled: V8 would load everything first and run out of registers.
    for (; k > 0; k--) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00);
      c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10);
      c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20);
      c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30);
      c31 = fma(a, b1, c31);
      a = v128.load32_splat(a4);
      c40 = fma(a, b0, c40);
      c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5);
      c50 = fma(a, b0, c50);
      c51 = fma(a, b1, c51);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
      b += 32;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
    a3 += skip;
    a4 += skip;
    a5 += skip;
  }
  if (accumulate) {
    c00 = f32x4.add(v128.load(c), c00);
    c01 = f32x4.add(v128.load(c, 16), c01);
    let row = c + ldc;
    c10 = f32x4.add(v128.load(row), c10);
    c11 = f32x4.add(v128.load(row, 16), c11);
    row += ldc;
    c20 = f32x4.add(v128.load(row), c20);
    c21 = f32x4.add(v128.load(row, 16), c21);
    row += ldc;
    c30 = f32x4.add(v128.load(row), c30);
    c31 = f32x4.add(v128.load(row, 16), c31);
    row += ldc;
    c40 = f32x4.add(v128.load(row), c40);
    c41 = f32x4.add(v128.load(row, 16), c41);
    row += ldc;
    c50 = f32x4.add(v128.load(row), c50);
    c51 = f32x4.add(v128.load(row, 16), c51);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += ldc;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += ldc;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += ldc;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}

/** C [6, 8] = or += A^T B: element (r, k) of a segment of A^T lies at `a` + 4 r + `step` k. */
export function columnsKernel(
  a: usize,
  segments: i32,
  run: i32,
  step: usize,
  segmentStride: usize,
  b: usize,
  c: usize,
  ldc: usize,
  accumulate: bool,
): void {
  const skip = segmentStride - <usize>run * step;
  let value: v128, b0: v128, b1: v128;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  for (; segments > 0; segments--) {
    let k = run;
    // Not unrolled: V8 would load everything first and run out of registers.
    for (; k > 0; k--) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      value = v128.load32_splat(a);
      c00 = fma(value, b0, c00);
      c01 = fma(value, b1, c01);
      value = v128.load32_splat(a, 4);
      c10 = fma(value, b0, c10);
      c11 = fma(value, b1, c11);
      value = v128.load32_splat(a, 8);
      c20 = fma(value, b0, c20);
      c21 = fma(value, b1, c21);
      value = v128.load32_splat(a, 12);
      c30 = fma(value, b0, c30);
      c31 = fma(value, b1, c31);
      value = v128.load32_splat(a, 16);
      c40 = fma(value, b0, c40);
      c41 = fma(value, b1, c41);
      value = v128.load32_splat(a, 20);
      c50 = fma(value, b0, c50);
      c51 = fma(value, b1, c51);
      a += step;
      b += 32;
    }
    a += skip;
  }
  if (accumulate) {
    c00 = f32x4.add(v128.load(c), c00);
    c01 = f32x4.add(v128.load(c, 16), c01);
    let row = c + ldc;
    c10 = f32x4.add(v128.load(row), c10);
    c11 = f32x4.add(v128.load(row, 16), c11);
    row += ldc;
    c20 = f32x4.add(v128.load(row), c20);
    c21 = f32x4.add(v128.load(row, 16), c21);
    row += ldc;
    c30 = f32x4.add(v128.load(row), c30);
    c31 = f32x4.add(v128.load(row, 16), c31);
    row += ldc;
    c40 = f32x4.add(v128.load(row), c40);
    c41 = f32x4.add(v128.load(row, 16), c41);
    row += ldc;
    c50 = f32x4.add(v128.load(row), c50);
    c51 = f32x4.add(v128.load(row, 16), c51);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += ldc;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += ldc;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += ldc;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}
