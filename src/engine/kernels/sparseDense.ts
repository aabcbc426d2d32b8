// A fully connected layer whose input has passed a ReLU: y = f(x weights^T + bias) for the inputs that are not zero
// alone. Of LeNet's fc3 that is one in eight.
import { PACKED } from "./layout";
import { SPARSE_BLOCK, SPARSE_PANEL } from "./opcodes";
import { packFourColumns } from "./pack";
import { listBytes, listRow, sparseProduct } from "./sparseRows";
import { finishTile } from "./tile";
import { barrier, endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, copyCells, fma, number, storeFirst } from "./vector";

/** Bytes of all units of a panel for one input. */
const PANEL_ROW: usize = SPARSE_PANEL * 4;
/** With more rows than this the rows of a panel are cut too. */
const TILE_ROWS: i32 = 64;

/** weights [units, inputs] to [units / SPARSE_PANEL][inputs][SPARSE_PANEL], with zeros beyond the last unit. */
export function densePanels(args: usize): void {
  const units = number(args, 2);
  const inputs = number(args, 3);
  const rowBytes = <usize>inputs << 2;
  const end = endTask(ceilDivide(units, SPARSE_PANEL));
  for (let panel = firstTask(ceilDivide(units, SPARSE_PANEL)); panel < end; panel++) {
    const to = address(args, 1) + <usize>(panel * inputs) * PANEL_ROW;
    for (let unit = 0; unit < SPARSE_PANEL; unit += 4) {
      const first = panel * SPARSE_PANEL + unit;
      const from = address(args, 0) + <usize>first * rowBytes;
      packFourColumns(from, rowBytes, inputs, max(units - first, 0), to + (<usize>unit << 2), PANEL_ROW);
    }
  }
}

/** x, weights, panels, bias, y, lists, rows, units, inputs, activation */
export function sparseDense(args: usize): void {
  const x = address(args, 0);
  const panels = address(args, 2);
  const bias = address(args, 3);
  const y = address(args, 4);
  const lists = address(args, 5);
  const rows = number(args, 6);
  const units = number(args, 7);
  const inputs = number(args, 8);
  const activation = number(args, 9);
  if (rows == 0) return;
  const step = listBytes(inputs, SPARSE_BLOCK);
  const stride = <u32>(panels == 0 ? 4 : PANEL_ROW);
  const endRow = endTask(rows);
  for (let row: usize = firstTask(rows); row < <usize>endRow; row++) {
    listRow(x + ((row * inputs) << 2), inputs, stride, SPARSE_BLOCK, lists + row * step);
  }
  barrier();

  const pitch = <usize>units << 2;
  // Where the weights lie as they came, four units at a time take theirs one by one: no one else's order of adding up.
  const width = panels == 0 ? 4 : SPARSE_PANEL;
  const across = ceilDivide(units, width);
  const end = endTask(across * ceilDivide(rows, TILE_ROWS));
  for (let task = firstTask(across * ceilDivide(rows, TILE_ROWS)); task < end; task++) {
    const row0 = (task / across) * TILE_ROWS;
    const unit0 = (task % across) * width;
    const count = min(TILE_ROWS, rows - row0);
    const cells = min(width, units - unit0);
    const from = lists + <usize>row0 * step;
    const to = y + (<usize>(row0 * units + unit0) << 2);
    if (panels == 0) {
      const weights = address(args, 1) + (<usize>(unit0 * inputs) << 2);
      for (let row: usize = 0; row < <usize>count; row++) {
        const list = from + row * step;
        const listed = list + load<u32>(list + step - 4);
        fourUnits(list, listed, weights, <usize>inputs << 2, to + row * pitch, cells);
      }
    } else {
      const panel = panels + <usize>(task % across) * (<usize>inputs * PANEL_ROW);
      // Not in y: rows a power of two apart would all want the same few places in the cache.
      const tile = scratch() + PACKED;
      sparseProduct(from, inputs, SPARSE_BLOCK, count, panel, tile, PANEL_ROW, cells);
      for (let row: usize = 0; row < <usize>count; row++) copyCells(to + row * pitch, tile + row * PANEL_ROW, cells);
    }
    finishTile(to, pitch, count, cells, bias == 0 ? 0 : bias + (<usize>unit0 << 2), activation);
  }
}

/** The sums of up to four units over one list, from weights that lie `rowBytes` apart. */
function fourUnits(entry: usize, end: usize, w0: usize, rowBytes: usize, to: usize, count: i32): void {
  const w1 = w0 + rowBytes * <usize>min(1, count - 1);
  const w2 = w0 + rowBytes * <usize>min(2, count - 1);
  const w3 = w0 + rowBytes * <usize>min(3, count - 1);
  let sum = f32x4.splat(0);
  for (; entry < end; entry += 8) {
    const at = <usize>load<u32>(entry);
    let w = v128.load32_zero(w0 + at);
    w = v128.load_lane<f32>(w1 + at, w, 1);
    w = v128.load_lane<f32>(w2 + at, w, 2);
    w = v128.load_lane<f32>(w3 + at, w, 3);
    sum = fma(v128.load32_splat(entry, 4), w, sum);
  }
  storeFirst(to, sum, count);
}
