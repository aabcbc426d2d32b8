// Copies a block of the right-hand matrix into panels of 8 columns, row after row, so that the micro-kernels read
// it from end to end; columns beyond the last are zero.
import { PANEL, PANEL_ROW } from "./microKernel";

/** Packs [depth, columns] of B, whose rows lie `stride` bytes apart; panels begin `panelBytes` apart. */
export function packRows(b: usize, stride: usize, depth: i32, columns: i32, to: usize, panelBytes: usize): void {
  for (let k = 0; k < depth; k++) {
    let from = b;
    let panel = to;
    let left = columns;
    for (; left >= PANEL; left -= PANEL) {
      v128.store(panel, v128.load(from));
      v128.store(panel, v128.load(from, 16), 16);
      from += PANEL_ROW;
      panel += panelBytes;
    }
    if (left > 0) {
      for (let j = 0; j < PANEL; j++) {
        store<f32>(panel + (<usize>j << 2), j < left ? load<f32>(from + (<usize>j << 2)) : 0);
      }
    }
    b += stride;
    to += PANEL_ROW;
  }
}

/** As packRows, from B transposed: column j of B lies at `b` + j * `stride`. */
export function packTransposed(
  b: usize,
  stride: usize,
  depth: i32,
  columns: i32,
  to: usize,
  panelBytes: usize,
): void {
  for (; columns > 0; columns -= PANEL) {
    packFourColumns(b, stride, depth, columns, to, PANEL_ROW);
    // The second half of a panel lies beside the first.
    packFourColumns(b + 4 * stride, stride, depth, max(columns - 4, 0), to + 16, PANEL_ROW);
    b += <usize>PANEL * stride;
    to += panelBytes;
  }
}

/** Four columns of B transposed, fewer with zeros for the others, to vectors that lie `step` bytes apart. */
export function packFourColumns(b: usize, stride: usize, depth: i32, columns: i32, to: usize, step: usize): void {
  if (columns < 4) {
    for (let k: usize = 0; k < <usize>depth; k++) v128.store(to + k * step, f32x4.splat(0));
    for (let j: usize = 0; j < <usize>columns; j++) {
      for (let k: usize = 0; k < <usize>depth; k++) {
        store<f32>(to + k * step + (j << 2), load<f32>(b + j * stride + (k << 2)));
      }
    }
    return;
  }
  const b1 = b + stride;
  const b2 = b1 + stride;
  const b3 = b2 + stride;
  let k: usize = 0;
  for (; depth >= 4; depth -= 4) {
    const r0 = v128.load(b + k);
    const r1 = v128.load(b1 + k);
    const r2 = v128.load(b2 + k);
    const r3 = v128.load(b3 + k);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
    to += step;
    v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
    to += step;
    v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
    to += step;
    v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
    to += step;
    k += 16;
  }
  for (; depth > 0; depth--) {
    store<f32>(to, load<f32>(b + k));
    store<f32>(to, load<f32>(b1 + k), 4);
    store<f32>(to, load<f32>(b2 + k), 8);
    store<f32>(to, load<f32>(b3 + k), 12);
    k += 4;
    to += step;
  }
}
