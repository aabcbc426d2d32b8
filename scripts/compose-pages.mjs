// Composes photographs of pages with handwritten digits, and what is on them as JSON (docs/pages.md):
// node scripts/compose-pages.mjs pages --seed 1 --count 100
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { composePage } = await jiti.import("./compose-pages/composePage.ts");
const { readDigits, splits } = await jiti.import("./compose-pages/digits.ts");
const { encoded } = await jiti.import("./draw-digits/encode.ts");

const usage = `node scripts/compose-pages.mjs <folder> [options]

Writes <folder>/0001.jpg (or .png) and <folder>/0001.json, and so on; scripts/measure-pages.mjs reads them.

  --seed <number>   1 (default) to choose by, 2 to report on
  --count <number>  of pictures (default: 100)
  --kind <kind>     page (default): 5 to 40 digits in lines; single: one digit
  --touching <n>    the share of digits that touch the one before them, for a figure of its own (default: 0)
  --split <split>   of MNIST to write with: train, validation (default), test
  --data <folder>   where mnist prepare wrote MNIST (default: data/mnist)
  --format <name>   jpeg or png (default: most JPEG, some PNG)`;

const { values, fail, wholeNumber, choice, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "100" },
  touching: { type: "string", default: "0" },
  kind: { type: "string", default: "page" },
  split: { type: "string", default: "validation" },
  data: { type: "string", default: "data/mnist" },
  format: { type: "string", default: "both" },
});
const seed = wholeNumber("seed");
const count = wholeNumber("count");
const kind = choice("kind", ["page", "single"]);
const split = choice("split", splits);
const touching = Number(values.touching);
if (!(touching >= 0 && touching <= 1)) fail(`--touching: expected 0 to 1, found ${values.touching}`);
const format = choice("format", ["both", "jpeg", "png"]);
const folder = oneFolder();
mkdirSync(folder, { recursive: true });
// What an earlier run left would be taken for this one's.
if (readdirSync(folder).length > 0) fail(`${folder}: is not empty`);

const digits = await readDigits(values.data, split);
for (let index = 0; index < count; index++) {
  const { pixels, truth } = composePage(digits, { seed, index, kind, touching });
  const quality = format === "png" ? undefined : format === "jpeg" ? (truth.quality ?? 90) : truth.quality;
  const name = join(folder, String(index + 1).padStart(4, "0"));
  const { width, height } = truth;
  const bytes = await encoded({ pixels, width, height, quality });
  writeFileSync(`${name}.${quality === undefined ? "png" : "jpg"}`, bytes);
  writeFileSync(`${name}.json`, `${JSON.stringify({ ...truth, quality, seed, split })}\n`);
}
