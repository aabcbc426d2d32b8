/**
 * Every kernel once more, naive, in plain TypeScript: the oracle that the WebAssembly kernels are tested against,
 * and what runs where WebAssembly SIMD is missing. Over a Float64Array it computes in float64, which is how
 * gradients are checked against finite differences. Loops say what is computed, not how to do it fast.
 */
import { Activation, Hyper, Opcode, SUM_RUN } from "./kernels/opcodes.ts";
import { augment, mix } from "./referenceAugment.ts";
import { batchNorm, batchNormGradient, batchNormInference, foldBatchNorm } from "./referenceBatchNorm.ts";
import {
  type Args,
  activate,
  activationSlope,
  type Cells,
  type Floats,
  floatOfBits,
  type Kernel,
} from "./referenceKernel.ts";

/**
 * Calls `visit` for every output pixel and every input pixel that its window covers, padding left out:
 * the indices of the output pixel, of the input pixel (both without channels) and of the place in the window.
 */
function eachTap(
  window: readonly number[],
  visit: (output: number, input: number, tap: number) => void,
): void {
  const [
    n,
    height,
    width,
    ,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    top,
    left,
    outputHeight,
    outputWidth,
  ] = window as Args<12>;
  for (let image = 0; image < n; image++) {
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          const iy = oy * strideHeight + ky - top;
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ix = ox * strideWidth + kx - left;
            if (ix < 0 || ix >= width) continue;
            const output = (image * outputHeight + oy) * outputWidth + ox;
            visit(output, (image * height + iy) * width + ix, ky * kernelWidth + kx);
          }
        }
      }
    }
  }
}

/** The number of input pixels, and of output pixels, of a window over its images. */
function pixels(window: readonly number[]): { readonly inputs: number; readonly outputs: number } {
  const [n, height, width, , , , , , , , outputHeight, outputWidth] = window as Args<12>;
  return { inputs: n * height * width, outputs: n * outputHeight * outputWidth };
}

const conv2d: Kernel = ({ floats: f }, args) => {
  const [x, weights, bias, y] = args as Args<4>;
  const window = args.slice(4, 16);
  const [filters, activation] = args.slice(16) as Args<2>;
  // Sums in float64 whatever the memory holds, so that the oracle is better than what it judges.
  convolve(f, x, weights, window, filters).forEach((sum, i) => {
    f[y + i] = activate(sum + (bias ? f[bias + (i % filters)]! : 0), activation);
  });
};

const conv2dInputGradient: Kernel = ({ floats: f }, args) => {
  const [dy, weights, dx] = args as Args<3>;
  const window = args.slice(3, 15);
  const channels = window[3]!;
  const filters = args[15]!;
  const sums = new Float64Array(pixels(window).inputs * channels);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const row = weights + (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++)
        sums[input * channels + c]! += f[dy + output * filters + k]! * f[row + k]!;
    }
  });
  f.set(sums, dx);
};

const conv2dWeightGradient: Kernel = ({ floats: f }, args) => {
  const [x, dy, dweights] = args as Args<3>;
  const window = args.slice(3, 15);
  const [, , , channels, kernelHeight, kernelWidth] = window as Args<12>;
  const filters = args[15]!;
  const sums = new Float64Array(kernelHeight * kernelWidth * channels * filters);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = f[x + input * channels + c]!;
      const row = (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) sums[row + k]! += value * f[dy + output * filters + k]!;
    }
  });
  f.set(sums, dweights);
};

const biasGradient: Kernel = ({ floats: f }, args) => {
  const [dy, dbias, rows, columns] = args as Args<4>;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += f[dy + i * columns + j]!;
    f[dbias + j] = sum;
  }
};

const activationGradient: Kernel = ({ floats: f }, args) => {
  const [y, dy, dz, size, activation] = args as Args<5>;
  for (let i = 0; i < size; i++) f[dz + i] = f[dy + i]! * activationSlope(f[y + i]!, activation);
};

const maxPool2d: Kernel = ({ floats: f }, args) => {
  const [x, y] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  f.fill(Number.NEGATIVE_INFINITY, y, y + pixels(window).outputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      const at = y + output * channels + c;
      f[at] = Math.max(f[at]!, f[x + input * channels + c]!);
    }
  });
};

const maxPool2dGradient: Kernel = ({ floats: f }, args) => {
  const [x, y, dy, dx] = args as Args<4>;
  const window = args.slice(4);
  const channels = window[3]!;
  const { inputs, outputs } = pixels(window);
  const given = new Uint8Array(outputs * channels);
  f.fill(0, dx, dx + inputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      const at = output * channels + c;
      if (given[at] || f[x + input * channels + c] !== f[y + at]) continue;
      given[at] = 1;
      f[dx + input * channels + c]! += f[dy + at]!;
    }
  });
};

