// Makes test/export: small networks of every layer and padding, each as a checkpoint, with onnxruntime's answers to the
// ONNX file that the checkpoint becomes: `npm run build && npm ci --prefix bench && node bench/export-vectors.mjs`.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import ort from "onnxruntime-node";
import { encodeCheckpoint } from "../dist/checkpoint.js";
import { fullName } from "../dist/nn/network.js";
import {
  avgPool2d,
  batchNormalization,
  buildNetwork,
  conv2d,
  createEngine,
  decodeCheckpoint,
  defaultTrainingConfig,
  dense,
  dropout,
  exportOnnx,
  flatten,
  maxPool2d,
} from "../dist/node.js";

const folder = new URL("../test/export/", import.meta.url);
const COUNT = 3;

const networks = {
  layers: {
    name: "Layers",
    input: { shape: [9, 7, 2], scale: 1 / 128, offset: -1 },
    classes: ["a", "b", "c", "d"],
    layers: [
      // An even kernel over an odd length: SAME pads more after the image than before it.
      conv2d({
        name: "c1",
        filters: 5,
        kernelSize: [4, 3],
        strides: [2, 1],
        padding: "same",
        useBias: false,
      }),
      avgPool2d({ name: "p1", poolSize: 3, strides: 2, padding: "same" }), // [3, 4, 5]
      conv2d({ name: "c2", filters: 6, kernelSize: 2, activation: "tanh" }), // [2, 3, 6]
      maxPool2d({ name: "p2", poolSize: 2, strides: 1, padding: "same" }),
      conv2d({ name: "c3", filters: 3, kernelSize: 1, activation: "relu" }), // [2, 3, 3]
      flatten({ name: "flat" }),
      dropout({ name: "drop", rate: 0.5 }),
      dense({ name: "d1", units: 8, activation: "sigmoid" }),
      dense({ name: "logits", units: 4, useBias: false }),
    ],
  },
  normalized: {
    name: "Normalized",
    input: { shape: [6, 5, 1], scale: 1 / 128, offset: -1 },
    classes: ["a", "b", "c", "d"],
    layers: [
      conv2d({ name: "c1", filters: 3, kernelSize: 3, padding: "same", useBias: false }),
      batchNormalization({ name: "b1", activation: "relu" }),
      conv2d({ name: "c2", filters: 4, kernelSize: 2, activation: "tanh" }), // [5, 4, 4]
      batchNormalization({ name: "b2", scale: false, epsilon: 0.1 }),
      maxPool2d({ name: "p2", poolSize: 2 }), // [2, 2, 4]
      flatten({ name: "flat" }),
      // Of the flattened pixels, which ONNX has in another order.
      batchNormalization({ name: "b3", center: false }),
      dense({ name: "d1", units: 5, useBias: false }),
      batchNormalization({ name: "b4", activation: "sigmoid" }),
      dense({ name: "logits", units: 4 }),
    ],
  },
  convolutional: {
    name: "Convolutional",
    input: { shape: [6, 4, 1], scale: 1 / 255, offset: 0 },
    classes: ["a", "b", "c", "d", "e", "f"],
    layers: [
      conv2d({ name: "c1", filters: 3, kernelSize: 3 }), // [4, 2, 3]
      maxPool2d({ name: "p1", poolSize: 2 }), // [2, 1, 3]
      flatten({ name: "flat" }), // the logits: nothing follows whose weights could be put in order
    ],
  },
  calibrated: {
    name: "Calibrated",
    input: { shape: [3, 3, 1], scale: 1 / 64, offset: 0 },
    classes: ["a", "b", "c"],
    layers: [flatten({ name: "flat" }), dense({ name: "logits", units: 3 })],
  },
};
const calibrations = { calibrated: { temperature: 1.75 } };

for (const [name, definition] of Object.entries(networks)) {
  const engine = await createEngine({ variant: "reference" });
  const network = buildNetwork(definition);
  const parameters = new Map(
    network.parameters.map((one) => [
      fullName(network, one),
      engine.allocate(fullName(network, one), one.shape),
    ]),
  );
  let n = 0;
  for (const one of parameters.values()) {
    engine.floats(one).forEach((_, i, values) => {
      // No two alike, so that no two may change places; a variance is not negative.
      values[i] = Math.sin(++n * 1.7) * 0.6 + (one.name.endsWith("variance") ? 0.7 : 0);
    });
  }
  const progress = { step: 0 };
  const checkpoint = encodeCheckpoint(engine, parameters, {
    definition,
    config: defaultTrainingConfig,
    progress,
    calibration: calibrations[name],
  });
  const onnx = exportOnnx(decodeCheckpoint(checkpoint, name), name);

  const [height, width, channels] = definition.input.shape;
  const images = Uint8Array.from(
    { length: COUNT * height * width * channels },
    (_, i) => (i * 89 + 41) % 256,
  );
  const nchw = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) {
    const [image, pixel, channel] = [
      Math.floor(i / (height * width * channels)),
      Math.floor(i / channels) % (height * width),
      i % channels,
    ];
    nchw[(image * channels + channel) * height * width + pixel] = images[i];
  }
  const session = await ort.InferenceSession.create(onnx);
  const feeds = { images: new ort.Tensor("float32", nchw, [COUNT, channels, height, width]) };
  const { probabilities } = await session.run(feeds);
  writeFileSync(new URL(`${name}.safetensors`, folder), checkpoint);
  const vectors = {
    about:
      "what onnxruntime answers to the ONNX file of the checkpoint beside; made by bench/export-vectors.mjs",
    onnxSha256: createHash("sha256").update(onnx).digest("hex"),
    images: [...images],
    probabilities: [...probabilities.data],
  };
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(vectors)}\n`);
}
