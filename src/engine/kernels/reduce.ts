// Sums over many elements, each in an order that depends on the shape alone.
import { PACKED, PACKED_CELLS, SCRATCH_START } from "./layout";
import { SUM_RUN } from "./opcodes";
import { barrier, endTask, firstTask } from "./threads";
import { address, ceilDivide, fma, number, storeFirst, sumLanes, zeroCells } from "./vector";

/** Parts that the rows are cut into, each added up by itself. */
const PARTS: i32 = 16;
/** Rows whose sum is added to the part's sum at once: keeps the rounding error of long sums small. */
const BATCH_ROWS: i32 = 256;

/** dbias[j] = the sum of column j of dy [rows, columns]: parts of the rows first, then the parts. */
export function biasGradient(args: usize): void {
  const dy = address(args, 0);
  const dbias = address(args, 1);
  const rows = number(args, 2);
  const columns = number(args, 3);
  const pitch = <usize>columns << 2;
  // The parts' sums lie in the scratch of thread 0, which all threads see.
  const partials = <usize>(SCRATCH_START + PACKED);
  const blockColumns = PACKED_CELLS / PARTS;
  const partRows = ceilDivide(rows, PARTS);
  for (let column0 = 0; column0 < columns; column0 += blockColumns) {
    const width = min(blockColumns, columns - column0);
    const partPitch = <usize>width << 2;
    const from = dy + (<usize>column0 << 2);
    const end = endTask(PARTS);
    for (let part = firstTask(PARTS); part < end; part++) {
      const row0 = min(part * partRows, rows);
      const row1 = min(row0 + partRows, rows);
      sumRows(from + <usize>row0 * pitch, pitch, row1 - row0, width, partials + <usize>part * partPitch);
    }
    barrier();
    const pieces = ceilDivide(width, 16);
    const first = firstTask(pieces) * 16;
    const last = min(endTask(pieces) * 16, width);
    for (let j = first; j < last; j += 4) {
      const at = <usize>j << 2;
      let sum = v128.load(partials + at);
      for (let part = 1; part < PARTS; part++) {
        sum = f32x4.add(sum, v128.load(partials + <usize>part * partPitch + at));
      }
      storeFirst(dbias + (<usize>column0 << 2) + at, sum, last - j);
    }
    // The next block of columns overwrites the parts' sums.
    if (column0 + blockColumns < columns) barrier();
  }
}

function sumRows(from: usize, pitch: usize, rows: i32, width: i32, to: usize): void {
  zeroCells(to, width);
  for (; rows > 0; rows -= BATCH_ROWS) {
    const count = min(rows, BATCH_ROWS);
    for (let j = 0; j < width; j += 4) {
      let at = from + (<usize>j << 2);
      let sum = f32x4.splat(0);
      for (let i = 0; i < count; i++) {
        sum = f32x4.add(sum, v128.load(at));
        at += pitch;
      }
      const total = to + (<usize>j << 2);
      storeFirst(total, f32x4.add(v128.load(total), sum), width - j);
    }
    from += <usize>count * pitch;
  }
}

/** The sum of squares of each run of SUM_RUN elements. */
export function sumSquares(args: usize): void {
  const x = address(args, 0);
  const sums = address(args, 1);
  const size = number(args, 2);
  const runs = ceilDivide(size, SUM_RUN);
  const end = endTask(runs);
  for (let run = firstTask(runs); run < end; run++) {
    let count = min(SUM_RUN, size - run * SUM_RUN);
    let from = x + (<usize>(run * SUM_RUN) << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (; count >= 16; count -= 16) {
      const v0 = v128.load(from);
      const v1 = v128.load(from, 16);
      const v2 = v128.load(from, 32);
      const v3 = v128.load(from, 48);
      s0 = fma(v0, v0, s0);
      s1 = fma(v1, v1, s1);
      s2 = fma(v2, v2, s2);
      s3 = fma(v3, v3, s3);
      from += 64;
    }
    let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    for (; count > 0; count--) {
      const value = load<f32>(from);
      sum += value * value;
      from += 4;
    }
    store<f32>(sums + (<usize>run << 2), sum);
  }
}