/** The convolution itself, before bias and activation, in float64: [n, outputHeight, outputWidth, filters]. */
function convolve(
  f: Floats,
  x: number,
  weights: number,
  window: readonly number[],
  filters: number,
): Float64Array {
  const channels = window[3]!;
  const sums = new Float64Array(pixels(window).outputs * filters);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = f[x + input * channels + c]!;
      const row = weights + (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) sums[output * filters + k]! += value * f[row + k]!;
    }
  });
  return sums;
}

/** Calls `visit` for every cell of what 2x2 pooling makes of `window`'s output: its index and that of its first pixel. */
function eachPooled(
  window: readonly number[],
  filters: number,
  visit: (cell: number, corner: number, filter: number) => void,
): void {
  const [n, , , , , , , , , , outputHeight, outputWidth] = window as Args<12>;
  let cell = 0;
  for (let image = 0; image < n; image++) {
    for (let y = 0; y + 1 < outputHeight; y += 2) {
      for (let x = 0; x + 1 < outputWidth; x += 2) {
        const corner = (image * outputHeight + y) * outputWidth + x;
        for (let filter = 0; filter < filters; filter++) visit(cell++, corner, filter);
      }
    }
  }
}

const NO_WINNER = 4;

const conv2dMaxPool: Kernel = ({ floats: f, ints }, args) => {
  const [x, weights, , bias, y, winners] = args as Args<6>;
  const window = args.slice(6, 18);
  const [filters, activation] = args.slice(18) as Args<2>;
  const outputWidth = window[11]!;
  const sums = convolve(f, x, weights, window, filters);
  eachPooled(window, filters, (cell, corner, filter) => {
    const four = [corner, corner + 1, corner + outputWidth, corner + outputWidth + 1];
    const values = four.map((pixel) => sums[pixel * filters + filter]! + (bias ? f[bias + filter]! : 0));
    const largest = Math.max(...values);
    f[y + cell] = activate(largest, activation);
    if (!winners) return;
    const isFlat = activation === Activation.Relu && largest <= 0;
    ints[winners + cell] = isFlat ? NO_WINNER : Math.max(values.indexOf(largest), 0);
  });
};

const conv2dMaxPoolGradient: Kernel = (cells, args) => {
  const { floats: f, ints } = cells;
  const [x, weights, dy, winners, dweights, dbias, dx] = args as Args<7>;
  const window = args.slice(8, 20);
  const [, , , channels, kernelHeight, kernelWidth] = window as Args<12>;
  const filters = args[20]!;
  const outputWidth = window[11]!;
  const dz = new Float64Array(pixels(window).outputs * filters);
  const biases = new Float64Array(filters);
  eachPooled(window, filters, (cell, corner, filter) => {
    const winner = ints[winners + cell]!;
    if (winner === NO_WINNER) return;
    const pixel = corner + (winner >> 1) * outputWidth + (winner & 1);
    dz[pixel * filters + filter] = f[dy + cell]!;
    biases[filter]! += f[dy + cell]!;
  });
  const weightSums = new Float64Array(kernelHeight * kernelWidth * channels * filters);
  const inputSums = new Float64Array(pixels(window).inputs * channels);
  eachTap(window, (output, input, tap) => {
    for (let c = 0; c < channels; c++) {
      const row = (tap * channels + c) * filters;
      for (let k = 0; k < filters; k++) {
        const gradient = dz[output * filters + k]!;
        weightSums[row + k]! += f[x + input * channels + c]! * gradient;
        inputSums[input * channels + c]! += f[weights + row + k]! * gradient;
      }
    }
  });
  f.set(weightSums, dweights);
  if (dbias) f.set(biases, dbias);
  if (dx) f.set(inputSums, dx);
};

/** How many input pixels, padding left out, each output pixel's window covers. */
function tapCounts(window: readonly number[]): Int32Array {
  const counts = new Int32Array(pixels(window).outputs);
  eachTap(window, (output) => {
    counts[output]!++;
  });
  return counts;
}

const avgPool2d: Kernel = ({ floats: f }, args) => {
  const [x, y] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  const counts = tapCounts(window);
  const sums = new Float64Array(counts.length * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) sums[output * channels + c]! += f[x + input * channels + c]!;
  });
  sums.forEach((sum, at) => {
    f[y + at] = sum / counts[Math.floor(at / channels)]!;
  });
};

