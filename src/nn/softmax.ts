/** Softmax of each row of `logits` [n, columns], divided by `temperature`, in float64; [n, columns]. */
export function softmaxRows(logits: ArrayLike<number>, columns: number, temperature: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += columns) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = row; j < row + columns; j++) largest = Math.max(largest, logits[j]!);
    let sum = 0;
    for (let j = row; j < row + columns; j++) sum += Math.exp((logits[j]! - largest) / temperature);
    for (let j = row; j < row + columns; j++) {
      result[j] = Math.exp((logits[j]! - largest) / temperature) / sum;
    }
  }
  return result;
}
