/**
 * The networks of this project. Change a number here and it changes for training, validation, prediction and export
 * at once; nothing else knows a size. A checkpoint carries the definition that it was trained with.
 */
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type ModelDefinition,
  maxPool2d,
} from "./nn/definition.ts";

const classes = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** MNIST's pixels, 0..255, as TF-slim scales them: (x - 128) / 128. */
const input = { shape: [28, 28, 1], scale: 1 / 128, offset: -1 } as const;

const truncatedNormal = { kernelInitializer: { truncatedNormal: 0.1 } } as const;

/** TF-slim's LeNet (`nets/lenet.py`): 3,274,634 parameters. */
export const lenet: ModelDefinition = {
  name: "LeNet",
  input,
  classes,
  layers: [
    // [n, 28, 28, 1]
    conv2d({
      name: "conv1",
      filters: 32,
      kernelSize: 5,
      padding: "same",
      activation: "relu",
      ...truncatedNormal,
    }), // [n, 28, 28, 32]
    maxPool2d({ name: "pool1", poolSize: 2 }), // [n, 14, 14, 32]
    conv2d({
      name: "conv2",
      filters: 64,
      kernelSize: 5,
      padding: "same",
      activation: "relu",
      ...truncatedNormal,
    }), // [n, 14, 14, 64]
    maxPool2d({ name: "pool2", poolSize: 2 }), // [n, 7, 7, 64]
    flatten({ name: "Flatten" }), // [n, 3136]
    dense({ name: "fc3", units: 1024, activation: "relu", ...truncatedNormal }), // [n, 1024]
    dropout({ name: "dropout3", rate: 0.5 }), // [n, 1024]
    dense({ name: "fc4", units: classes.length, ...truncatedNormal }), // [n, 10]
  ],
};

/**
 * LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998) in its modern form: ReLU, max pooling, every map of S2 feeding
 * every map of C3. The paper's 32x32 input is the 28x28 image with a border of 2, which `same` does in C1.
 * 61,706 parameters.
 */
export const lenet5: ModelDefinition = {
  name: "LeNet5",
  input,
  classes,
  layers: [
    // [n, 28, 28, 1]
    conv2d({
      name: "C1",
      filters: 6,
      kernelSize: 5,
      padding: "same",
      activation: "relu",
      kernelInitializer: "heNormal",
    }), // [n, 28, 28, 6]
    maxPool2d({ name: "S2", poolSize: 2 }), // [n, 14, 14, 6]
    conv2d({ name: "C3", filters: 16, kernelSize: 5, activation: "relu", kernelInitializer: "heNormal" }), // [n, 10, 10, 16]
    maxPool2d({ name: "S4", poolSize: 2 }), // [n, 5, 5, 16]
    flatten({ name: "Flatten" }), // [n, 400]
    dense({ name: "C5", units: 120, activation: "relu", kernelInitializer: "heNormal" }), // [n, 120]
    dense({ name: "F6", units: 84, activation: "relu", kernelInitializer: "heNormal" }), // [n, 84]
    dense({ name: "Output", units: classes.length }), // [n, 10]
  ],
};

/**
 * A small network of LeNet's kind for `--preset fast`: eight filters fill the vectors of the first layer, 32 make the
 * second worth its time. 110,458 parameters.
 */
export const fast: ModelDefinition = {
  name: "Fast",
  input,
  classes,
  layers: [
    // [n, 28, 28, 1]
    conv2d({
      name: "conv1",
      filters: 8,
      kernelSize: 5,
      padding: "same",
      activation: "relu",
      kernelInitializer: "heNormal",
    }), // [n, 28, 28, 8]
    maxPool2d({ name: "pool1", poolSize: 2 }), // [n, 14, 14, 8]
    conv2d({ name: "conv2", filters: 32, kernelSize: 5, activation: "relu", kernelInitializer: "heNormal" }), // [n, 10, 10, 32]
    maxPool2d({ name: "pool2", poolSize: 2 }), // [n, 5, 5, 32]
    flatten({ name: "Flatten" }), // [n, 800]
    dense({ name: "fc3", units: 128, activation: "relu", kernelInitializer: "heNormal" }), // [n, 128]
    dense({ name: "fc4", units: classes.length }), // [n, 10]
  ],
};

const normalized = { useBias: false, kernelInitializer: "heNormal" } as const;
const threes = { kernelSize: 3, padding: "same", ...normalized } as const;

/**
 * A network for `--preset best`: convolutions in pairs, each normalised, after VGG (Simonyan and Zisserman, 2015). The
 * first kernel, of 5x5, leaves 24x24 pixels: these and their halves are whole tiles of 6x6, which is what the 3x3 kernels
 * are computed in. 436,394 parameters.
 */
export const best: ModelDefinition = {
  name: "Best",
  input,
  classes,
  layers: [
    // [n, 28, 28, 1]
    conv2d({ name: "conv1", filters: 32, kernelSize: 5, ...normalized }), // [n, 24, 24, 32]
    batchNormalization({ name: "norm1", activation: "relu" }),
    conv2d({ name: "conv2", filters: 32, ...threes }),
    batchNormalization({ name: "norm2", activation: "relu" }),
    maxPool2d({ name: "pool2", poolSize: 2 }), // [n, 12, 12, 32]
    conv2d({ name: "conv3", filters: 64, ...threes }), // [n, 12, 12, 64]
    batchNormalization({ name: "norm3", activation: "relu" }),
    conv2d({ name: "conv4", filters: 64, ...threes }),
    batchNormalization({ name: "norm4", activation: "relu" }),
    maxPool2d({ name: "pool4", poolSize: 2 }), // [n, 6, 6, 64]
    conv2d({ name: "conv5", filters: 128, ...threes }), // [n, 6, 6, 128]
    batchNormalization({ name: "norm5", activation: "relu" }),
    conv2d({ name: "conv6", filters: 128, ...threes }),
    batchNormalization({ name: "norm6", activation: "relu" }),
    maxPool2d({ name: "pool6", poolSize: 2 }), // [n, 3, 3, 128]
    flatten({ name: "Flatten" }), // [n, 1152]
    dense({ name: "fc7", units: 128, ...normalized }), // [n, 128]
    batchNormalization({ name: "norm7", activation: "relu" }),
    dropout({ name: "dropout7", rate: 0.4 }),
    dense({ name: "fc8", units: classes.length }), // [n, 10]
  ],
};

/**
 * LeNet-5 with two classes more: `none`, a part of a digit or several of them, and `letter`. It judges where digits that touch may
 * be cut, and what on a page is no digit.
 */
export const parts: ModelDefinition = {
  ...lenet5,
  name: "Parts",
  classes: [...classes, "none", "letter"],
  layers: [...lenet5.layers.slice(0, -1), dense({ name: "Output", units: classes.length + 2 })],
};

/** The networks by the name that `--model` takes. */
export const models = { lenet, lenet5, fast, best, parts } as const;
