// This project: `node ours.mjs <variant> <threads>`.

import { createTrainingStep } from "../../dist/nn/trainingStep.js";
import { buildNetwork, createEngine, loadModel } from "../../dist/node.js";
import { answerWith, readImages, timed } from "./answer.mjs";

const [variant, threads] = [process.argv[2], Number(process.argv[3])];
let training;
let model;
let batch;

await answerWith({
  async describe() {
    const engine = await createEngine({ variant, threads });
    const about = { name: "mnist-classification", variant: engine.variant, threads: engine.threads };
    engine.close();
    return about;
  },

  async prepareTraining({ definition, batchSize, optimizer, learningRate, data }) {
    training?.engine.close();
    const engine = await createEngine({ variant, threads });
    const options = { batchSize, optimizer, loss: "softmaxCrossEntropy", seed: 1 };
    const step = createTrainingStep(engine, buildNetwork(definition), options);
    training = { engine, step, batchSize, learningRate, data: readImages(data, 6400), done: 0 };
  },

  async train({ steps }) {
    const { engine, step, batchSize, learningRate, data } = training;
    const batches = Math.floor(data.count / batchSize);
    let loss = 0;
    const seconds = await timed(steps, () => {
      const start = (training.done % batches) * batchSize;
      const images = data.images.subarray(start * 784, (start + batchSize) * 784);
      step.loadImages(images, batchSize, 0);
      engine.ints(step.labels).set(data.labels.subarray(start, start + batchSize));
      ({ loss } = step.run({ count: batchSize, step: training.done++, learningRate, weightDecay: 0 }));
    });
    return { seconds, loss };
  },

  async preparePrediction({ checkpoint, data, batchSize }) {
    model?.close();
    model = await loadModel({ weights: checkpoint, variant, threads });
    batch = readImages(data, batchSize).images;
  },

  predict: async ({ repetitions }) => ({ seconds: await timed(repetitions, () => model.classify(batch)) }),

  probabilities: () => ({ values: [...model.classify(batch)] }),
});