const avgPool2dGradient: Kernel = ({ floats: f }, args) => {
  const [dy, dx] = args as Args<2>;
  const window = args.slice(2);
  const channels = window[3]!;
  const counts = tapCounts(window);
  const sums = new Float64Array(pixels(window).inputs * channels);
  eachTap(window, (output, input) => {
    for (let c = 0; c < channels; c++) {
      sums[input * channels + c]! += f[dy + output * channels + c]! / counts[output]!;
    }
  });
  f.set(sums, dx);
};

/** Whether dropout keeps element `index`. */
function dropoutMask({ floats, ints }: Cells, rateAt: number, randomState: number, salt: number) {
  const rate = Math.fround(floats[rateAt]!);
  const key = mix(ints[randomState]! ^ mix(ints[randomState + 1]! ^ mix(salt)));
  const threshold = Math.floor(rate * 2 ** 32);
  return { keep: 1 - rate, keeps: (index: number) => mix(index ^ key) >= threshold };
}

const dropout: Kernel = (cells, args) => {
  const [x, y, rate, randomState, salt, size] = args as Args<6>;
  const { keep, keeps } = dropoutMask(cells, rate, randomState, salt);
  const { floats: f } = cells;
  for (let i = 0; i < size; i++) f[y + i] = keeps(i) ? f[x + i]! / keep : 0;
};

const dense: Kernel = (cells, args) => {
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

const sparseDense: Kernel = (cells, args) => {
  const [x, weights, , bias, y, , rows, units, inputs, activation] = args as Args<10>;
  dense(cells, [x, weights, bias, y, rows, units, inputs, activation, 0, 0, 0, 0]);
};

const denseGradient: Kernel = ({ floats: f }, args) => {
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

function softmaxRow(f: Floats, from: number, to: number, columns: number): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < columns; j++) largest = Math.max(largest, f[from + j]!);
  let sum = 0;
  for (let j = 0; j < columns; j++) sum += Math.exp(f[from + j]! - largest);
  for (let j = 0; j < columns; j++) f[to + j] = Math.exp(f[from + j]! - largest) / sum;
}

const softmax: Kernel = ({ floats: f }, args) => {
  const [x, y, rows, columns] = args as Args<4>;
  for (let i = 0; i < rows; i++) softmaxRow(f, x + i * columns, y + i * columns, columns);
};

const softmaxCrossEntropy: Kernel = ({ floats: f, ints }, args) => {
  const [logits, labels, probabilities, losses, dlogits, rows, columns, smoothingBits] = args as Args<8>;
  const smoothing = floatOfBits(smoothingBits);
  const target = (j: number, label: number) => (j === label ? 1 - smoothing : 0) + smoothing / columns;
  for (let i = 0; i < rows; i++) {
    const row = logits + i * columns;
    const label = ints[labels + i]!;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++) largest = Math.max(largest, f[row + j]!);
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += Math.exp(f[row + j]! - largest);
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

const meanSquaredError: Kernel = ({ floats: f, ints }, args) => {
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

const sumSquares: Kernel = ({ floats: f }, args) => {
  const [x, sums, size] = args as Args<3>;
  for (let run = 0; run * SUM_RUN < size; run++) {
    let sum = 0;
    for (let i = run * SUM_RUN; i < Math.min(size, (run + 1) * SUM_RUN); i++) sum += f[x + i]! * f[x + i]!;
    f[sums + run] = sum;
  }
};

const sgd: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, hyper, size, decay] = args as Args<5>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    f[parameter + i]! -= f[hyper + Hyper.LearningRate]! * g;
  }
};

const momentum: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, velocity, hyper, size, decay] = args as Args<6>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const rate = f[hyper + Hyper.LearningRate]!;
  const mu = f[hyper + Hyper.Momentum]!;
  const nesterov = f[hyper + Hyper.Nesterov]! !== 0;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    const v = mu * f[velocity + i]! + g;
    f[velocity + i] = v;
    f[parameter + i]! -= rate * (nesterov ? g + mu * v : v);
  }
};

const rmsProp: Kernel = ({ floats: f }, args) => {
  const [parameter, gradient, meanSquare, velocity, hyper, size, decay] = args as Args<7>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const rate = f[hyper + Hyper.LearningRate]!;
  const rho = f[hyper + Hyper.Rho]!;
  for (let i = 0; i < size; i++) {
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + weightDecay * f[parameter + i]!;
    const square = rho * f[meanSquare + i]! + (1 - rho) * g * g;
    const step = (rate * g) / Math.sqrt(square + f[hyper + Hyper.Epsilon]!);
    const v = f[hyper + Hyper.Momentum]! * f[velocity + i]! + step;
    f[meanSquare + i] = square;
    f[velocity + i] = v;
    f[parameter + i]! -= v;
  }
};

