// Draws digits as people write them and photographs them, for pictures that are not MNIST's (docs/drawn-digits.md):
// node scripts/draw-digits.mjs drawn --seed 1 --count 500
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createJiti } from "jiti";

const jiti = createJiti(import.meta.url);
const { drawDigit } = await jiti.import("./draw-digits/drawDigit.ts");
const { encoded, fileName } = await jiti.import("./draw-digits/encode.ts");

const usage = `node scripts/draw-digits.mjs <folder> [options]

Writes <folder>/0 .. <folder>/9 with PNG and JPEG pictures, for mnist prepare --images <folder>.

  --seed <number>   1 (default) to choose by, 2 to report on
  --count <number>  of pictures (default: 500), as many of each digit
  --group <group>   scan or photo (default: both, in turn)
  --sheet <file>    instead of a folder: one PNG of the first pictures`;

function fail(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(1);
}

function wholeNumber(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    fail(`--${name}: expected a whole number above 0, found ${text}`);
  return value;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        count: { type: "string", default: "500" },
        group: { type: "string" },
        sheet: { type: "string" },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

const { values, positionals } = parse();
const seed = wholeNumber("seed", values.seed);
const count = wholeNumber("count", values.count);
const { group, sheet } = values;
if (group !== undefined && group !== "scan" && group !== "photo") {
  fail(`--group: expected scan or photo, found ${group}`);
}

if (sheet !== undefined) {
  const { contactSheet } = await jiti.import("./draw-digits/contactSheet.ts");
  const drawn = Array.from({ length: count }, (_, index) => drawDigit(seed, index, group));
  writeFileSync(sheet, await contactSheet(drawn));
} else {
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0) fail("expected one folder to write to");
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
