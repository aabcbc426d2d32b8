// Matrices of which most is zero, as what has passed a ReLU or been dropped: each row's list of what is not, and its
// product with a dense matrix. A list's entry is where a row of that matrix begins, in bytes, and a value: 8 bytes.
import { gather } from "./gather";
import { ceilDivide } from "./vector";

/** Bytes of one row's list: an entry for each of `columns`, and where each block of columns begins, and the end. */
// @ts-ignore: decorator
@inline
export function listBytes(columns: i32, block: i32): usize {
  return (<usize>columns << 3) + (<usize>(ceilDivide(columns, block) + 1) << 2);
}

/** Lists what is not zero of `columns` values; that of column i points to `i * stride`. */
export function listRow(values: usize, columns: i32, stride: u32, block: i32, list: usize): void {
  let starts = list + (<usize>columns << 3);
  let entry = list;
  let offset: u32 = 0;
  for (let column = 0; column < columns; ) {
    store<u32>(starts, <u32>(entry - list));
    starts += 4;
    const end = min(column + block, columns);
    for (; column < end; column++) {
      const value = load<f32>(values);
      store<u32>(entry, offset);
      store<f32>(entry, value, 4);
      // No branch, since which it is cannot be foreseen.
      entry += select<usize>(8, 0, value != 0);
      values += 4;
      offset += stride;
    }
  }
  store<u32>(starts, <u32>(entry - list));
}

/** C [rows, cells] = A B for rows of A that are listed, one block of its columns after another so that B's part stays at hand. */
export function sparseProduct(
  lists: usize,
  columns: i32,
  block: i32,
  rows: i32,
  b: usize,
  c: usize,
  ldc: usize,
  cells: i32,
): void {
  const blocks = ceilDivide(columns, block);
  const step = listBytes(columns, block);
  for (let i: usize = 0; i < <usize>blocks; i++) {
    let list = lists;
    let to = c;
    for (let row = 0; row < rows; row++) {
      const starts = list + (<usize>columns << 3) + (i << 2);
      gather(list + load<u32>(starts), list + load<u32>(starts, 4), b, to, cells, i > 0);
      list += step;
      to += ldc;
    }
  }
}
