// TensorFlow.js' core with its WebAssembly backend, on the graph that the checkpoint defines. Prediction only: the
// backend has no gradient of a convolution's weights; in Node it has no threads.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { decodeCheckpoint } from "../../dist/node.js";
import { answerWith, readImages, timed } from "./answer.mjs";

const require = createRequire(import.meta.url);
const { version } = require("@tensorflow/tfjs-core/package.json");
setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), sep));
let forward;
let input;

const activations = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
};

/** The network as one function from pixels to probabilities, its weights uploaded. */
function build({ definition, tensors }) {
  const weightsOf = (layer) =>
    ["weights", "biases"].map((kind) => {
      const found = tensors.get(`${definition.name}/${layer.name}/${kind}`);
      if (!found) return undefined;
      const tensor = tf.tensor(Float32Array.from(found.data), found.shape);
      // [units, inputs] as the checkpoint has it; the backend is fast, and right, only the other way round.
      return layer.type === "dense" && kind === "weights" ? tf.transpose(tensor) : tensor;
    });
  const steps = definition.layers.map((layer) => {
    const { padding = "valid", activation = "linear" } = layer;
    const [weights, biases] = weightsOf(layer);
    const finish = (y) => activations[activation](biases ? tf.add(y, biases) : y);
    switch (layer.type) {
      case "conv2d":
        if (activation === "relu" || activation === "linear") {
          const fused = { x: undefined, filter: weights, strides: layer.strides ?? 1, pad: padding };
          return (x) => tf.fused.conv2d({ ...fused, x, bias: biases, activation });
        }
        return (x) => finish(tf.conv2d(x, weights, layer.strides ?? 1, padding));
      case "maxPool2d":
        return (x) => tf.maxPool(x, layer.poolSize, layer.strides ?? layer.poolSize, padding);
      case "avgPool2d":
        return (x) => tf.avgPool(x, layer.poolSize, layer.strides ?? layer.poolSize, padding);
      case "flatten":
        return (x) => tf.reshape(x, [x.shape[0], -1]);
      case "dense":
        return (x) =>
          activation === "tanh" || activation === "sigmoid"
            ? finish(tf.matMul(x, weights))
            : tf.fused.matMul({ a: x, b: weights, bias: biases, activation });
      default:
        return (x) => x;
    }
  });
  const { scale, offset } = definition.input;
  return (pixels) =>
    tf.tidy(() =>
      tf.softmax(steps.reduce((x, step) => step(x), tf.add(tf.mul(pixels, scale), offset))).dataSync(),
    );
}

await answerWith({
  async describe() {
    if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js' wasm backend does not start");
    return { name: "TensorFlow.js wasm", version, threads: 1 };
  },

  preparePrediction({ checkpoint, data, batchSize }) {
    tf.disposeVariables();
    input?.dispose();
    const { images, count } = readImages(data, batchSize);
    input = tf.tensor(Float32Array.from(images), [count, 28, 28, 1]);
    forward = build(decodeCheckpoint(readFileSync(checkpoint), checkpoint));
  },

  predict: async ({ repetitions }) => ({ seconds: await timed(repetitions, () => forward(input)) }),

  probabilities: () => ({ values: [...forward(input)] }),
});
