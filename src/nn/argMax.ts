/** The index of the largest of `columns` values from `start`; of equals the first. */
export function argMax(values: ArrayLike<number>, start: number, columns: number): number {
  let best = 0;
  for (let j = 1; j < columns; j++) if (values[start + j]! > values[start + best]!) best = j;
  return best;
}
