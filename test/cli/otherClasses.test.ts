import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint.ts";
import { greyPngEncoder } from "../../src/formats/png.ts";
import { realDigits } from "../data/smallMnist.ts";
import { createWorkspace, small, type Workspace } from "./workspace.ts";

const names = ["a long name of a class", "bee", "cat"];
const brief = ["--steps", "4", "--batch-size", "16", "--validation-count", "0", "--threads", "1"];

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace({ withData: false });
  const png = greyPngEncoder(28, 28);
  const { images, labels } = realDigits(90);
  for (const name of names) await mkdir(join(workspace.path, "things", name), { recursive: true });
  for (const [i, label] of labels.entries()) {
    const path = join(workspace.path, "things", names[label % names.length] ?? "", `${i}.png`);
    await writeFile(path, png(images.subarray(i * 784, (i + 1) * 784)));
  }
  expect((await workspace.run(["prepare", "--images", "things", "-o", "one"])).status).toBe(0);
  const shards = ["--shards", "3", "--compress", "gzip"];
  expect((await workspace.run(["prepare", "--images", "things", "-o", "many", ...shards])).status).toBe(0);
  for (const data of ["one", "many"]) {
    const argv = ["train", "--model", "lenet5", "--data", data, "--log-dir", `runs/${data}`, ...brief];
    expect(await workspace.run(argv)).toMatchObject({ status: 0 });
  }
});
afterAll(() => workspace.remove());

const weights = (data: string) => readFile(join(workspace.path, "runs", data, "model.safetensors"));

describe("a data set of other classes", () => {
  test("gives a network of the project's own its class names and as many units", async () => {
    const { definition } = decodeCheckpoint(await weights("one"), "model");
    expect(definition.classes).toEqual(names);
    expect(definition.layers.at(-1)).toMatchObject({ type: "dense", units: 3 });
  });

  test("in compressed shards trains the same bits as in one file", async () => {
    const [one, many] = [await weights("one"), await weights("many")];
    expect(Buffer.compare(one, many)).toBe(0);
  });

  test("has its names where it is validated and predicted", async () => {
    const validated = await workspace.run(["validate", "--checkpoint", "runs/one", "--data", "many"]);
    expect(validated.err).not.toContain("The model's classes");
    const rows = validated.out.split("\n").filter((line) => /( +[\d.]+ %){3}$/.test(line));
    expect(rows.map((row) => row.slice(0, 24).trimEnd())).toEqual(names);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);

    const predict = ["predict", "--checkpoint", "runs/one/model.safetensors", "things/bee/2.png"];
    const { out } = await workspace.run(predict);
    expect(out).toMatch(/^things\/bee\/2\.png: (a long name of a class|bee|cat) /);
    expect(out).toMatch(/^ {2}bee {19} {2}[01]\.\d{4}/m);
    const { digits } = JSON.parse((await workspace.run([...predict, "--json"])).out);
    const [{ digit, className }] = digits;
    expect(className).toBe(names[digit]);
  });

  test("is told from the model's, and refused by one with another number of names of its own", async () => {
    await cp(join(workspace.path, "one"), join(workspace.path, "renamed"), { recursive: true });
    await writeFile(join(workspace.path, "renamed", "labels.txt"), "0:ant\n1:bee\n2:cat\n");
    const renamed = await workspace.run([
      "validate",
      "--checkpoint",
      "runs/one",
      "--data",
      "renamed",
      "--json",
    ]);
    expect(renamed.status).toBe(0);
    expect(renamed.err).toBe(`The model's classes are ${names.join(", ")}; the data's are ant, bee, cat\n`);
    const own = { ...small, classes: [..."0123456789"] };
    await writeFile(join(workspace.path, "own.json"), JSON.stringify(own));
    const { status, err } = await workspace.run(["train", "--model", "own.json", "--data", "one"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: model Small tells \d+ classes apart, but labels\.txt beside .* names 3; /);
  });
});
