// Makes docs/pages/*.jpg: composed pages with MNIST test digits, a sheet of words, and what `mnist predict` reads on them (docs/pages.md).
// Needs the built command and data/mnist; run with `node scripts/make-gallery.mjs`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import sharp from "sharp";

const jiti = createJiti(import.meta.url);
const { composePage, writePage } = await jiti.import("./compose-pages/composePage.ts");
const { readDigits } = await jiti.import("./compose-pages/digits.ts");
const { createRandom } = await jiti.import("../src/core/random.ts");
const { encoded } = await jiti.import("./draw-digits/encode.ts");
const { writtenPage } = await jiti.import("./draw-letters/writtenPage.ts");

const root = fileURLToPath(new URL("../", import.meta.url));
const output = join(root, "docs", "pages");
const command = join(root, "dist", "cli", "main.js");
const seed = 2;
const longestSide = 900;
const mostBytes = 120_000;

const heights = ({ digits }) => digits.map(({ box }) => box.height).sort((a, b) => a - b);

/** The first page that looks like this is shown, however it is read. */
const gallery = {
  ruled: ({ paper, digits }) => paper === "ruled" && digits.length > 12,
  squared: ({ paper, shadow }) => paper === "squared" && shadow === "hard",
  board: ({ paper, digits }) => paper === "board" && digits.length > 12,
  desk: ({ desk, paper }) => desk && paper === "plain",
  sizes: (truth) => heights(truth).at(-1) > 2.8 * heights(truth)[0] && truth.paper === "plain",
  pencil: ({ pen, shadow }) => pen === "pencil" && shadow === "soft",
};

/** Digits smaller than this part of the picture are not seen in a small one. */
const leastShare = 0.035;

function firstPage(digits, looksRight) {
  for (let index = 0; ; index++) {
    const options = { seed, index, kind: "page" };
    const { truth } = writePage(digits, options);
    const isSeen = truth.size / Math.max(truth.width, truth.height) >= leastShare;
    if (isSeen && looksRight(truth)) return composePage(digits, options);
  }
}

/** The picture as a JPEG, as good as its size allows. */
async function small(path) {
  const picture = sharp(path).resize(longestSide, longestSide, { fit: "inside" });
  for (let quality = 85; ; quality -= 5) {
    const bytes = await picture.clone().jpeg({ quality, mozjpeg: true }).toBuffer();
    if (bytes.length < mostBytes) return bytes;
  }
}

const digits = await readDigits(join(root, "data", "mnist"), "test");
const folder = mkdtempSync(join(tmpdir(), "mnist-gallery-"));

/** Writes the picture with what is read on it. */
async function show(name, picture) {
  const page = join(folder, `${name}.jpg`);
  const read = join(folder, `${name}-read.png`);
  writeFileSync(page, await encoded(picture));
  execFileSync(process.execPath, [command, "predict", page, "--annotate", read], { stdio: "ignore" });
  writeFileSync(join(output, `${name}.jpg`), await small(read));
}

try {
  mkdirSync(output, { recursive: true });
  for (const [name, looksRight] of Object.entries(gallery)) {
    const { pixels, truth } = firstPage(digits, looksRight);
    const { width, height, quality = 90 } = truth;
    await show(name, { pixels, width, height, quality });
    console.log(`${name}: ${truth.text.replaceAll("\n", " / ")}`);
  }
  const words = ["NR 42", "HELP", "TAXE 1750", "MANN 8 6", "PARK 93"];
  const { width, height, data } = writtenPage(words, createRandom(5));
  await show("words", { pixels: data, width, height, quality: 90 });
  console.log(`words: ${words.join(" / ")}`);
} finally {
  rmSync(folder, { recursive: true });
}
