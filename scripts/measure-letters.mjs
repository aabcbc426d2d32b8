// Draws letters and signs in ways that nothing was trained on, photographs them, and says how many are read as digits
// (docs/pictures.md): node scripts/measure-letters.mjs --seed 2 --count 600
import { createJiti } from "jiti";
import { loadModel, predict } from "../dist/node.js";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { drawDigit } = await jiti.import("./draw-digits/drawDigit.ts");
const { encoded } = await jiti.import("./draw-digits/encode.ts");
const { letters } = await jiti.import("./draw-letters/letters.ts");

const usage = `node scripts/measure-letters.mjs [options]

  --seed <number>   1 (default) to choose by, 2 to report on
  --count <number>  of pictures (default: 300), as many of each letter`;

const { positionals, fail, wholeNumber } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "300" },
});
if (positionals.length > 0) fail("expected no file: the pictures are drawn");
const [seed, count] = [wholeNumber("seed"), wholeNumber("count")];

const untaught = letters.map((ways) => ways.slice(-1));
const model = await loadModel();
const read = new Map();
let asDigits = 0;
for (let index = 0; index < count; index++) {
  const drawn = drawDigit(seed, index, undefined, untaught);
  const { text } = await predict(model, await encoded(drawn)).catch((error) => {
    if (error.code !== "BAD_IMAGE") throw error;
    return { text: "" };
  });
  const digits = text.replace(/\D/g, "");
  const letter = drawn.style.replace(/\d+$/, "");
  const { all, texts } = read.get(letter) ?? { all: 0, texts: [] };
  read.set(letter, { all: all + 1, texts: digits === "" ? texts : [...texts, digits] });
  asDigits += Number(digits !== "");
}
model.close();

for (const [letter, { all, texts }] of read) {
  console.log(`${letter.padEnd(6)} ${String(texts.length).padStart(3)} of ${all}  ${texts.join(" ")}`);
}
console.log(`read as digits: ${asDigits} of ${count}, ${((100 * asDigits) / count).toFixed(1)} %`);
