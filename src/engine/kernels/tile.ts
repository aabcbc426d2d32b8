// A strip of up to 6 rows of C against all panels of a tile, edges included, and what is done to C at the end.
import { EDGE_TILE } from "./layout";
import { columnsKernel, PANEL, rowsKernel, STRIP } from "./microKernel";
import { Activation } from "./opcodes";
import { scratch } from "./threads";
import { sigmoid, tanh } from "./functions";
import { storeFirst } from "./vector";

/** Copies or adds the corner [rows, columns] of the edge tile to C. */
function mergeEdge(edge: usize, rows: i32, columns: i32, c: usize, ldc: usize, accumulate: bool): void {
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      const value = load<f32>(edge + (j << 2));
      const at = c + (j << 2);
      store<f32>(at, accumulate ? load<f32>(at) + value : value);
    }
    edge += PANEL * 4;
    c += ldc;
  }
}

/** C [rows, columns] = or += A B: row r of A at `a<r>` (any address for r >= rows), B in panels. */
export function rowsStrip(
  rows: i32,
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  a4: usize,
  a5: usize,
  segments: i32,
  run: i32,
  segmentStride: usize,
  packed: usize,
  panelBytes: usize,
  columns: i32,
  c: usize,
  ldc: usize,
  accumulate: bool,
): void {
  for (; columns > 0; columns -= PANEL) {
    if (rows == STRIP && columns >= PANEL) {
      rowsKernel(a0, a1, a2, a3, a4, a5, segments, run, segmentStride, packed, c, ldc, accumulate);
    } else {
      const edge = scratch() + EDGE_TILE;
      rowsKernel(a0, a1, a2, a3, a4, a5, segments, run, segmentStride, packed, edge, PANEL * 4, false);
      mergeEdge(edge, rows, min(columns, PANEL), c, ldc, accumulate);
    }
    packed += panelBytes;
    c += PANEL * 4;
  }
}

/** C [rows, columns] = or += A^T B: see columnsKernel; up to 5 elements of A beyond `rows` are read and not used. */
export function columnsStrip(
  rows: i32,
  a: usize,
  segments: i32,
  run: i32,
  step: usize,
  segmentStride: usize,
  packed: usize,
  panelBytes: usize,
  columns: i32,
  c: usize,
  ldc: usize,
  accumulate: bool,
): void {
  for (; columns > 0; columns -= PANEL) {
    if (rows == STRIP && columns >= PANEL) {
      columnsKernel(a, segments, run, step, segmentStride, packed, c, ldc, accumulate);
    } else {
      const edge = scratch() + EDGE_TILE;
      columnsKernel(a, segments, run, step, segmentStride, packed, edge, PANEL * 4, false);
      mergeEdge(edge, rows, min(columns, PANEL), c, ldc, accumulate);
    }
    packed += panelBytes;
    c += PANEL * 4;
  }
}

// @ts-ignore: decorator
@inline
export function activate(z: v128, activation: i32): v128 {
  if (activation == Activation.Relu) return f32x4.max(z, f32x4.splat(0));
  if (activation == Activation.Tanh) return tanh(z);
  if (activation == Activation.Sigmoid) return sigmoid(z);
  return z;
}

/** C [rows, columns] = f(C + bias), in place; `bias` may be 0. */
export function finishTile(c: usize, ldc: usize, rows: i32, columns: i32, bias: usize, activation: i32): void {
  if (bias == 0 && activation == Activation.Linear) return;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j += 4) {
      const at = c + (<usize>j << 2);
      let z = v128.load(at);
      if (bias != 0) z = f32x4.add(z, v128.load(bias + (<usize>j << 2)));
      storeFirst(at, activate(z, activation), columns - j);
    }
    c += ldc;
  }
}
