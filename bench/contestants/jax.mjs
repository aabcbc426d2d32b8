// jax-js on its WebAssembly backend. Training only, and without Adam's correction of its first steps and without dropout:
// less work than the others do.
import { createRequire } from "node:module";
import { init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { answerWith, readImages, timed } from "./answer.mjs";

const { version } = createRequire(import.meta.url)("../node_modules/@jax-js/jax/package.json");
let training;

/** First weights: any will do for a timing, as long as nothing overflows. */
function weightsOf(shape) {
  const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: size }, (_, i) => (Math.sin(i * 1.7) * 1.4) / Math.sqrt(fanIn));
  return np.array(data).reshape(shape);
}

/** `definition` as parameters and a function from them and NCHW images to logits; dropout is left out. */
function build({ input, layers }) {
  let [height, width, channels] = input.shape;
  let units = height * width * channels;
  const parameters = [];
  const steps = [];
  for (const layer of layers) {
    const at = parameters.length;
    const activate = (x) => (layer.activation === "relu" ? nn.relu(x) : x);
    if (layer.type === "conv2d") {
      const { filters, kernelSize: k, padding = "valid" } = layer;
      parameters.push(weightsOf([filters, channels, k, k]), np.zeros([1, filters, 1, 1]));
      steps.push((p, x) => activate(lax.conv(x, p[at], [1, 1], padding.toUpperCase()).add(p[at + 1])));
      channels = filters;
      if (padding === "valid") [height, width] = [height - k + 1, width - k + 1];
    } else if (layer.type === "maxPool2d") {
      const k = layer.poolSize;
      height /= k;
      width /= k;
      const shape = [-1, channels, height, k, width, k];
      steps.push((_, x) => np.max(x.reshape(shape), [3, 5]));
    } else if (layer.type === "flatten") {
      units = height * width * channels;
      steps.push((_, x) => x.reshape([-1, height * width * channels]));
    } else if (layer.type === "dense") {
      parameters.push(weightsOf([layer.units, units]), np.zeros([layer.units]));
      steps.push((p, x) => activate(np.dot(x, p[at].transpose()).add(p[at + 1])));
      units = layer.units;
    } else if (layer.type !== "dropout") throw new Error(`jax-js: no ${layer.type} in this comparison`);
  }
  return { parameters, logits: (p, x) => steps.reduce((y, step) => step(p, y), x) };
}

await answerWith({
  async describe() {
    await init("wasm");
    return { name: "jax-js wasm", version };
  },

  prepareTraining({ definition, batchSize, optimizer, learningRate, data }) {
    const { images, labels } = readImages(data, batchSize);
    const scaled = Float32Array.from(
      images,
      (pixel) => pixel * definition.input.scale + definition.input.offset,
    );
    const oneHot = new Float32Array(batchSize * 10);
    labels.forEach((label, i) => {
      oneHot[i * 10 + label] = 1;
    });
    const { parameters, logits } = build(definition);
    const loss = (p, x, y) =>
      nn
        .logSoftmax(logits(p, x), -1)
        .mul(y)
        .sum()
        .mul(-1 / batchSize);
    const gradient = valueAndGrad(loss);
    const { beta1, beta2, epsilon } = optimizer;
    const step = jit((state, x, y) => {
      const [value, gradients] = gradient(
        state.map(([p]) => p.ref),
        x,
        y,
      );
      const next = state.map(([p, m, v], i) => {
        const g = gradients[i];
        const m2 = m.mul(beta1).add(g.ref.mul(1 - beta1));
        const v2 = v.mul(beta2).add(g.ref.mul(g).mul(1 - beta2));
        const change = m2.ref.div(np.sqrt(v2.ref).add(epsilon)).mul(learningRate);
        return [p.sub(change), m2, v2];
      });
      return [value, next];
    });
    training = {
      x: np.array(scaled).reshape([batchSize, 1, 28, 28]),
      y: np.array(oneHot).reshape([batchSize, 10]),
      state: parameters.map((p) => [p, np.zeros(p.shape), np.zeros(p.shape)]),
      step,
    };
  },

  async train({ steps }) {
    let loss;
    const seconds = await timed(steps, async () => {
      const [value, state] = training.step(training.state, training.x.ref, training.y.ref);
      training.state = state;
      loss = (await value.data())[0];
    });
    return { seconds, loss };
  },
});
