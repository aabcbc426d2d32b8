// c = f(op(a) op(b) + bias): packed panels of B against rows (or columns) of A where they lie.
import { PACKED, PACKED_CELLS } from "./layout";
import { PANEL, STRIP } from "./microKernel";
import { packRows, packTransposed } from "./pack";
import { columnsStrip, finishTile, rowsStrip } from "./tile";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, fma, number } from "./vector";

/** Elements of K that a block covers: a panel of B is 16 kB then and stays in the first-level cache. */
const DEPTH: i32 = 512;
/** So few rows are not worth packing B for. */
const FEW_ROWS: i32 = 4;
/** Columns that a task of few rows covers. */
const PIECE: i32 = 128;
/** With fewer tasks than this the tiles are made smaller. */
const ENOUGH_TASKS: i32 = 16;

export function matMul(args: usize): void {
  const transposeA = number(args, 7) != 0;
  const transposeB = number(args, 8) != 0;
  if (number(args, 4) <= FEW_ROWS && !transposeA && !transposeB) fewRows(args);
  else tiles(args, transposeA, transposeB);
}

function tiles(args: usize, transposeA: bool, transposeB: bool): void {
  const a = address(args, 0);
  const b = address(args, 1);
  const c = address(args, 2);
  const bias = address(args, 3);
  const rows = number(args, 4);
  const columns = number(args, 5);
  const inner = number(args, 6);
  const activation = number(args, 9);
  if (rows == 0) return;
  if (inner == 0) {
    emptyProduct(c, rows, columns, bias, activation);
    return;
  }

  let columnTile = 64;
  let rowTile = 192;
  if (ceilDivide(rows, rowTile) * ceilDivide(columns, columnTile) < ENOUGH_TASKS) columnTile = 32;
  if (ceilDivide(rows, rowTile) * ceilDivide(columns, columnTile) < ENOUGH_TASKS) rowTile = 48;
  if (ceilDivide(rows, rowTile) * ceilDivide(columns, columnTile) < ENOUGH_TASKS) columnTile = 16;
  if (ceilDivide(rows, rowTile) * ceilDivide(columns, columnTile) < ENOUGH_TASKS) rowTile = 24;
  const rowTiles = ceilDivide(rows, rowTile);
  const tasks = rowTiles * ceilDivide(columns, columnTile);

  const ldc = <usize>columns << 2;
  const lda = <usize>(transposeA ? rows : inner) << 2;
  const ldb = <usize>(transposeB ? inner : columns) << 2;
  const packed = scratch() + PACKED;
  // Where all of K fits, a packed tile of B serves every task of its columns.
  const keep = inner <= PACKED_CELLS / columnTile;
  const panels = ceilDivide(min(columnTile, columns), PANEL);
  let packedTile = -1;

  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const column0 = (task / rowTiles) * columnTile;
    const width = min(columnTile, columns - column0);
    const row0 = (task % rowTiles) * rowTile;
    const row1 = min(row0 + rowTile, rows);
    for (let k = 0; k < inner; k += DEPTH) {
      const depth = min(DEPTH, inner - k);
      const panelBytes = <usize>(depth * PANEL) << 2;
      const block = keep ? packed + (<usize>(k * panels * PANEL) << 2) : packed;
      if (!keep || packedTile != column0) {
        if (transposeB) {
          packTransposed(b + <usize>column0 * ldb + (<usize>k << 2), ldb, depth, width, block, panelBytes);
        } else {
          packRows(b + <usize>k * ldb + (<usize>column0 << 2), ldb, depth, width, block, panelBytes);
        }
      }
      const last = k + depth == inner;
      for (let i = row0; i < row1; i += STRIP) {
        const height = min(STRIP, row1 - i);
        const at = c + <usize>i * ldc + (<usize>column0 << 2);
        if (transposeA) {
          const from = a + <usize>k * lda + (<usize>i << 2);
          columnsStrip(height, from, 1, depth, lda, 0, block, panelBytes, width, at, ldc, k > 0);
        } else {
          const a0 = a + <usize>i * lda + (<usize>k << 2);
          // Rows beyond the last read it once more; what they give is not stored.
          const a1 = height > 1 ? a0 + lda : a0;
          const a2 = height > 2 ? a1 + lda : a1;
          const a3 = height > 3 ? a2 + lda : a2;
          const a4 = height > 4 ? a3 + lda : a3;
          const a5 = height > 5 ? a4 + lda : a4;
          rowsStrip(height, a0, a1, a2, a3, a4, a5, 1, depth, 0, block, panelBytes, width, at, ldc, k > 0);
        }
        if (last) finishTile(at, ldc, height, width, bias != 0 ? bias + (<usize>column0 << 2) : 0, activation);
      }
    }
    packedTile = column0;
  }
}

