import { gaussianWeights } from "../../src/core/gaussian.ts";
import { AUGMENT_CELLS, Augment, SUM_RUN } from "../../src/engine/kernels/opcodes.ts";
import { activationGradient } from "../../src/engine/operations/activation.ts";
import {
  biasGradient,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
} from "../../src/engine/operations/conv2d.ts";
import { dropout } from "../../src/engine/operations/dropout.ts";
import { type LossName, loss, softmax } from "../../src/engine/operations/losses.ts";
import { average, sumSquares, type UpdateName, update } from "../../src/engine/operations/optimizers.ts";
import { augment } from "../../src/engine/operations/pixels.ts";
import { type PoolKind, pool2d, pool2dGradient } from "../../src/engine/operations/pool2d.ts";
import type { Window } from "../../src/engine/operations/window.ts";
import type { Cell, Source, Trial } from "./support.ts";

// Trials of each operation: random contents for shapes that the test chooses. All outputs are compared. Those of
// dense layers and of convolutions that are pooled at once have files of their own.

export const activations = ["linear", "relu", "tanh", "sigmoid"] as const;

/** The sizes of a convolution's tensors; the batch has room for one image more than a run has. */
export function convolutionSizes(window: Window, filters: number, images: number) {
  const { kernelHeight, kernelWidth, channels } = window;
  return {
    x: [images, window.height, window.width, channels],
    y: [images, window.outputHeight, window.outputWidth, filters],
    weights: [kernelHeight, kernelWidth, channels, filters],
    fanIn: kernelHeight * kernelWidth * channels,
  };
}

export function filled(s: Source, shape: readonly number[], scale = 1): Cell {
  return {
    shape,
    floats: s.normals(
      shape.reduce((a, b) => a * b, 1),
      scale,
    ),
  };
}

export function conv2dTrial(s: Source, window: Window, filters: number, images: number): Trial {
  const sizes = convolutionSizes(window, filters, images + 1);
  const activation = s.pick(...activations);
  const withBias = s.pick(true, false);
  return {
    tensors: {
      x: filled(s, sizes.x),
      weights: filled(s, sizes.weights, 1 / Math.sqrt(sizes.fanIn)),
      bias: filled(s, [filters]),
      y: { shape: sizes.y },
    },
    operation: (t) =>
      conv2d({
        x: t("x"),
        weights: t("weights"),
        ...(withBias && { bias: t("bias") }),
        y: t("y"),
        window,
        filters,
        activation,
      }),
    results: ["y"],
    images,
  };
}

export function conv2dInputGradientTrial(s: Source, window: Window, filters: number, images: number): Trial {
  const sizes = convolutionSizes(window, filters, images + 1);
  return {
    tensors: { dy: filled(s, sizes.y), weights: filled(s, sizes.weights), dx: { shape: sizes.x } },
    operation: (t) =>
      conv2dInputGradient({ dy: t("dy"), weights: t("weights"), dx: t("dx"), window, filters }),
    results: ["dx"],
    images,
  };
}

export function conv2dWeightGradientTrial(s: Source, window: Window, filters: number, images: number): Trial {
  const sizes = convolutionSizes(window, filters, images + 1);
  return {
    tensors: { x: filled(s, sizes.x), dy: filled(s, sizes.y), dweights: { shape: sizes.weights } },
    operation: (t) =>
      conv2dWeightGradient({ x: t("x"), dy: t("dy"), dweights: t("dweights"), window, filters }),
    results: ["dweights"],
    images,
  };
}

export function poolTrial(s: Source, kind: PoolKind, window: Window, images: number): Trial {
  const { x, y } = convolutionSizes(window, window.channels, images + 1);
  return {
    tensors: { x: filled(s, x), y: { shape: y } },
    operation: (t) => pool2d(kind, { x: t("x"), y: t("y"), window }),
    results: ["y"],
    images,
  };
}

