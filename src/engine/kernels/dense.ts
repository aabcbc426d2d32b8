// A fully connected layer, y = dropout(f(x weights^T + bias)) with weights [units, inputs]. The weights are read where
// they lie, once; it is x, which is small, that is packed.
import { dropoutKey, dropoutThreshold, maskRow } from "./dropoutMask";
import { EDGE_TILE, PACKED } from "./layout";
import { PANEL } from "./microKernel";
import { packTransposed } from "./pack";
import { PANEL_ROWS, rowsPanels } from "./rowsPanels";
import { finishTile } from "./tile";
import { barrier, endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, fma, number, sumLanes } from "./vector";

/** With fewer rows reading the weights is what costs, and x is not packed. */
const FEW_ROWS: i32 = 8;
/** Panels of x, of 8 rows each, that a task covers. */
const TILE_PANELS: i32 = 8;
/** Strips of units that a task covers at most, and inputs that are summed over at a time: a panel is 16 kB then. */
const TILE_STRIPS: i32 = 8;
const DEPTH: i32 = 512;
const ENOUGH_TASKS: i32 = 16;

/** x, weights, bias, y, rows, units, inputs, activation, rate, randomState, salt, room */
export function dense(args: usize): void {
  const x = address(args, 0);
  const rows = number(args, 4);
  const units = number(args, 5);
  const inputs = number(args, 6);
  const packed = address(args, 11);
  if (rows == 0) return;
  if (rows < FEW_ROWS) return denseOfFewRows(args);

  const panels = ceilDivide(rows, PANEL);
  const panelBytes = <usize>(inputs * PANEL) << 2;
  const rowBytes = <usize>inputs << 2;
  const endPanel = endTask(panels);
  for (let panel = firstTask(panels); panel < endPanel; panel++) {
    const row = panel * PANEL;
    const to = packed + <usize>panel * panelBytes;
    packTransposed(x + <usize>row * rowBytes, rowBytes, inputs, min(PANEL, rows - row), to, panelBytes);
  }
  barrier();

  const strips = ceilDivide(units, PANEL_ROWS);
  const panelTiles = ceilDivide(panels, TILE_PANELS);
  const tileStrips = max(min(TILE_STRIPS, (strips * panelTiles) / ENOUGH_TASKS), 1);
  const stripTiles = ceilDivide(strips, tileStrips);
  const end = endTask(stripTiles * panelTiles);
  for (let task = firstTask(stripTiles * panelTiles); task < end; task++) {
    const panel0 = (task % panelTiles) * TILE_PANELS;
    const unit0 = (task / panelTiles) * tileStrips * PANEL_ROWS;
    denseTile(args, panel0, min(TILE_PANELS, panels - panel0), unit0, min(tileStrips * PANEL_ROWS, units - unit0));
  }
}

/** Some units of some panels of x: their transpose in scratch first. */
function denseTile(args: usize, panel0: i32, panels: i32, unit0: i32, unitCount: i32): void {
  const units = number(args, 5);
  const inputs = number(args, 6);
  const rowBytes = <usize>inputs << 2;
  const panelBytes = <usize>(inputs * PANEL) << 2;
  const weights = address(args, 1) + <usize>unit0 * rowBytes;
  const packed = address(args, 11) + <usize>panel0 * panelBytes;
  const tile = scratch() + PACKED;
  const tileRow = <usize>(panels * PANEL) << 2;
  for (let k = 0; k < inputs; k += DEPTH) {
    const depth = min(DEPTH, inputs - k);
    const b = packed + (<usize>(k * PANEL) << 2);
    // Units beyond the last are whatever lies there, room among it, since it is placed after the weights and larger than
    // what is read too far; what they give is left in scratch.
    for (let i: usize = 0; i < <usize>unitCount; i += PANEL_ROWS) {
      const a = weights + i * rowBytes + (<usize>k << 2);
      rowsPanels(a, rowBytes, depth, b, panelBytes, panels, tile + i * tileRow, tileRow, k > 0);
    }
  }

  const row0 = panel0 * PANEL;
  const rowCount = min(panels * PANEL, number(args, 4) - row0);
  const pitch = <usize>units << 2;
  const y = address(args, 3) + (<usize>(row0 * units + unit0) << 2);
  for (let row: usize = 0; row < <usize>rowCount; row++) {
    let from = tile + (row << 2);
    let to = y + row * pitch;
    for (let i = 0; i < unitCount; i++) {
      store<f32>(to, load<f32>(from));
      from += tileRow;
      to += 4;
    }
  }
  const bias = address(args, 2);
  finishTile(y, pitch, rowCount, unitCount, bias == 0 ? 0 : bias + (<usize>unit0 << 2), number(args, 7));
  const rate = address(args, 8);
  if (rate == 0) return;
  const key = dropoutKey(address(args, 9), number(args, 10));
  const threshold = dropoutThreshold(rate);
  const keep = <f32>1 - load<f32>(rate);
  for (let row = 0; row < rowCount; row++) {
    maskRow(y + <usize>row * pitch, unitCount, (row0 + row) * units + unit0, key, threshold, keep);
  }
}

