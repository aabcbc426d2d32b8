// A strip of rows of A, read where they lie, times panels of B: the innermost loop of most that is computed, after Goto
// and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
import { fma } from "./vector";

/** Rows of a strip. */
export const PANEL_ROWS: i32 = 6;

/** C [6, panels * 8] = or += A B: rows of A `lda` bytes apart, B in panels `panelBytes` apart, one after another. */
export function rowsPanels(
  a: usize,
  lda: usize,
  run: i32,
  b: usize,
  panelBytes: usize,
  panels: i32,
  c: usize,
  ldc: usize,
  accumulate: bool,
): void {
  let value: v128, b0: v128, b1: v128;
  for (; panels > 0; panels--) {
    let a0 = a;
    let a1 = a0 + lda;
    let a2 = a1 + lda;
    let a3 = a2 + lda;
    let a4 = a3 + lda;
    let a5 = a4 + lda;
    let at = b;
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
    if (accumulate) {
      let row = c;
      c00 = v128.load(row);
      c01 = v128.load(row, 16);
      row += ldc;
      c10 = v128.load(row);
      c11 = v128.load(row, 16);
      row += ldc;
      c20 = v128.load(row);
      c21 = v128.load(row, 16);
      row += ldc;
      c30 = v128.load(row);
      c31 = v128.load(row, 16);
      row += ldc;
      c40 = v128.load(row);
      c41 = v128.load(row, 16);
      row += ldc;
      c50 = v128.load(row);
      c51 = v128.load(row, 16);
    }
    // Not unrolled: V8 would load everything first and run out of registers.
    let k = run;
    for (; k >= 1; k -= 1) {
      b0 = v128.load(at);
      b1 = v128.load(at, 16);
      value = v128.load32_splat(a0);
      c00 = fma(value, b0, c00);
      c01 = fma(value, b1, c01);
      value = v128.load32_splat(a1);
      c10 = fma(value, b0, c10);
      c11 = fma(value, b1, c11);
      value = v128.load32_splat(a2);
      c20 = fma(value, b0, c20);
      c21 = fma(value, b1, c21);
      value = v128.load32_splat(a3);
      c30 = fma(value, b0, c30);
      c31 = fma(value, b1, c31);
      value = v128.load32_splat(a4);
      c40 = fma(value, b0, c40);
      c41 = fma(value, b1, c41);
      value = v128.load32_splat(a5);
      c50 = fma(value, b0, c50);
      c51 = fma(value, b1, c51);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
      at += 32;
    }
    let row = c;
    v128.store(row, c00);
    v128.store(row, c01, 16);
    row += ldc;
    v128.store(row, c10);
    v128.store(row, c11, 16);
    row += ldc;
    v128.store(row, c20);
    v128.store(row, c21, 16);
    row += ldc;
    v128.store(row, c30);
    v128.store(row, c31, 16);
    row += ldc;
    v128.store(row, c40);
    v128.store(row, c41, 16);
    row += ldc;
    v128.store(row, c50);
    v128.store(row, c51, 16);
    b += panelBytes;
    c += 32;
  }
}
