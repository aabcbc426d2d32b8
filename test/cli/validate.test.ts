import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEvents } from "../../src/formats/events.ts";
import { fileSource } from "../../src/node/files.ts";
import { loadModel } from "../../src/node.ts";
import { realImages } from "../data/realImages.ts";
import { createWorkspace, prepared, type RunOptions, small, type Workspace } from "./workspace.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const brief = ["--validation-count", "0", "--batch-size", "20", "--epochs", "4", "--learning-rate", "0.01"];
  const { status } = await workspace.run(["train", "--model", "small.json", ...brief, "--threads", "1"]);
  if (status !== 0) throw new Error("there is nothing to validate");
});
afterAll(() => workspace.remove());

const validate = (argv: readonly string[] = [], options?: RunOptions) =>
  workspace.run(["validate", "--threads", "1", ...argv], options);

/** The metrics by their definitions, from the probabilities that the library gives. */
async function expectedMetrics() {
  const weights = new Uint8Array(await readFile(join(workspace.path, "runs/small/model.safetensors")));
  const model = await loadModel({ weights, threads: 1 });
  const { images, labels, count } = realImages("t10k", 0, prepared.test);
  const probabilities = model.classify(images);
  model.close();
  const confusionMatrix = Array.from({ length: 10 }, () => Array<number>(10).fill(0));
  let [squares, brier, entropy] = [0, 0, 0];
  for (const [i, label] of labels.entries()) {
    const row = Array.from(probabilities.subarray(i * 10, i * 10 + 10));
    const predicted = row.indexOf(Math.max(...row));
    const counts = confusionMatrix[label] ?? [];
    counts[predicted] = (counts[predicted] ?? 0) + 1;
    squares += (predicted - label) ** 2;
    brier += row.reduce((sum, p, j) => sum + (p - Number(j === label)) ** 2, 0);
    entropy -= Math.log(row[label] ?? 0);
  }
  const right = confusionMatrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  return {
    count,
    confusionMatrix,
    right,
    mse: squares / count,
    brier: brier / count,
    entropy: entropy / count,
  };
}

