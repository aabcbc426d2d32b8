import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint.ts";
import {
  decodeEvaluation,
  decodeRobustness,
  type EvaluationFile,
  type Robustness,
} from "../../src/evaluationFile.ts";
import { readEvents } from "../../src/formats/events.ts";
import { wilsonInterval } from "../../src/metrics/interval.ts";
import { createMetrics } from "../../src/metrics.ts";
import { fileSource } from "../../src/node/files.ts";
import { loadModel } from "../../src/node.ts";
import { perturbations } from "../../src/perturb.ts";
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
  let amongTwo = 0;
  const confusionMatrix = Array.from({ length: 10 }, () => Array<number>(10).fill(0));
  let [squares, brier, entropy] = [0, 0, 0];
  for (const [i, label] of labels.entries()) {
    const row = Array.from(probabilities.subarray(i * 10, i * 10 + 10));
    const predicted = row.indexOf(Math.max(...row));
    const counts = confusionMatrix[label] ?? [];
    counts[predicted] = (counts[predicted] ?? 0) + 1;
    if (row.toSorted((a, b) => b - a).indexOf(row[label] ?? 0) < 2) amongTwo++;
    squares += (predicted - label) ** 2;
    brier += row.reduce((sum, p, j) => sum + (p - Number(j === label)) ** 2, 0);
    entropy -= Math.log(row[label] ?? 0);
  }
  const right = confusionMatrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  return {
    count,
    confusionMatrix,
    right,
    amongTwo,
    mse: squares / count,
    brier: brier / count,
    entropy: entropy / count,
  };
}

