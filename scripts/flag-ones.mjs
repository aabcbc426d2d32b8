// Writes MNIST with flags drawn on every second of its 1s that are plain bars, as data to train on (docs/training.md):
// node scripts/flag-ones.mjs data/flagged --seed 1
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { createRandom } = await jiti.import("../src/core/random.ts");
const { prepareDataset } = await jiti.import("../src/prepare.ts");
const { outputFolder } = await jiti.import("../src/node/outputFolder.ts");
const { readDigits } = await jiti.import("./compose-pages/digits.ts");
const { flagged } = await jiti.import("./flag-ones/flagged.ts");

const usage = `node scripts/flag-ones.mjs <folder> [options]

Writes flagged_train.tfrecord, MNIST's training images but for those that a training with this seed would hold out, and behind
them 1s with flags; and flagged_test.tfrecord, the 5,000 held out:

  mnist train --data <folder> --validation-data <folder>/flagged_test.tfrecord

  --seed <number>  which images are held out, and how the flags are drawn (default: 1)
  --data <folder>  where mnist prepare wrote MNIST (default: data/mnist)`;

const { values, wholeNumber, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  data: { type: "string", default: "data/mnist" },
});
const seed = wholeNumber("seed");
const folder = oneFolder();

const written = await readDigits(values.data, "train", seed);
const heldOut = await readDigits(values.data, "validation", seed);
const random = createRandom(seed);
const flags = [];
for (const [i, label] of written.labels.entries()) {
  if (label !== 1 || random.uniform() < 0.5) continue;
  const one = flagged(written.images.subarray(i * 784, (i + 1) * 784), random);
  if (one !== undefined) flags.push(one);
}
const train = {
  count: written.labels.length + flags.length,
  images: Buffer.concat([written.images, ...flags]),
  labels: Buffer.concat([written.labels, new Uint8Array(flags.length).fill(1)]),
};
const test = { count: heldOut.labels.length, ...heldOut };
await prepareDataset({
  name: "flagged",
  load: async () => ({ origin: "MNIST, and 1s of it with flags", train, test }),
  source: `seed ${seed}`,
  output: outputFolder(folder),
});
console.log(
  `${folder}: ${train.count} images to train on, ${flags.length} of them 1s with flags; ${test.count} held out`,
);
