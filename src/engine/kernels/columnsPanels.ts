// Six columns of A, read where they lie, times panels of B: rowsPanels.ts for a left side that is transposed.
import { fma } from "./vector";

/** Columns of a strip. */
export const PANEL_COLUMNS: i32 = 6;

/** C [6, panels * 8] = or += A^T B: rows of A `lda` bytes apart, B in panels `panelBytes` apart, one after another. */
export function columnsPanels(
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
    // An address for each column: with one and offsets from it V8 loads everything first and runs out of registers.
    let a0 = a;
    let a1 = a + 4;
    let a2 = a + 8;
    let a3 = a + 12;
    let a4 = a + 16;
    let a5 = a + 20;
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
      a0 += lda;
      a1 += lda;
      a2 += lda;
      a3 += lda;
      a4 += lda;
      a5 += lda;
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