/** The product over no elements at all: zeros, then bias and activation. */
function emptyProduct(c: usize, rows: i32, columns: i32, bias: usize, activation: i32): void {
  const end = endTask(rows);
  for (let i = firstTask(rows); i < end; i++) {
    const row = c + (<usize>(i * columns) << 2);
    memory.fill(row, 0, <usize>columns << 2);
    finishTile(row, 0, 1, columns, bias, activation);
  }
}

/**
 * A few rows, where reading B from memory is what costs: B is read once, in pieces of its columns, four rows at a
 * time, and added up in C itself.
 */
function fewRows(args: usize): void {
  const a = address(args, 0);
  const b = address(args, 1);
  const c = address(args, 2);
  const bias = address(args, 3);
  const rows = number(args, 4);
  const columns = number(args, 5);
  const inner = number(args, 6);
  const activation = number(args, 9);
  const ldb = <usize>columns << 2;

  const tasks = ceilDivide(columns, PIECE);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const column0 = task * PIECE;
    const width = min(PIECE, columns - column0);
    const from = <usize>column0 << 2;
    for (let i = 0; i < rows; i++) memory.fill(c + <usize>i * ldb + from, 0, <usize>width << 2);
    let k = 0;
    for (; k + 4 <= inner; k += 4) {
      for (let i = 0; i < rows; i++) {
        addFourRows(a + (<usize>(i * inner + k) << 2), b + <usize>k * ldb + from, ldb, width, c + <usize>i * ldb + from);
      }
    }
    for (; k < inner; k++) {
      for (let i = 0; i < rows; i++) {
        addRow(a + (<usize>(i * inner + k) << 2), b + <usize>k * ldb + from, width, c + <usize>i * ldb + from);
      }
    }
    finishTile(c + from, ldb, rows, width, bias != 0 ? bias + from : 0, activation);
  }
}

/** C [width] += a[0..3] B [4, width]. */
function addFourRows(a: usize, b: usize, ldb: usize, width: i32, c: usize): void {
  const a0 = v128.load32_splat(a);
  const a1 = v128.load32_splat(a, 4);
  const a2 = v128.load32_splat(a, 8);
  const a3 = v128.load32_splat(a, 12);
  let b1 = b + ldb;
  let b2 = b1 + ldb;
  let b3 = b2 + ldb;
  for (; width >= 4; width -= 4) {
    const low = fma(a1, v128.load(b1), fma(a0, v128.load(b), v128.load(c)));
    v128.store(c, fma(a3, v128.load(b3), fma(a2, v128.load(b2), low)));
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
    c += 16;
  }
  for (; width > 0; width--) {
    const low = load<f32>(c) + load<f32>(a) * load<f32>(b) + load<f32>(a, 4) * load<f32>(b1);
    store<f32>(c, low + load<f32>(a, 8) * load<f32>(b2) + load<f32>(a, 12) * load<f32>(b3));
    b += 4;
    b1 += 4;
    b2 += 4;
    b3 += 4;
    c += 4;
  }
}

/** C [width] += a[0] B [1, width]. */
function addRow(a: usize, b: usize, width: i32, c: usize): void {
  const value = load<f32>(a);
  for (; width > 0; width--) {
    store<f32>(c, load<f32>(c) + value * load<f32>(b));
    b += 4;
    c += 4;
  }
}