describe("mnist validate", () => {
  test("--json has every metric, each by its definition", async () => {
    const { status, out, err } = await validate(["--json"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const result = JSON.parse(out);
    const expected = await expectedMetrics();
    expect(result).toMatchObject({
      checkpoint: "runs/small/model.safetensors",
      seconds: expect.any(Number),
      count: 150,
      accuracy: expected.right / 150,
      meanSquaredError: expected.mse,
      brierScore: expect.closeTo(expected.brier, 9),
      crossEntropy: expect.closeTo(expected.entropy, 9),
      confusionMatrix: expected.confusionMatrix,
      classes: small.classes.map((name, one) => {
        const row = expected.confusionMatrix[one] ?? [];
        const labelled = row.reduce((a, b) => a + b, 0);
        const predicted = expected.confusionMatrix.reduce((sum, other) => sum + (other[one] ?? 0), 0);
        const hits = row[one] ?? 0;
        const precision = predicted === 0 ? 0 : hits / predicted;
        const recall = hits / labelled;
        const f1 = hits === 0 ? 0 : 2 / (1 / precision + 1 / recall);
        return { name, count: labelled, precision, recall, f1: expect.closeTo(f1, 12) };
      }),
    });
    // Better than guessing by far, so that nothing above is true of noise only.
    expect(result.accuracy).toBeGreaterThan(0.5);
  });

  test("prints the same as a table, without colours where nobody watches", async () => {
    const { right, confusionMatrix, mse } = await expectedMetrics();
    const { status, out, err } = await validate();
    expect(status).toBe(0);
    expect(err).toBe("Validating runs/small/model.safetensors on data/mnist/mnist_test.tfrecord\n");
    expect(out).not.toContain("\x1b");
    const accuracy = ((100 * right) / 150).toFixed(2);
    expect(out).toMatch(new RegExp(`^Accuracy {2,}${accuracy} % {2}${150 - right} of 150 wrong$`, "m"));
    expect(out).toMatch(new RegExp(`^Mean squared error {2}${mse.toFixed(4)} `, "m"));
    for (const name of ["Brier score", "Cross-entropy"])
      expect(out).toMatch(new RegExp(`^${name} +\\d\\.\\d{5} `, "m"));
    const table = out.split("\n");
    const header = table.findIndex((line) => line.startsWith("label \\ predicted"));
    expect(header).toBeGreaterThan(0);
    for (const [label, row] of confusionMatrix.entries()) {
      const cells = table[header + 1 + label]?.trim().split(/ +/);
      expect(cells).toEqual([small.classes[label], ...row.map((n) => (n === 0 ? "·" : String(n)))]);
      // Columns stand under their headings.
      const width = table[header]?.length;
      expect(table[header + 1 + label]).toHaveLength(width ?? 0);
    }
    const [rows] = [table.filter((line) => /^\w+ +\d+( +[\d.]+ %){3}$/.test(line))];
    expect(rows.map((line) => line.split(" ")[0])).toEqual(small.classes);
    expect((await validate([], { isTTY: true })).out).toContain("\x1b[32m");
  });

  test("writes its metrics beside the run's, for TensorBoard", async () => {
    const { out } = await validate(["--json", "--log-dir", "elsewhere"]);
    const [file = ""] = await readdir(join(workspace.path, "elsewhere", "test"));
    expect(file).toMatch(/^events\.out\.tfevents\./);
    const events = [];
    for await (const event of readEvents(fileSource(join(workspace.path, "elsewhere", "test", file))))
      events.push(event);
    expect(events).toHaveLength(2);
    expect(events[1]?.step).toBe(40);
    const values = new Map(events[1]?.values.map(({ tag, tensor }) => [tag, tensor?.values[0]]));
    const result = JSON.parse(out);
    expect(values).toEqual(
      new Map([
        ["accuracy", Math.fround(result.accuracy)],
        ["loss", Math.fround(result.crossEntropy)],
        ["mean_squared_error", Math.fround(result.meanSquaredError)],
        ["brier_score", Math.fround(result.brierScore)],
      ]),
    );
    // Without --log-dir they go to the run that was validated.
    expect(await readdir(join(workspace.path, "runs", "small"))).toContain("test");
  });

  test("--min-accuracy decides the status, and the metrics are printed either way", async () => {
    const { right } = await expectedMetrics();
    const reached = await validate(["--json", "--min-accuracy", String(right / 150)]);
    expect(reached).toMatchObject({ status: 0, err: "" });
    const missed = await validate(["--json", "--min-accuracy", "1"]);
    expect(missed.status).toBe(1);
    expect(JSON.parse(missed.out).count).toBe(150);
    expect(missed.err).toBe(`error: accuracy ${right / 150} is below the 1 that --min-accuracy asks for\n`);
  });

  test("takes a file of weights, a run's folder, a folder with checkpoints only, and TFRecords of one's own", async () => {
    const accuracyOf = async (argv: string[]) => {
      const { status, out, err } = await validate(["--json", "--log-dir", "elsewhere", ...argv]);
      expect({ status, err }).toEqual({ status: 0, err: "" });
      return JSON.parse(out) as { checkpoint: string; count: number };
    };
    const file = "runs/small/checkpoints/step-00000040.safetensors";
    expect(await accuracyOf(["--checkpoint", file])).toMatchObject({ checkpoint: file });
    expect(await accuracyOf(["--checkpoint", "runs/small"])).toMatchObject({
      checkpoint: "runs/small/model.safetensors",
    });
    const model = join(workspace.path, "runs/small/model.safetensors");
    await rename(model, `${model}.away`);
    expect(await accuracyOf(["--checkpoint", "runs/small"])).toMatchObject({ checkpoint: file });
    await rename(`${model}.away`, model);
    expect(await accuracyOf(["--data", "data/mnist/mnist_train.tfrecord"])).toMatchObject({
      count: prepared.train,
    });
  });

  test("takes the shipped weights where there is no run, and writes nothing", async () => {
    const bare = await createWorkspace();
    const { status, out } = await bare.run(["validate", "--json", "--threads", "1"]);
    expect(status).toBe(0);
    const result = JSON.parse(out);
    expect(result.checkpoint).toBe("models/lenet.safetensors");
    expect(result.accuracy).toBeGreaterThan(0.96);
    expect((await readdir(bare.path)).sort()).toEqual(["data", "small.json"]);
    await bare.remove();
  });

  test("Ctrl-C ends it with 130", async () => {
    const { status, out, err } = await validate([], { onWrite: (_, interrupt) => interrupt() });
    expect({ status, out }).toEqual({ status: 130, out: "" });
    expect(err).toMatch(/\nmnist: interrupted after 128 of 150 images\n$/);
  });

  test("--help has every option and examples", async () => {
    const { status, out, err } = await validate(["--help"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    for (const option of [
      "checkpoint",
      "data",
      "min-accuracy",
      "log-dir",
      "threads",
      "engine",
      "json",
      "debug",
    ]) {
      expect(out).toMatch(new RegExp(`^ +--${option}\\b`, "m"));
    }
    expect(out).toMatch(/Examples:\n {2}mnist validate /);
  });
});

describe("what cannot be validated ends in one sentence", () => {
  beforeAll(async () => {
    await writeFile(join(workspace.path, "empty.tfrecord"), "");
    await writeFile(join(workspace.path, "notes.tfrecord"), "these are a few lines of text, no records\n");
    await writeFile(join(workspace.path, "notes.safetensors"), "these are a few lines of text, no weights\n");
    const weights = await readFile(join(workspace.path, "runs/small/model.safetensors"));
    await writeFile(join(workspace.path, "cut.safetensors"), weights.subarray(0, -100));
  });

  test.each<[string[], number, RegExp]>([
    [
      ["--data", "nowhere"],
      1,
      /^error: nowhere\/mnist_test\.tfrecord: there is no such file; run mnist prepare --output nowhere first$/,
    ],
    [
      ["--data", "empty.tfrecord"],
      1,
      /^error: empty\.tfrecord: expected labelled images, found none; run mnist prepare again$/,
    ],
    [["--data", "notes.tfrecord"], 1, /^error: .*notes\.tfrecord: record 0 at offset 0: /],
    [["--checkpoint", "nowhere"], 1, /^error: nowhere: there is no such file or folder; check the path$/],
    [
      ["--checkpoint", "data"],
      1,
      /^error: data: expected model\.safetensors or checkpoints in this folder, found neither; /,
    ],
    [["--checkpoint", "notes.safetensors"], 1, /^error: notes\.safetensors: .*is this a safetensors file\?$/],
    [["--checkpoint", "cut.safetensors"], 1, /^error: cut\.safetensors: .*the file is cut off$/],
    [["--min-accuracy", "99"], 2, /^error: --min-accuracy: expected a share from 0 to 1, found 99$/],
    [["--min-accuracy", "high"], 2, /^error: --min-accuracy: expected a number, found "high"$/],
    [["--threads", "many"], 2, /^error: --threads: expected a number, found "many"$/],
  ])("%j", async (flags, expected, message) => {
    const { status, out, err } = await validate(["--json", ...flags]);
    expect(err.trimEnd()).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect({ status, out }).toEqual({ status: expected, out: "" });
  });
});
