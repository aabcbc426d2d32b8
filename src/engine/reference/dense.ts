import { activate, activationSlope } from "./activation.ts";
import { dropoutMask } from "./dropout.ts";
import type { Args, Kernel } from "./kernel.ts";

export const dense: Kernel = (cells, args) => {
  const [x, weights, bias, y, rows, units, inputs, activation, rate, randomState, salt] = args as Args<11>;
  const { floats: f } = cells;
  const { keep, keeps } = rate ? dropoutMask(cells, rate, randomState, salt) : { keep: 1, keeps: () => true };
  for (let i = 0; i < rows * units; i++) {
    const row = x + Math.floor(i / units) * inputs;
    const unit = weights + (i % units) * inputs;
    let sum = bias ? f[bias + (i % units)]! : 0;
    for (let k = 0; k < inputs; k++) sum += f[row + k]! * f[unit + k]!;
    f[y + i] = keeps(i) ? activate(sum, activation) / keep : 0;
  }
};

export const sparseDense: Kernel = (cells, args) => {
  const [x, weights, , bias, y, , rows, units, inputs, activation] = args as Args<10>;
  dense(cells, [x, weights, bias, y, rows, units, inputs, activation, 0, 0, 0, 0]);
};

export const denseGradient: Kernel = ({ floats: f }, args) => {
  const [x, weights, y, dy, dweights, dbias, dx, , , rows, units, inputs, activation, rate] =
    args as Args<14>;
  const keep = rate ? 1 - Math.fround(f[rate]!) : 1;
  const dz = Float64Array.from({ length: rows * units }, (_, i) => {
    // What dropout has thrown away is 0 exactly.
    if (rate && f[y + i] === 0) return 0;
    return (f[dy + i]! / keep) * activationSlope(f[y + i]! * keep, activation);
  });
  for (let unit = 0; unit < units; unit++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += dz[row * units + unit]! * f[x + row * inputs + k]!;
      f[dweights + unit * inputs + k] = sum;
    }
    if (!dbias) continue;
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += dz[row * units + unit]!;
    f[dbias + unit] = sum;
  }
  if (!dx) return;
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let unit = 0; unit < units; unit++)
        sum += dz[row * units + unit]! * f[weights + unit * inputs + k]!;
      f[dx + row * inputs + k] = sum;
    }
  }
};
