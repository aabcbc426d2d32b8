// Reads the pictures that scripts/draw-digits.mjs wrote and says how many were read right, by group, pen, paper,
// size and style (docs/drawn-digits.md): node scripts/measure-digits.mjs drawn --sheet mistakes.png
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const usage = `node scripts/measure-digits.mjs <folder> [options]

  --checkpoint <file>  a model of your own in place of the shipped one
  --sheet <file>       writes a PNG of the mistakes`;

const { values, oneFolder } = commandLine(usage, {
  checkpoint: { type: "string" },
  sheet: { type: "string" },
});
const folder = oneFolder();

const jiti = createJiti(import.meta.url);
const { loadModel, predict } = await jiti.import("../src/node.ts");
const { mistakesSheet } = await jiti.import("./draw-digits/mistakesSheet.ts");

/** A picture that was read: what it shows, what was answered, and whatever it may be sorted by. */
async function readPicture(model, digit, name) {
  const [, style, pen, paper, group] = /^\d+-([^.]+)\.([^.]+)\.([^.]+)\.([^.]+)\.(?:png|jpg)$/.exec(name);
  const path = join(folder, String(digit), name);
  const bytes = readFileSync(path);
  const answer = await predict(model, bytes, { name: path, single: true }).then(
    ({ digits }) => digits[0],
    (error) => {
      if (error.code !== "BAD_IMAGE") throw error;
      return { digit: undefined, confidence: 0, pixels: new Uint8Array(784) };
    },
  );
  const isRight = answer.digit === digit;
  return { digit, name, bytes, answer, isRight, keys: { group, pen, paper, style: `${digit} ${style}` } };
}

const model = await loadModel({
  threads: 1,
  ...(values.checkpoint !== undefined && { weights: values.checkpoint }),
});
const read = [];
for (let digit = 0; digit < 10; digit++) {
  for (const name of readdirSync(join(folder, String(digit))).sort()) {
    read.push(await readPicture(model, digit, name));
  }
}
model.close();

function printShares(title, keyOf) {
  const tally = new Map();
  for (const one of read) {
    const key = keyOf(one);
    const { right, all } = tally.get(key) ?? { right: 0, all: 0 };
    tally.set(key, { right: right + Number(one.isRight), all: all + 1 });
  }
  console.log(`\n${title}`);
  for (const [key, { right, all }] of [...tally].sort()) {
    const share = ((100 * right) / all).toFixed(1).padStart(6);
    console.log(`  ${key.padEnd(28)}${share} %  ${String(right).padStart(5)} of ${all}`);
  }
}

printShares("all", () => "");
printShares("group", ({ keys }) => keys.group);
printShares("pen", ({ keys }) => `${keys.group} ${keys.pen}`);
printShares("paper", ({ keys }) => `${keys.group} ${keys.paper}`);
printShares("style", ({ keys }) => keys.style);

const mistakes = read.filter(({ isRight }) => !isRight);
if (values.sheet !== undefined) writeFileSync(values.sheet, await mistakesSheet(mistakes));
