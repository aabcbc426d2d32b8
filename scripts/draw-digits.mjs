// Draws digits as people write them and photographs them, for pictures that are not MNIST's (docs/drawn-digits.md):
// node scripts/draw-digits.mjs drawn --seed 1 --count 500
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { drawDigit } = await jiti.import("./draw-digits/drawDigit.ts");
const { encoded, fileName } = await jiti.import("./draw-digits/encode.ts");

const usage = `node scripts/draw-digits.mjs <folder> [options]

Writes <folder>/0 .. <folder>/9 with PNG and JPEG pictures, for mnist prepare --images <folder>.

  --seed <number>   1 (default) to choose by, 2 to report on
  --count <number>  of pictures (default: 500), as many of each digit
  --group <group>   scan or photo (default: both, in turn)
  --sheet <file>    instead of a folder: one PNG of the first pictures`;

const { values, fail, wholeNumber, oneFolder } = commandLine(usage, {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "500" },
  group: { type: "string" },
  sheet: { type: "string" },
});
const seed = wholeNumber("seed");
const count = wholeNumber("count");
const { group, sheet } = values;
if (group !== undefined && group !== "scan" && group !== "photo") {
  fail(`--group: expected scan or photo, found ${group}`);
}

if (sheet !== undefined) {
  const { contactSheet } = await jiti.import("./draw-digits/contactSheet.ts");
  const drawn = Array.from({ length: count }, (_, index) => drawDigit(seed, index, group));
  writeFileSync(sheet, await contactSheet(drawn));
} else {
  const folder = oneFolder();
  for (let digit = 0; digit < 10; digit++) {
    mkdirSync(join(folder, String(digit)), { recursive: true });
    // What an earlier run left would be taken for this one's.
    if (readdirSync(join(folder, String(digit))).length > 0)
      fail(`${join(folder, String(digit))}: is not empty`);
  }
  for (let index = 0; index < count; index++) {
    const drawn = drawDigit(seed, index, group);
    writeFileSync(join(folder, String(drawn.digit), fileName(index, drawn)), await encoded(drawn));
  }
}