describe("mnist validate", () => {
  test("of several checkpoints takes the mean of their probabilities", async () => {
    const both = ["--checkpoint", "lenet", "--checkpoint", "lenet5"];
    const { status, out, err } = await validate([...both, "--json"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const { images, labels, count } = realImages("t10k", 0, prepared.test);
    const [a, b] = await Promise.all(
      (["lenet", "lenet5"] as const).map(async (model) => {
        const loaded = await loadModel({ model, threads: 1 });
        const probabilities = loaded.classify(images);
        loaded.close();
        return probabilities;
      }),
    );
    let entropy = 0;
    for (const [i, label] of labels.entries())
      entropy -= Math.log((a![10 * i + label]! + b![10 * i + label]!) / 2);
    const result = JSON.parse(out);
    expect(result).toMatchObject({
      checkpoint: "models/lenet.safetensors, models/lenet5.safetensors",
      count,
    });
    expect(result.crossEntropy).toBeCloseTo(entropy / count, 6);
  });

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
      accuracyInterval: wilsonInterval(expected.right, 150),
      topTwoAccuracy: expected.amongTwo / 150,
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
    expect(result.reliability).toHaveLength(15);
    expect(result.precisionRecall).toHaveLength(10);
    expect(result).not.toHaveProperty("mistakes");
    expect(result).not.toHaveProperty("calibration"); // trained without held-out images
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
    expect(out).toMatch(
      new RegExp(`^Accuracy {2,}${accuracy} % {2}${150 - right} of 150 wrong; 95 % confidence: `, "m"),
    );
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
    expect(Object.fromEntries(values)).toMatchObject({
      accuracy: Math.fround(result.accuracy),
      loss: Math.fround(result.crossEntropy),
      mean_squared_error: Math.fround(result.meanSquaredError),
      brier_score: Math.fround(result.brierScore),
      top_2_accuracy: Math.fround(result.topTwoAccuracy),
      expected_calibration_error: Math.fround(result.expectedCalibrationError),
    });
    const others = small.classes.map((name) => `precision_recall/${name}`);
    expect([...values.keys()].slice(6)).toEqual(["confusion_matrix", "worst_mistakes", ...others]);
    // Without --log-dir they go to the run that was validated.
    expect(await readdir(join(workspace.path, "runs", "small"))).toContain("test");
  });

  test("--mistakes shows the worst with their pictures, --mistakes-png writes them to one", async () => {
    const { right } = await expectedMetrics();
    const { images, labels } = realImages("t10k", 0, prepared.test);
    const argv = ["--mistakes", "3", "--mistakes-png", "sheet.png"];
    const { status, out, err } = await validate(["--json", ...argv]);
    expect(status).toBe(0);
    const { mistakes } = JSON.parse(out) as { mistakes: EvaluationFile["mistakes"] };
    expect(mistakes).toHaveLength(3);
    const own = mistakes.map(({ probabilities, label }) => probabilities[label] ?? 0);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    for (const { index, label, predicted, png } of mistakes) {
      expect(label).toBe(labels[index]);
      expect(predicted).not.toBe(label);
      const pixels = decode(Buffer.from(png, "base64")).data;
      expect(Buffer.from(pixels)).toEqual(Buffer.from(images.subarray(index * 784, index * 784 + 784)));
    }
    // Three pictures are two columns and two rows.
    expect(err).toBe("Wrote sheet.png: 3 mistakes, 142x180 pixels\n");
    const sheet = decode(await readFile(join(workspace.path, "sheet.png")));
    expect(sheet).toMatchObject({ width: 142, height: 180 });

    const shown = await validate(["--mistakes", "3"]);
    expect(shown.out).toContain(
      `\nThe 3 worst of ${150 - right} mistakes, the least probability of the label first\n`,
    );
    for (const { index, label, predicted } of mistakes) {
      const [picture, said] = [`#${index}`, `${small.classes[label]}, taken for ${small.classes[predicted]}`];
      expect(shown.out).toContain(picture);
      expect(shown.out).toContain(said);
    }
    expect(shown.out).toContain("@"); // ink
    const colored = await validate(["--mistakes", "1"], { isTTY: true });
    // Half as large: seven lines of fourteen.
    expect(colored.out.split("▀")).toHaveLength(7 * 14 + 1);
    // Every line of the table and the mistakes fits the terminal.
    const plain = stripVTControlCharacters(colored.out);
    for (const line of plain.slice(plain.indexOf("The 1 worst")).split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test("--robustness measures every perturbation, prints a table, and goes to the run's folder", async () => {
    const { status, out } = await validate(["--json", "--robustness", "--images", "20"]);
    expect(status).toBe(0);
    const { robustness } = JSON.parse(out) as { robustness: Robustness };
    const path = join(workspace.path, "runs/small/evaluations/robustness.json");
    const file = decodeRobustness(await readFile(path, "utf8"), "robustness.json");
    expect(file).toMatchObject({
      ...robustness,
      step: 40,
      data: "the first 20 of data/mnist/mnist_test.tfrecord",
    });
    expect(robustness.images).toBe(20);
    expect(robustness.perturbations.map(({ name, severity }) => `${name} ${severity}`)).toEqual(
      perturbations.flatMap(({ name }) => [1, 2, 3].map((severity) => `${name} ${severity}`)),
    );
    const shown = await validate(["--robustness", "--images", "20"]);
    expect(shown.out).toContain(
      "Robustness: 15 perturbations of 20 images, accuracy in % with its 95 % interval",
    );
    const [, ...cells] =
      /^rotation +([\d.]+) \(.+\) +([\d.]+) \(.+\) +([\d.]+) \(.+\) +8, 16, 24°$/m.exec(shown.out) ?? [];
    const rotation = robustness.perturbations.slice(0, 3);
    expect(cells).toEqual(rotation.map(({ accuracy }) => (accuracy * 100).toFixed(2)));
    expect(shown.out).toMatch(new RegExp(`^mean +${(robustness.meanAccuracy * 100).toFixed(2)}$`, "m"));
  });

  test("a run's temperature is honoured, and what it changed is told", async () => {
    const argv = ["train", "--model", "small.json", "--validation-count", "100", "--batch-size", "20"];
    const train = [
      ...argv,
      "--epochs",
      "3",
      "--learning-rate",
      "0.02",
      "--log-dir",
      "warm",
      "--threads",
      "1",
    ];
    expect((await workspace.run(train)).status).toBe(0);
    const bytes = new Uint8Array(await readFile(join(workspace.path, "warm/model.safetensors")));
    const { temperature = Number.NaN } = decodeCheckpoint(bytes, "model").calibration ?? {};
    expect(temperature).not.toBe(1);
    const { out } = await validate(["--json", "--checkpoint", "warm"]);
    const result = JSON.parse(out);
    const { images, labels } = realImages("t10k", 0, prepared.test);
    const model = await loadModel({ weights: bytes, threads: 1 });
    const metrics = createMetrics(small.classes);
    metrics.add(model.classify(images), labels, prepared.test);
    model.close();
    const { crossEntropy, expectedCalibrationError } = metrics.result();
    expect(result.crossEntropy).toBeCloseTo(crossEntropy, 9);
    expect(result.calibration.temperature).toBe(temperature);
    expect(result.calibration.before.crossEntropy).not.toBeCloseTo(crossEntropy, 4);
    const shown = (await validate(["--checkpoint", "warm"])).out;
    const [after, before] = [expectedCalibrationError, result.calibration.before.expectedCalibrationError];
    const [one, other] = [after, before].map((share) => `${(share * 100).toFixed(2)} %`);
    expect(shown).toMatch(new RegExp(`^Calibration error +${one} +expected; ${other} before `, "m"));
    // And the evaluation is beside the training's own.
    const file = decodeEvaluation(
      await readFile(join(workspace.path, "warm/evaluations/test.json"), "utf8"),
      "test.json",
    );
    expect(file).toMatchObject({ what: "test", data: "data/mnist/mnist_test.tfrecord" });
    expect(file.metrics.crossEntropy).toBe(result.crossEntropy);
    expect(await readdir(join(workspace.path, "warm/evaluations"))).toContain("validation.json");
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
    const named = await bare.run(["validate", "--json", "--threads", "1", "--checkpoint", "lenet5"]);
    expect({ status: named.status, err: named.err }).toEqual({ status: 0, err: "" });
    expect(JSON.parse(named.out).checkpoint).toBe("models/lenet5.safetensors");
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
      "mistakes",
      "mistakes-png",
      "robustness",
      "images",
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
    [["--mistakes", "0"], 2, /^error: --mistakes: expected a whole number from 1 to 10,000, found 0$/],
    [["--robustness", "--images", "some"], 2, /^error: --images: expected a number, found "some"$/],
    [["--images", "5"], 2, /^error: --images: only what --robustness perturbs can be fewer; /],
    [["--threads", "many"], 2, /^error: --threads: expected a number, found "many"$/],
  ])("%j", async (flags, expected, message) => {
    const { status, out, err } = await validate(["--json", ...flags]);
    expect(err.trimEnd()).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect({ status, out }).toEqual({ status: expected, out: "" });
  });
});
