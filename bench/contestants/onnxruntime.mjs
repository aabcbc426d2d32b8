// onnxruntime-node on our own export: `node onnxruntime.mjs <threads>`. Prediction only.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import ort from "onnxruntime-node";
import { answerWith, readImages, timed } from "./answer.mjs";

const threads = Number(process.argv[2]);
const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");
let session;
let feeds;

await answerWith({
  describe: () => ({ name: "onnxruntime-node", version, threads }),

  async preparePrediction({ onnx, data, batchSize }) {
    await session?.release();
    session = await ort.InferenceSession.create(readFileSync(onnx), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
    });
    const { images, count } = readImages(data, batchSize);
    feeds = { images: new ort.Tensor("float32", Float32Array.from(images), [count, 1, 28, 28]) };
  },

  predict: async ({ repetitions }) => ({
    seconds: await timed(repetitions, () => session.run(feeds, ["probabilities"])),
  }),

  async probabilities() {
    const { probabilities } = await session.run(feeds, ["probabilities"]);
    return { values: [...probabilities.data] };
  },
});
