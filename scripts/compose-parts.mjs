// Writes digits that touch, in parts as a reader of a page would look at: digits, and what is none (docs/training.md):
// node scripts/compose-parts.mjs data/parts --seed 1
import { parseArgs } from "node:util";
import { createJiti } from "jiti";

const jiti = createJiti(import.meta.url);
const { createRandom } = await jiti.import("../src/core/random.ts");
const { prepareDataset } = await jiti.import("../src/prepare.ts");
const { outputFolder } = await jiti.import("../src/node/outputFolder.ts");
const { models } = await jiti.import("../src/lenet.ts");
const { readDigits } = await jiti.import("./compose-pages/digits.ts");
const { lineOfInk } = await jiti.import("./compose-parts/lineOfInk.ts");
const { NONE, partsOfLine } = await jiti.import("./compose-parts/partsOfLine.ts");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "16000" },
    data: { type: "string", default: "data/mnist" },
  },
});
const random = createRandom(Number(values.seed));
async function parts(split, count) {
  const digits = await readDigits(values.data, split);
  const images = [];
  const labels = [];
  for (let i = 0; i < count; i++) {
    // 1, 2 or 3 digits, as many of each: a single one is what mostly is cut for nothing.
    for (const { label, pixels } of partsOfLine(lineOfInk(digits, 1 + (i % 3), random))) {
      if (label === NONE && random.uniform() > 0.3) continue; // there are ten times as many
      images.push(pixels);
      labels.push(label);
    }
  }
  return { count: labels.length, images: Buffer.concat(images), labels: Uint8Array.from(labels) };
}
const train = await parts("train", Number(values.count));
const test = await parts("validation", Number(values.count) / 20);
await prepareDataset({
  name: "parts",
  classNames: ["zero","one","two","three","four","five","six","seven","eight","nine","none"],
  load: async () => ({ origin: "digits of MNIST that touch, in parts", train, test }),
  output: outputFolder(positionals[0]),
});
const none = train.labels.reduce((n, l) => n + Number(l === NONE), 0);
console.log(train.count, none, test.count);
