// Writes letters and digits as a hand draws them and a reader sees them, to tell them apart (models/README.md):
// node scripts/draw-letters.mjs data/letters
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { createRandom } = await jiti.import("../src/core/random.ts");
const { loadKernels } = await jiti.import("../src/image/kernels.ts");
const { prepareDataset } = await jiti.import("../src/prepare.ts");
const { outputFolder } = await jiti.import("../src/node/outputFolder.ts");
const { parts: network } = await jiti.import("../src/lenet.ts");
const { skeletons } = await jiti.import("./draw-digits/skeletons.ts");
const { letters } = await jiti.import("./draw-letters/letters.ts");
const { shapeOfDrawing } = await jiti.import("./draw-letters/shapeOfDrawing.ts");

const usage = `node scripts/draw-letters.mjs <folder> [options]

Writes letters_train.tfrecord, two letters to a digit, and letters_test.tfrecord, a twentieth as many, of which each is written in
a way that is not in the other:

  mnist train --preset parts --data data/parts --data <folder>

  --seed <number>   of the chance in it (default: 1)
  --count <number>  to train on (default: 60000)`;

const { wholeNumber, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "60000" },
});
const seed = wholeNumber("seed");
const count = wholeNumber("count");
const folder = oneFolder();

/** Their label. */
const LETTER = network.classes.indexOf("letter");

await loadKernels();
const random = createRandom(seed);

/** Drawings in the ways of writing that `styles` leaves of each letter's and digit's. */
function drawings(howMany, styles) {
  const images = [];
  const labels = [];
  for (let i = 0; images.length < howMany; i++) {
    const isLetter = i % 3 > 0;
    const of = isLetter ? letters : skeletons;
    const which = random.below(of.length);
    const ways = styles(of[which]);
    const pixels = shapeOfDrawing(ways[random.below(ways.length)], random);
    if (pixels === undefined) continue;
    images.push(pixels);
    labels.push(isLetter ? LETTER : which);
  }
  return { count: images.length, images: Buffer.concat(images), labels: Uint8Array.from(labels) };
}

const train = drawings(count, (ways) => ways.slice(0, -1));
const test = drawings(Math.ceil(count / 20), (ways) => ways.slice(-1));
await prepareDataset({
  name: "letters",
  classNames: network.classes,
  load: async () => ({ origin: "letters and digits that a program draws", train, test }),
  source: `seed ${seed}, ${count} drawings`,
  output: outputFolder(folder),
});
console.log(`${folder}: ${train.count} drawings to train on, ${test.count} to judge by`);
