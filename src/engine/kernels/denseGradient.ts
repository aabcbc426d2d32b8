// The gradients of a fully connected layer, through its activation and dropout. Most of dz, the gradient before them, is
// zero: half is dropped and half of the rest stopped by a ReLU. Only what is not is multiplied with.
import { gather } from "./gather";
import { PACKED, PACKED_CELLS } from "./layout";
import { Activation, DENSE_UNIT_BLOCK } from "./opcodes";
import { listBytes, listRow, sparseProduct } from "./sparseRows";
import { barrier, endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, number, storeFirst } from "./vector";

/** Inputs that are worked on together. */
const INPUT_BLOCK: i32 = 112;

/** x, weights, y, dy, dweights, dbias, dx, dz, lists, rows, units, inputs, activation, rate */
export function denseGradient(args: usize): void {
  const x = address(args, 0);
  const weights = address(args, 1);
  const dweights = address(args, 4);
  const dbias = address(args, 5);
  const dx = address(args, 6);
  const dz = address(args, 7);
  const rows = number(args, 9);
  const units = number(args, 10);
  const inputs = number(args, 11);
  const rowBytes = <usize>inputs << 2;

  const endRow = endTask(rows);
  for (let row = firstTask(rows); row < endRow; row++) preactivationGradient(args, row);
  barrier();

  // dweights [units, inputs]: each unit's rows of x that have a gradient.
  const unitListBytes = <usize>rows << 3;
  const unitBlock = min(units >= 256 ? 32 : 8, max(<i32>(<usize>(PACKED_CELLS * 4) / (unitListBytes + 4)), 1));
  const unitTasks = ceilDivide(units, unitBlock);
  const endUnits = endTask(unitTasks);
  const lists = scratch() + PACKED;
  for (let task = firstTask(unitTasks); task < endUnits; task++) {
    const unit0 = task * unitBlock;
    const count = min(unitBlock, units - unit0);
    const ends = lists + <usize>count * unitListBytes;
    for (let i: usize = 0; i < <usize>count; i++) {
      let entry = lists + i * unitListBytes;
      let at = dz + ((<usize>unit0 + i) << 2);
      let sum: f32 = 0;
      for (let row = 0; row < rows; row++) {
        const value = load<f32>(at);
        store<u32>(entry, <u32>row * <u32>rowBytes);
        store<f32>(entry, value, 4);
        // No branch, since which it is cannot be foreseen.
        entry += select<usize>(8, 0, value != 0);
        sum += value;
        at += <usize>units << 2;
      }
      store<u32>(ends + (i << 2), <u32>entry);
      if (dbias != 0) store<f32>(dbias + ((<usize>unit0 + i) << 2), sum);
    }
    for (let k = 0; k < inputs; k += INPUT_BLOCK) {
      const offset = <usize>k << 2;
      const cells = min(INPUT_BLOCK, inputs - k);
      for (let i: usize = 0; i < <usize>count; i++) {
        const to = dweights + (<usize>unit0 + i) * rowBytes + offset;
        gather(lists + i * unitListBytes, load<u32>(ends + (i << 2)), x + offset, to, cells, false);
      }
    }
  }

  // dx [rows, inputs]: each row's units that have a gradient, block by block so that their weights stay at hand.
  if (dx == 0) return;
  const inputTasks = ceilDivide(inputs, INPUT_BLOCK);
  const endInputs = endTask(inputTasks);
  for (let task = firstTask(inputTasks); task < endInputs; task++) {
    const k = task * INPUT_BLOCK;
    const offset = <usize>k << 2;
    const cells = min(INPUT_BLOCK, inputs - k);
    sparseProduct(address(args, 8), units, DENSE_UNIT_BLOCK, rows, weights + offset, dx + offset, rowBytes, cells);
  }
}

/** dz of one row, and the list of its units that are not 0. */
function preactivationGradient(args: usize, row: i32): void {
  const units = number(args, 10);
  const inputs = number(args, 11);
  const activation = number(args, 12);
  const rate = address(args, 13);
  const keep: f32 = rate == 0 ? 1 : <f32>1 - load<f32>(rate);
  const offset = <usize>(row * units) << 2;
  const y = address(args, 2) + offset;
  const dy = address(args, 3) + offset;
  const dz = address(args, 7) + offset;
  const one = f32x4.splat(1);
  for (let i = 0; i < units; i += 4) {
    const at = <usize>i << 2;
    const out = v128.load(y + at);
    const f = f32x4.mul(out, f32x4.splat(keep));
    let gradient = v128.load(dy + at);
    if (rate != 0) gradient = f32x4.div(gradient, f32x4.splat(keep));
    if (activation == Activation.Relu) gradient = v128.and(gradient, f32x4.gt(f, f32x4.splat(0)));
    else if (activation == Activation.Tanh) gradient = f32x4.mul(gradient, f32x4.sub(one, f32x4.mul(f, f)));
    else if (activation == Activation.Sigmoid) {
      gradient = f32x4.mul(gradient, f32x4.mul(f, f32x4.sub(one, f)));
    }
    // What dropout has thrown away is 0 exactly.
    if (rate != 0) gradient = v128.and(gradient, f32x4.ne(out, f32x4.splat(0)));
    storeFirst(dz + at, gradient, units - i);
  }
  if (address(args, 6) == 0) return;
  const list = address(args, 8) + <usize>row * listBytes(units, DENSE_UNIT_BLOCK);
  listRow(dz, units, <u32>inputs << 2, DENSE_UNIT_BLOCK, list);
}