/** Rows whose products with one other row are summed at a time. */
const SIX: i32 = 6;

/** Six units at a time with each row of x. */
function denseOfFewRows(args: usize): void {
  const x = address(args, 0);
  const weights = address(args, 1);
  const bias = address(args, 2);
  const y = address(args, 3);
  const rows = number(args, 4);
  const units = number(args, 5);
  const inputs = number(args, 6);
  const rate = address(args, 8);
  const key = rate == 0 ? 0 : dropoutKey(address(args, 9), number(args, 10));
  const threshold = rate == 0 ? 0 : dropoutThreshold(rate);
  const keep: f32 = rate == 0 ? 1 : <f32>1 - load<f32>(rate);
  const rowBytes = <usize>inputs << 2;
  const pitch = <usize>units << 2;
  const sums = scratch() + EDGE_TILE;
  const tasks = ceilDivide(units, SIX);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const unit = task * SIX;
    const count = min(SIX, units - unit);
    const w = weights + <usize>unit * rowBytes;
    const offset = <usize>unit << 2;
    for (let row = 0; row < rows; row++) {
      memory.fill(sums, 0, SIX * 16);
      dotSix(
        w,
        w + <usize>min(1, count - 1) * rowBytes,
        w + <usize>min(2, count - 1) * rowBytes,
        w + <usize>min(3, count - 1) * rowBytes,
        w + <usize>min(4, count - 1) * rowBytes,
        w + <usize>min(5, count - 1) * rowBytes,
        x + <usize>row * rowBytes,
        inputs,
        sums,
      );
      const to = y + <usize>row * pitch + offset;
      for (let i: usize = 0; i < <usize>count; i++) {
        store<f32>(to + (i << 2), sumLanes(v128.load(sums + (i << 4))));
      }
      finishTile(to, pitch, 1, count, bias == 0 ? 0 : bias + offset, number(args, 7));
      if (rate != 0) maskRow(to, count, row * units + unit, key, threshold, keep);
    }
  }
}

/** Dot products of `depth` elements, a<i> with b, added to the vectors at `sums` lane by lane. */
function dotSix(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  a4: usize,
  a5: usize,
  b: usize,
  depth: i32,
  sums: usize,
): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  let s4 = v128.load(sums, 64);
  let s5 = v128.load(sums, 80);
  let value: v128;
  for (; depth >= 8; depth -= 8) {
    value = v128.load(b);
    s0 = fma(v128.load(a0), value, s0);
    s1 = fma(v128.load(a1), value, s1);
    s2 = fma(v128.load(a2), value, s2);
    s3 = fma(v128.load(a3), value, s3);
    s4 = fma(v128.load(a4), value, s4);
    s5 = fma(v128.load(a5), value, s5);
    if (b == 0) {
      s0 = value;
      s1 = value;
      s2 = value;
      s3 = value;
      s4 = value;
      s5 = value;
    }
    value = v128.load(b, 16);
    s0 = fma(v128.load(a0, 16), value, s0);
    s1 = fma(v128.load(a1, 16), value, s1);
    s2 = fma(v128.load(a2, 16), value, s2);
    s3 = fma(v128.load(a3, 16), value, s3);
    s4 = fma(v128.load(a4, 16), value, s4);
    s5 = fma(v128.load(a5, 16), value, s5);
    a0 += 32;
    a1 += 32;
    a2 += 32;
    a3 += 32;
    a4 += 32;
    a5 += 32;
    b += 32;
  }
  for (; depth > 0; depth -= 4) {
    // What lies beyond the end of a row may be anything, so both sides are cut.
    const mask = firstLanes(depth);
    value = v128.and(v128.load(b), mask);
    s0 = fma(v128.and(v128.load(a0), mask), value, s0);
    s1 = fma(v128.and(v128.load(a1), mask), value, s1);
    s2 = fma(v128.and(v128.load(a2), mask), value, s2);
    s3 = fma(v128.and(v128.load(a3), mask), value, s3);
    s4 = fma(v128.and(v128.load(a4), mask), value, s4);
    s5 = fma(v128.and(v128.load(a5), mask), value, s5);
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
    a4 += 16;
    a5 += 16;
    b += 16;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
}

/** All bits of the first `count` lanes. */
// @ts-ignore: decorator
@inline
function firstLanes(count: i32): v128 {
  return i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3));
}