function adamUpdate(f: Floats, args: readonly number[], decoupled: boolean): void {
  const [parameter, gradient, m, v, hyper, size, decay] = args as Args<7>;
  const weightDecay = decay ? f[hyper + Hyper.WeightDecay]! : 0;
  const beta1 = f[hyper + Hyper.Momentum]!;
  const beta2 = f[hyper + Hyper.Rho]!;
  for (let i = 0; i < size; i++) {
    const w = f[parameter + i]!;
    const g = f[hyper + Hyper.GradientScale]! * f[gradient + i]! + (decoupled ? 0 : weightDecay * w);
    const mean = beta1 * f[m + i]! + (1 - beta1) * g;
    const square = beta2 * f[v + i]! + (1 - beta2) * g * g;
    f[m + i] = mean;
    f[v + i] = square;
    const shrunk = decoupled ? w - f[hyper + Hyper.LearningRate]! * weightDecay * w : w;
    f[parameter + i] =
      shrunk - (f[hyper + Hyper.StepSize]! * mean) / (Math.sqrt(square) + f[hyper + Hyper.Epsilon]!);
  }
}

const scalePixels: Kernel = ({ floats: f, ints }, args) => {
  const [pixels, x, scaleBits, offsetBits, size] = args as Args<5>;
  const [scale, offset] = [floatOfBits(scaleBits), floatOfBits(offsetBits)];
  const bytes = new Uint8Array(ints.buffer, pixels * 4, size);
  for (let i = 0; i < size; i++) f[x + i] = bytes[i]! * scale + offset;
};

const average: Kernel = ({ floats: f }, args) => {
  const [parameter, mean, rate, size] = args as Args<4>;
  for (let i = 0; i < size; i++) f[mean + i]! += f[rate]! * (f[parameter + i]! - f[mean + i]!);
};

const kernels: ReadonlyMap<number, Kernel> = new Map([
  [Opcode.Dense, dense],
  [Opcode.DenseGradient, denseGradient],
  [Opcode.Conv2d, conv2d],
  [Opcode.Conv2dInputGradient, conv2dInputGradient],
  [Opcode.Conv2dWeightGradient, conv2dWeightGradient],
  [Opcode.BiasGradient, biasGradient],
  [Opcode.ActivationGradient, activationGradient],
  [Opcode.MaxPool2d, maxPool2d],
  [Opcode.MaxPool2dGradient, maxPool2dGradient],
  [Opcode.AvgPool2d, avgPool2d],
  [Opcode.AvgPool2dGradient, avgPool2dGradient],
  [Opcode.Dropout, dropout],
  [Opcode.Softmax, softmax],
  [Opcode.SoftmaxCrossEntropy, softmaxCrossEntropy],
  [Opcode.MeanSquaredError, meanSquaredError],
  [Opcode.SumSquares, sumSquares],
  [Opcode.Sgd, sgd],
  [Opcode.Momentum, momentum],
  [Opcode.RmsProp, rmsProp],
  [Opcode.Adam, ({ floats }, args) => adamUpdate(floats, args, false)],
  [Opcode.Conv2dMaxPool, conv2dMaxPool],
  [Opcode.Conv2dMaxPoolGradient, conv2dMaxPoolGradient],
  // The reference multiplies with the weights themselves.
  [Opcode.WinogradWeights, () => {}],
  [Opcode.DensePanels, () => {}],
  [Opcode.SparseDense, sparseDense],
  [Opcode.ScalePixels, scalePixels],
  [Opcode.Augment, augment],
  [Opcode.Average, average],
  [Opcode.AdamW, ({ floats }, args) => adamUpdate(floats, args, true)],
  [Opcode.BatchNorm, batchNorm],
  [Opcode.BatchNormGradient, batchNormGradient],
  [Opcode.BatchNormInference, batchNormInference],
  [Opcode.FoldBatchNorm, foldBatchNorm],
]);

/** Runs the program that begins at cell `program`: see {@link Opcode} for how it is written. */
export function runReference(cells: Cells, program: number): void {
  let at = program;
  for (;;) {
    const opcode = cells.ints[at]!;
    if (opcode === Opcode.End) return;
    const count = cells.ints[at + 1]!;
    const kernel = kernels.get(opcode);
    if (!kernel) throw new Error(`no reference kernel for opcode ${opcode}`);
    kernel(cells, Array.from(cells.ints.subarray(at + 2, at + 2 + count)));
    at += 2 + count;
  }
}
