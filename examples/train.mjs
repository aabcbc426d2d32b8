// Trains LeNet-5 for an epoch with the library alone: npx mnist prepare, then node examples/train.mjs
import { createEngine, defaultTrainingConfig, fileSource, lenet5, train } from "mnist-classification";

const engine = await createEngine();
const events = train({
  engine,
  definition: lenet5,
  config: { ...defaultTrainingConfig, epochs: 1, learningRate: 0.002 },
  sources: [fileSource("data/mnist/mnist_train.tfrecord")],
  checkpointEvery: 1000,
});
for await (const event of events) {
  if (event.type === "step" && event.step % 100 === 0)
    console.log(`step ${event.step}: loss ${event.loss.toFixed(4)}`);
  if (event.type === "evaluation") console.log(`accuracy ${event.metrics.accuracy} on the held-out images`);
}
engine.close();