/** The largest of each window, computed here so that a trial of the gradient stands by itself. */
function windowMaxima(x: ArrayLike<number>, window: Window, images: number): Float32Array {
  const { height, width, channels, outputHeight, outputWidth } = window;
  const y = new Float32Array(images * outputHeight * outputWidth * channels).fill(Number.NEGATIVE_INFINITY);
  y.forEach((_, at) => {
    const c = at % channels;
    const ox = Math.floor(at / channels) % outputWidth;
    const oy = Math.floor(at / channels / outputWidth) % outputHeight;
    const image = Math.floor(at / channels / outputWidth / outputHeight);
    for (let ky = 0; ky < window.kernelHeight; ky++) {
      for (let kx = 0; kx < window.kernelWidth; kx++) {
        const iy = oy * window.strideHeight + ky - window.paddingTop;
        const ix = ox * window.strideWidth + kx - window.paddingLeft;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        y[at] = Math.max(y[at] ?? 0, x[((image * height + iy) * width + ix) * channels + c] ?? 0);
      }
    }
  });
  return y;
}

export function poolGradientTrial(s: Source, kind: PoolKind, window: Window, images: number): Trial {
  const sizes = convolutionSizes(window, window.channels, images + 1);
  // Few levels make equal maxima, of which only the first gets the gradient.
  const x = s.levels(sizes.x.reduce((a, b) => a * b, 1));
  return {
    tensors: {
      x: { shape: sizes.x, floats: x },
      y: { shape: sizes.y, floats: windowMaxima(x, window, images + 1) },
      dy: filled(s, sizes.y),
      dx: { shape: sizes.x },
    },
    operation: (t) => pool2dGradient(kind, { x: t("x"), y: t("y"), dy: t("dy"), dx: t("dx"), window }),
    results: ["dx"],
    images,
  };
}

export function biasGradientTrial(s: Source, rows: number, columns: number): Trial {
  return {
    tensors: { dy: filled(s, [rows, columns]), dbias: { shape: [columns] } },
    operation: (t) => biasGradient({ dy: t("dy"), dbias: t("dbias"), rows, columns }),
    results: ["dbias"],
  };
}

export function activationGradientTrial(s: Source, size: number, inPlace: boolean): Trial {
  const activation = s.pick(...activations);
  return {
    tensors: { y: filled(s, [size], 0.5), dy: filled(s, [size]), dz: { shape: [size] } },
    operation: (t) =>
      activationGradient({ y: t("y"), dy: t("dy"), dz: t(inPlace ? "dy" : "dz"), size, activation }),
    results: ["dy", "dz"],
  };
}

export function dropoutTrial(s: Source, size: number, rate: number): Trial {
  const salt = s.between(0, 99);
  return {
    tensors: {
      x: filled(s, [size]),
      y: { shape: [size] },
      rate: { shape: [1], floats: [rate] },
      randomState: { shape: [2], ints: [s.random.uint32() | 0, s.random.uint32() | 0] },
    },
    operation: (t) =>
      dropout({
        x: t("x"),
        y: t("y"),
        rate: t("rate"),
        randomState: t("randomState"),
        salt,
        size,
      }),
    results: ["y"],
  };
}

export function softmaxTrial(s: Source, rows: number, columns: number): Trial {
  return {
    tensors: { x: filled(s, [rows, columns], s.pick(0.1, 3, 40)), y: { shape: [rows, columns] } },
    operation: (t) => softmax({ x: t("x"), y: t("y"), columns }),
    results: ["y"],
    images: rows,
  };
}

export function lossTrial(s: Source, name: LossName, rows: number, columns: number): Trial {
  const withGradient = s.pick(true, true, false);
  const smoothing = s.pick(0, 0, 0.1);
  return {
    tensors: {
      outputs: filled(s, [rows, columns], s.pick(0.1, 3, 20)),
      labels: { shape: [rows], ints: Array.from({ length: rows }, () => s.between(0, columns - 1)) },
      probabilities: { shape: [rows, columns] },
      losses: { shape: [rows] },
      doutputs: { shape: [rows, columns] },
    },
    operation: (t) =>
      loss(name, {
        outputs: t("outputs"),
        labels: t("labels"),
        probabilities: t("probabilities"),
        losses: t("losses"),
        ...(withGradient && { doutputs: t("doutputs") }),
        columns,
        smoothing,
      }),
    results: ["probabilities", "losses", "doutputs"],
    images: rows,
  };
}

