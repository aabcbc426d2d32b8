// Writes digits of MNIST as a reader of pages sees them: composed on pages, photographed, found and normalised again, as
// data to train on (docs/training.md): node scripts/photograph-digits.mjs data/photographed
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { prepareDataset } = await jiti.import("../src/prepare.ts");
const { outputFolder } = await jiti.import("../src/node/outputFolder.ts");

const usage = `node scripts/photograph-digits.mjs <folder> [options]

Writes photographed_train.tfrecord, of MNIST's training images but for the 5,000 that the shipped models held out, and
photographed_test.tfrecord, of these:

  mnist train --data data/mnist --data <folder> --validation-data <folder>/photographed_test.tfrecord

  --seed <number>   of the pages; not those that are measured by (default: 101)
  --pages <number>  to train on, of some 25 digits (default: 2400), a twentieth as many to judge by
  --data <folder>   where mnist prepare wrote MNIST (default: data/mnist)`;

const { values, wholeNumber, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "101" },
  pages: { type: "string", default: "2400" },
  data: { type: "string", default: "data/mnist" },
});
const seed = wholeNumber("seed");
const pages = wholeNumber("pages");
const folder = oneFolder();

const worker = fileURLToPath(new URL("photograph-digits/worker.mjs", import.meta.url));

/** The digits of all pages in order, however many processes there are. */
async function digitsOf(split, count) {
  const found = [];
  let next = 0;
  async function work() {
    const child = fork(worker, [values.data, split, String(seed)], { serialization: "advanced" });
    const gone = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`a process ended with ${code}`)),
    );
    gone.catch(() => {});
    const answer = async () => (await Promise.race([once(child, "message"), gone]))[0];
    await answer();
    while (next < count) {
      const index = next++;
      child.send(index);
      found[index] = await answer();
      if (process.stderr.isTTY) process.stderr.write(`\r${split}: ${next} of ${count} pages`);
    }
    child.disconnect();
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const digits = found.flat();
  return {
    count: digits.length,
    images: Buffer.concat(digits.map(({ pixels }) => pixels)),
    labels: Uint8Array.from(digits, ({ label }) => label),
  };
}

const train = await digitsOf("train", pages);
const test = await digitsOf("validation", Math.ceil(pages / 20));
await prepareDataset({
  name: "photographed",
  load: async () => ({ origin: "digits of MNIST, found on photographs of pages", train, test }),
  source: `seed ${seed}, ${pages} pages`,
  output: outputFolder(folder),
});
console.log(`${folder}: ${train.count} digits to train on, ${test.count} to judge by`);
