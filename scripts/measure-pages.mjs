// Reads the pages that scripts/compose-pages.mjs wrote and says what was read right, digit by digit and page by page
// (docs/pages.md): node scripts/measure-pages.mjs pages --sheet mistakes.png
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import { loadModel, predict } from "../dist/node.js";
import { commandLine } from "./commandLine.mjs";

const jiti = createJiti(import.meta.url);
const { matched } = await jiti.import("./measure-pages/match.ts");
const { byFeature, isRight, quantile, tallyOf } = await jiti.import("./measure-pages/tally.ts");
const { mistakesSheet } = await jiti.import("./measure-pages/mistakesSheet.ts");

const usage = `node scripts/measure-pages.mjs <folder…> [options]

  --checkpoint <file>  a model of your own in place of the shipped one
  --sheet <file>       writes a PNG of the mistakes
  --json               prints JSON and nothing else`;

const {
  values,
  positionals: folders,
  fail,
} = commandLine(usage, {
  checkpoint: { type: "string" },
  sheet: { type: "string" },
  json: { type: "boolean", default: false },
});
if (folders.length === 0) fail("expected a folder to read from");

/** Decodes and reads a page; one where nothing is found is a page with no digits. */
async function readPage(model, path) {
  const truth = JSON.parse(readFileSync(path.replace(/\.\w+$/, ".json"), "utf8"));
  const start = performance.now();
  const { digits, text } = await predict(model, path).catch((error) => {
    if (error.code !== "BAD_IMAGE") throw error;
    return { digits: [], text: "" };
  });
  const milliseconds = performance.now() - start;
  return { path, truth, text, milliseconds, matched: matched(truth.digits, digits) };
}

const model = await loadModel(values.checkpoint === undefined ? {} : { weights: values.checkpoint });
const pages = [];
for (const folder of folders) {
  const names = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => /\.(?:jpg|png)$/.test(name));
  if (names.length === 0) fail(`${folder}: expected pages, found none`);
  for (const name of names.sort()) pages.push(await readPage(model, join(folder, name)));
}
model.close();

const times = pages.map(({ milliseconds }) => milliseconds);
const result = {
  ...tallyOf(pages),
  milliseconds: { median: quantile(times, 0.5), p95: quantile(times, 0.95), most: Math.max(...times) },
  features: byFeature(pages),
  wrong: pages
    .filter((page) => !isRight(page))
    .map(({ path, truth, text }) => ({ path, truth: truth.text, text })),
};

function percent(part, all) {
  return `${((100 * part) / Math.max(1, all)).toFixed(2)} %`.padStart(9);
}

function printAll() {
  const { digits, right, misread, rejected, missed, extra, marks, milliseconds } = result;
  const rows = [
    ["digits found and read right", right, digits],
    ["  misread", misread, digits],
    ["  found, but taken for no digit", rejected, digits],
    ["  missed", missed, digits],
    ["digits read where there are none", extra, digits],
    ["marks taken for no digit (?)", marks, digits],
    ["pages without any error", result.pagesRight, result.pages],
    ["  right digits in another order", result.pagesInOtherOrder, result.pages],
  ];
  for (const [title, part, all] of rows) {
    console.log(`${title.padEnd(36)}${percent(part, all)}  ${String(part).padStart(5)} of ${all}`);
  }
  const [median, p95, most] = [milliseconds.median, milliseconds.p95, milliseconds.most].map(Math.round);
  console.log(`time for a page, ms                   median ${median}, 95 % below ${p95}, at most ${most}`);
  for (const [name, tallies] of Object.entries(result.features)) {
    console.log(
      `\n${name.padEnd(20)}${"pages".padStart(6)}${"no error".padStart(11)}${"digits right".padStart(15)}`,
    );
    for (const [value, tally] of Object.entries(tallies)) {
      const pagesRight = percent(tally.pagesRight, tally.pages).padStart(11);
      const digitsRight = percent(tally.right, tally.digits).padStart(15);
      console.log(`  ${value.padEnd(18)}${String(tally.pages).padStart(6)}${pagesRight}${digitsRight}`);
    }
  }
  console.log(result.wrong.length === 0 ? "\nno page with an error" : "\npages with an error");
  for (const { path, truth, text } of result.wrong) {
    console.log(
      `  ${path}\n    is   ${truth.replaceAll("\n", " / ")}\n    read ${text.replaceAll("\n", " / ")}`,
    );
  }
}

if (values.sheet !== undefined) writeFileSync(values.sheet, await mistakesSheet(pages));
if (values.json) console.log(JSON.stringify(result, undefined, 2));
else printAll();