export function sumSquaresTrial(s: Source, size: number): Trial {
  return {
    tensors: { x: filled(s, [size]), sums: { shape: [Math.ceil(size / SUM_RUN)] } },
    operation: (t) => sumSquares({ x: t("x"), sums: t("sums") }),
    results: ["sums"],
  };
}

const slots: Readonly<Record<UpdateName, number>> = { sgd: 0, momentum: 1, rmsprop: 2, adam: 2, adamw: 2 };

export function updateTrial(s: Source, name: UpdateName, size: number): Trial {
  const decay = s.pick(true, false);
  // LearningRate, WeightDecay, Momentum, Rho, Epsilon, StepSize, Nesterov, GradientScale
  const hyper = [0.05, 0.01, 0.9, 0.95, 1e-3, 0.04, s.pick(0, 1), s.pick(1, 0.3)];
  // Means of squares are not negative.
  const squares = s.normals(size).map((value) => value * value);
  const slotCells: Cell[] = [
    { shape: [size], floats: name === "rmsprop" ? squares : s.normals(size) },
    { shape: [size], floats: name === "rmsprop" ? s.normals(size) : squares },
  ];
  const names = ["slot0", "slot1"].slice(0, slots[name]);
  return {
    tensors: {
      parameter: filled(s, [size]),
      gradient: filled(s, [size]),
      ...Object.fromEntries(names.map((slot, i) => [slot, slotCells[i] as Cell])),
      hyper: { shape: [hyper.length], floats: hyper },
    },
    operation: (t) =>
      update(name, {
        parameter: t("parameter"),
        gradient: t("gradient"),
        slots: names.map(t),
        hyper: t("hyper"),
        decay,
      }),
    results: ["parameter", ...names],
  };
}

export function averageTrial(s: Source, size: number): Trial {
  return {
    tensors: {
      parameter: filled(s, [size]),
      average: filled(s, [size]),
      rate: { shape: [1], floats: [s.pick(0, 0.01, 1)] },
    },
    operation: (t) => average({ parameter: t("parameter"), average: t("average"), rate: t("rate") }),
    results: ["average"],
  };
}

/** Images of random pixels under every distortion at once, or under none of some. */
export function augmentTrial(s: Source, images: number, height: number, width: number): Trial {
  const taps = gaussianWeights(s.pick(0.5, 1.3, 4));
  const rows = Array.from({ length: images }, () => [
    ...s.normals(4, 0.7), // turned and scaled far more than in training
    ...s.normals(2, 4),
    s.pick(0, 30),
    s.pick(0, -0.7, 0.4),
    s.pick(0, 0.5),
    s.pick(1, 0.6),
    s.pick(0, 0.2),
    s.pick(0, 0.1),
    0,
  ]);
  const keys = rows.map(() => s.random.uint32() | 0);
  const bytes = Uint8Array.from({ length: 4 * Math.ceil((images * height * width) / 4) }, () =>
    s.between(0, 255),
  );
  // Numbers and whole numbers share the cells of a row.
  const cells = Float32Array.from(rows.flat());
  const bits = new Int32Array(cells.buffer);
  keys.forEach((key, i) => {
    bits[i * AUGMENT_CELLS + Augment.Key] = key;
  });
  return {
    tensors: {
      pixels: { shape: [bytes.length / 4], ints: new Int32Array(bytes.buffer) },
      x: { shape: [images, height, width] },
      parameters: { shape: [images, AUGMENT_CELLS], floats: cells, ints: bits },
      taps: { shape: [taps.length], floats: taps },
    },
    operation: (t) =>
      augment({
        ...{ pixels: t("pixels"), x: t("x"), parameters: t("parameters"), taps: t("taps") },
        ...{ scale: 1 / 128, offset: -1, height, width },
      }),
    results: ["x"],
    images,
  };
}
