import { createHash } from "node:crypto";
import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { lenet5 } from "../../src/lenet.ts";
import { hoverScript, hoverScriptHash } from "../../src/report/hover.ts";
import { reportPage } from "../../src/report/page.ts";
import { readReport } from "../../src/report/readReport.ts";
import { realImages } from "../data/realImages.ts";
import { evaluationOf, eventFile, fixtureRun, folderOf, modelFileOf } from "./fixtureRun.ts";

const pageOf = async (files: Readonly<Record<string, Uint8Array>>, name?: string) =>
  reportPage(await readReport(folderOf(files, name)));

/** A section's HTML, by its heading. */
const section = (page: string, title: string) =>
  new RegExp(`<section id="[\\w-]+"><h2>${title}</h2>(.*?)</section>`, "s").exec(page)?.[1] ?? "";

const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);

/** Elements that are not closed in the order of their opening; HTML's void ones and closed ones left out. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  const body = page.replace(/<(style|script)>.*?<\/\1>/gs, "");
  for (const [, close, name = "", end] of body.matchAll(/<(\/?)([a-z][\w-]*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (end || ["meta", "br", "img", "wbr"].includes(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) faults.push(name);
  }
  return [...faults, ...open];
}

describe("the report's page", () => {
  test("has every section of a whole run, each linked", async () => {
    const page = await pageOf(fixtureRun());
    expect(headings(page)).toEqual([
      "Learning",
      "On the test images",
      "On the validation images",
      "Robustness",
      "Time",
      "Model",
      "Configuration",
    ]);
    const links = [...page.matchAll(/<a href="#([\w-]+)">/g)].map(([, id]) => id);
    expect(links).toHaveLength(7);
    for (const id of links) expect(page).toContain(`<section id="${id}">`);
    expect(page).not.toContain("Not in this report");
    expect(unbalanced(page)).toEqual([]);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test("tells the accuracy with its interval, and what it cost", async () => {
    const header = /<header>.*<\/header>/s.exec(await pageOf(fixtureRun()))?.[0] ?? "";
    expect(header).toContain("<h1>LeNet5</h1>");
    expect(header).toContain("87.50<span> %</span>");
    // Wilson's interval of 7 of 8, by hand: 0.7533 ± 0.2242.
    expect(header).toContain("95 % interval 52.91 % to 97.76 %");
    expect(header).toContain("61,706");
    expect(header).toContain("39 s");
    expect(header).toContain("trained on 2023-11-14");
  });

  test("draws curves, a confusion matrix without zeros, and calibration", async () => {
    const page = await pageOf(fixtureRun());
    const learning = section(page, "Learning");
    expect([...learning.matchAll(/<figcaption><b>(.*?)<\/b>/g)].map(([, title]) => title)).toEqual([
      "Loss",
      "Accuracy",
      "Learning rate",
      "Images a second",
    ]);
    expect(learning.match(/<polyline class="line train faint"/g)).toHaveLength(2);
    expect(learning.match(/<circle class="dot held-out"/g)).toHaveLength(4);
    const evaluation = section(page, "On the test images");
    const { labels } = realImages("t10k", 0, 8);
    expect(evaluation.match(/<rect class="right"/g)).toHaveLength(
      new Set([...labels].filter((_, i) => i !== 1)).size,
    );
    expect(evaluation.match(/<rect class="wrong"/g)).toHaveLength(1);
    expect(evaluation).toContain("are taken for three");
    expect(evaluation).toContain("with logits divided by a temperature of 1.250");
    expect(section(page, "On the validation images")).toContain(
      "before a temperature of 1.250 was fitted to these images",
    );
  });

  test("shows mistakes as the pictures they were", async () => {
    const page = section(await pageOf(fixtureRun()), "On the test images");
    const [, base64 = ""] = /src="data:image\/png;base64,([^"]+)"/.exec(page) ?? [];
    const { width, height, data } = decode(Buffer.from(base64, "base64"));
    expect({ width, height }).toEqual({ width: 28, height: 28 });
    expect([...data]).toEqual([...realImages("t10k", 0, 8).images.slice(784, 784 * 2)]);
    expect(page).toContain("<b>three</b> 75.0 %");
    expect(page).toContain(`is ${lenet5.classes[realImages("t10k", 0, 8).labels[1]!]} <small>25.0 %</small>`);
  });

  test("has robustness by severity, the model's layers, and all of the configuration", async () => {
    const page = await pageOf(fixtureRun());
    const robustness = section(page, "Robustness");
    expect(robustness.match(/<th scope="col">severity \d<\/th>/g)).toHaveLength(3);
    expect(robustness).toContain("85.00 %");
    expect(section(page, "Model")).toMatch(/<th scope="row">C3<\/th>.*?10x10x16.*?2,416/s);
    const configuration = section(page, "Configuration");
    for (const [name, value] of [
      ["batchSize", "50"],
      ["optimizer.name", "adam"],
      ["schedule.name", "cosine"],
      ["calibration.temperature", "1.25"],
    ]) {
      expect(configuration).toContain(`<dt>${name}</dt><dd>${value}</dd>`);
    }
  });

  test("loads nothing: every reference is to itself or is data", async () => {
    const page = await pageOf(fixtureRun());
    const references = [...page.matchAll(/(?:src|href|srcset|action|data|poster)\s*=\s*"([^"]*)"/g)].map(
      ([, to]) => to,
    );
    expect(references.length).toBeGreaterThan(8);
    for (const to of references) expect(to).toMatch(/^(#|data:image\/png;base64,)/);
    expect(page).not.toMatch(/https?:|url\(|@import|<link|<iframe|<object|<base|import\(|fetch\(/);
    expect(page).toContain("default-src 'none'");
  });

  test("its policy lets its own script run, and no other", async () => {
    expect(hoverScriptHash).toBe(`sha256-${createHash("sha256").update(hoverScript).digest("base64")}`);
    const page = await pageOf(fixtureRun());
    expect(page).toContain(`script-src '${hoverScriptHash}'`);
    expect(page).toContain(`<script>${hoverScript}</script>`);
    expect(() => new Function(hoverScript)).not.toThrow();
  });

  test("text out of files stays text: names, settings, paths and messages", async () => {
    const evil = `"><img src=x onerror=alert(1)><script>alert('x')</script>`;
    const classes = lenet5.classes.map((name, index) => (index === 3 ? evil : name));
    const config = { optimizer: { name: evil }, [evil]: evil, forged: { html: evil }, batchSize: evil };
    const files = {
      ...fixtureRun(),
      "model.safetensors": modelFileOf({ ...lenet5, classes }, { config }),
      "evaluations/test.json": evaluationOf(evil, classes),
      "evaluations/robustness.json": Buffer.from(evil),
      [`train/${evil}tfevents`]: Buffer.from("damage, longer than a record's header"),
    };
    const page = await pageOf(files, evil);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<img/g)).toHaveLength(2); // a mistake in each evaluation
    expect(page).not.toContain("onerror=alert(1)>");
    expect(unbalanced(page)).toEqual([]);
  });

  test("leaves out what a run does not have, and says how to get it", async () => {
    const page = await pageOf({ "model.safetensors": modelFileOf() });
    expect(headings(page)).toEqual(["Model", "Configuration"]);
    const footer = /<footer>.*<\/footer>/s.exec(page)?.[0] ?? "";
    expect([...footer.matchAll(/<li>(.*?):/g)].map(([, title]) => title)).toEqual([
      "Learning",
      "On the test images",
      "On the validation images",
      "Robustness",
      "Time",
    ]);
    expect(page).toContain("90.00<span> %</span>"); // the best of training, where nothing else was measured
    expect(unbalanced(page)).toEqual([]);
  });

  test.each<[string, Parameters<typeof eventFile>[0], number[]]>([
    ["one step", { loss: () => 0, accuracy: () => 0, learning_rate: () => 0 }, [1]],
    ["a perfect training", { loss: () => 0, accuracy: () => 1 }, [1, 2, 3]],
    ["a loss that grows without bound", { loss: (step) => 10 ** (step * 10) }, [1, 2, 3]],
  ])("draws %s", async (_, tags, steps) => {
    const page = await pageOf({ "train/events.out.tfevents.1.host.1.0": eventFile(tags, steps) });
    expect(headings(page)).toContain("Learning");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(unbalanced(page)).toEqual([]);
  });

  test("tells damage at the top", async () => {
    const files = { ...fixtureRun(), "evaluations/robustness.json": Buffer.from("{") };
    const page = await pageOf(files);
    expect(page).toMatch(/<aside>.*evaluations\/robustness\.json: not JSON.*<\/aside>/s);
    expect(headings(page)).not.toContain("Robustness");
  });

  test("long names of classes stand aslant and are cut; many classes are shown by colour alone", async () => {
    const long = lenet5.classes.map((name, index) => (index === 0 ? "a very long name of a class" : name));
    const aslant = await pageOf({ "evaluations/test.json": evaluationOf("test", long) });
    expect(aslant).toContain('class="matrix aslant"');
    expect(aslant).toContain("a very long n…");
    const many = Array.from({ length: 30 }, (_, index) => `c${index}`);
    const page = await pageOf({ "evaluations/test.json": evaluationOf("test", many) });
    expect(page).toContain('<rect class="wrong"');
    expect(page).not.toContain('<text class="count');
  });
});
