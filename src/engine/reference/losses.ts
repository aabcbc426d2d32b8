import { type Args, type Floats, floatOfBits, type Kernel } from "./kernel.ts";

/** What the softmax of a row is made with: its largest element, and the sum of exp(element - largest). */
function exponentials(f: Floats, from: number, columns: number) {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < columns; j++) largest = Math.max(largest, f[from + j]!);
  let sum = 0;
  for (let j = 0; j < columns; j++) sum += Math.exp(f[from + j]! - largest);
  return { largest, sum };
}

function softmaxRow(f: Floats, from: number, to: number, columns: number): void {
  const { largest, sum } = exponentials(f, from, columns);
  for (let j = 0; j < columns; j++) f[to + j] = Math.exp(f[from + j]! - largest) / sum;
}

export const softmax: Kernel = ({ floats: f }, args) => {
  const [x, y, rows, columns] = args as Args<4>;
  for (let i = 0; i < rows; i++) softmaxRow(f, x + i * columns, y + i * columns, columns);
};

export const softmaxCrossEntropy: Kernel = ({ floats: f, ints }, args) => {
  const [logits, labels, probabilities, losses, dlogits, rows, columns, smoothingBits] = args as Args<8>;
  const smoothing = floatOfBits(smoothingBits);
  const target = (j: number, label: number) => (j === label ? 1 - smoothing : 0) + smoothing / columns;
  for (let i = 0; i < rows; i++) {
    const row = logits + i * columns;
    const label = ints[labels + i]!;
    const { largest, sum } = exponentials(f, row, columns);
    let matched = 0;
    for (let j = 0; j < columns; j++) matched += target(j, label) * f[row + j]!;
    f[losses + i] = Math.log(sum) + largest - matched;
    for (let j = 0; j < columns; j++) {
      const probability = Math.exp(f[row + j]! - largest) / sum;
      f[probabilities + i * columns + j] = probability;
      if (dlogits) f[dlogits + i * columns + j] = (probability - target(j, label)) / rows;
    }
  }
};

export const meanSquaredError: Kernel = ({ floats: f, ints }, args) => {
  const [outputs, labels, probabilities, losses, doutputs, rows, columns] = args as Args<7>;
  for (let i = 0; i < rows; i++) {
    const row = i * columns;
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      const difference = f[outputs + row + j]! - (j === ints[labels + i] ? 1 : 0);
      sum += difference * difference;
      if (doutputs) f[doutputs + row + j] = (2 * difference) / (columns * rows);
    }
    f[losses + i] = sum / columns;
    softmaxRow(f, outputs + row, probabilities + row, columns);
  }
};
