// Writes digits that touch, cut as a reader of a page cuts them: which parts are digits, and which are none (models/README.md):
// node scripts/compose-parts.mjs data/parts --seed 1
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { createRandom } = await jiti.import("../src/core/random.ts");
const { prepareDataset } = await jiti.import("../src/prepare.ts");
const { outputFolder } = await jiti.import("../src/node/outputFolder.ts");
const { parts: network } = await jiti.import("../src/lenet.ts");
const { readDigits } = await jiti.import("./compose-pages/digits.ts");
const { lineOfInk } = await jiti.import("./compose-parts/lineOfInk.ts");
const { NONE, partsOfLine } = await jiti.import("./compose-parts/partsOfLine.ts");

const usage = `node scripts/compose-parts.mjs <folder> [options]

Writes parts_train.tfrecord, of MNIST's training images but for the 5,000 that the shipped models held out, and
parts_test.tfrecord, of these:

  mnist train --preset parts --data <folder> --validation-data <folder>/parts_test.tfrecord

  --seed <number>   of the chance in it (default: 1)
  --count <number>  of lines to train on (default: 36000), a twentieth as many to judge by
  --data <folder>   where mnist prepare wrote MNIST (default: data/mnist)`;

const { values, wholeNumber, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "36000" },
  data: { type: "string", default: "data/mnist" },
});
const seed = wholeNumber("seed");
const count = wholeNumber("count");
const folder = oneFolder();

/** There are ten times as many parts that are no digit as digits; so many of them are kept. */
const KEPT = 0.3;

const random = createRandom(seed);

async function partsOf(split, lines) {
  const digits = await readDigits(values.data, split);
  const images = [];
  const labels = [];
  for (let i = 0; i < lines; i++) {
    // As many lines of one digit as of two and of three: one that stands alone is what mostly is cut for nothing.
    for (const { label, pixels } of partsOfLine(lineOfInk(digits, 1 + (i % 3), random))) {
      if (label === NONE && random.uniform() > KEPT) continue;
      images.push(pixels);
      labels.push(label);
    }
  }
  return { count: labels.length, images: Buffer.concat(images), labels: Uint8Array.from(labels) };
}

const train = await partsOf("train", count);
const test = await partsOf("validation", Math.ceil(count / 20));
await prepareDataset({
  name: "parts",
  classNames: network.classes,
  load: async () => ({ origin: "digits of MNIST that touch, in parts", train, test }),
  source: `seed ${seed}, ${count} lines`,
  output: outputFolder(folder),
});
const none = train.labels.reduce((sum, label) => sum + Number(label === NONE), 0);
console.log(
  `${folder}: ${train.count} parts to train on, ${none} of them no digit; ${test.count} to judge by`,
);
