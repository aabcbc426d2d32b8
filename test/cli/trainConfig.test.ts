import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint.ts";
import { encodeClassNames } from "../../src/input/classNames.ts";
import { augmentationDefaults } from "../../src/nn/augmentation.ts";
import { presets } from "../../src/presets.ts";
import { realImages } from "../data/realImages.ts";
import { slimRecords } from "../data/slimRecords.ts";
import { createWorkspace, type RunOptions, small, type Workspace } from "./workspace.ts";

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

const train = (argv: readonly string[], options?: RunOptions) =>
  workspace.run(["train", "--threads", "1", ...argv], options);
const write = (file: string, value: unknown) =>
  writeFile(join(workspace.path, file), typeof value === "string" ? value : JSON.stringify(value));
const configOf = async (file: string) =>
  decodeCheckpoint(await readFile(join(workspace.path, file)), file).config;
/** What a dry run would train with. */
async function planned(argv: readonly string[]) {
  const { status, out, err } = await train(["--dry-run", "--json", "--validation-count", "40", ...argv]);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return JSON.parse(out);
}
async function refused(argv: readonly string[], message: string, status = 2) {
  const result = await train(argv);
  expect(result.err).toContain(`error: ${message}`);
  expect(result.err.trimEnd().split("\n")).toHaveLength(1);
  expect(result).toMatchObject({ status, out: "" });
  expect(await readdir(workspace.path)).not.toContain("runs");
}

describe("flags", () => {
  test("of the ways to train better reach the checkpoint, and train", async () => {
    const { status } = await train([
      ...["--model", "small.json", "--steps", "2", "--batch-size", "20", "--validation-count", "40"],
      ...["--augment", "light:rotation=8,elastic=20", "--label-smoothing", "0.1", "--clip-norm", "1.5"],
      ...["--average-decay", "0.99", "--warm-up-epochs", "0.5", "--patience", "3"],
    ]);
    expect(status).toBe(0);
    expect(await configOf("runs/small/model.safetensors")).toMatchObject({
      augment: { ...augmentationDefaults.light, rotation: 8, elastic: 20 },
      ...{ labelSmoothing: 0.1, clipNorm: 1.5, averageDecay: 0.99, warmUpEpochs: 0.5, patience: 3 },
    });
  });

  test.each([
    ["--config", "x.json"],
    ["--augment", "light"],
    ["--label-smoothing", "0.1"],
    ["--clip-norm", "1"],
    ["--average-decay", "0.9"],
    ["--warm-up-epochs", "1"],
  ])("%s is fixed for a resumed run", async (flag, value) => {
    await refused(
      ["--resume", "runs/a", flag, value],
      `${flag}: a resumed run keeps what it began with; leave`,
    );
  });

  test.each([
    ["--augment", "heavy", '--augment: expected one of none, light, strong, found "heavy"'],
    ["--augment", "light:rotate=3", '--augment: light has no setting "rotate"; it has rotation, scale, '],
    ["--augment", "light:rotation=200", "augment: rotation: expected a number from 0 to 180, found 200"],
    ["--label-smoothing", "1", "label smoothing: expected a number from 0 to below 1, found 1"],
    ["--clip-norm", "0", "clip norm: expected above 0, found 0"],
    ["--average-decay", "one", '--average-decay: expected a number, found "one"'],
    ["--warm-up-epochs", "-1", "warm-up epochs: expected 0 or above, found -1"],
    [
      "--patience",
      "1.5",
      "patience: expected a whole number of epochs above 0, and images held out, found 1.5",
    ],
  ])("%s %s is refused", (flag, value, message) => refused([flag, value], message));
});

test("a training that stops early says so and why, and has nothing to do until it is given more patience", async () => {
  const argv = ["--model", "small.json", "--validation-count", "40", "--batch-size", "50", "--epochs", "30"];
  // At such a rate no epoch is as good as the first ones.
  const { status, out, err } = await train([...argv, "--learning-rate", "0.5", "--patience", "2"]);
  expect(status).toBe(0);
  const [, step, epoch] =
    /^Stopped early, at step (\d+) of 120: no better epoch on the held-out images in the 2 epochs since epoch (\d+)$/m.exec(
      err,
    ) ?? [];
  expect(Number(step)).toBe((Number(epoch) + 2) * 4);
  expect(out).toMatch(/model\.safetensors, [\d.]+ % right on the held-out images\.\n/);
  const again = await train(["--resume"]);
  expect(again.out).toBe(
    `Nothing to do: this training stopped early, at step ${step} of 120; a larger --patience makes it longer.\n`,
  );
  const more = await train(["--resume", "--patience", "3", "--json"]);
  expect(more.out.trimEnd().split("\n").length).toBeGreaterThan(4);
});

describe("--config", () => {
  test("presets come first, then the file, then flags; names, specifications and objects are the same", async () => {
    await write("mine.json", {
      preset: "fast",
      model: "./small.json",
      data: "data/mnist",
      epochs: 4,
      optimizer: "adamw:beta2=0.98",
      schedule: { name: "one-cycle", peak: 0.3 },
      augment: "light:rotation=8",
      labelSmoothing: 0.05,
      clipNorm: null,
    });
    const { config, model, logDir, steps } = await planned(["--config", "mine.json", "--batch-size", "32"]);
    const { steps: ofFast, ...fast } = presets.fast.config;
    expect(config).toEqual({
      ...fast,
      epochs: 4,
      learningRate: 0.001, // what suits the optimizer
      optimizer: { name: "adamw", beta1: 0.9, beta2: 0.98, epsilon: 1e-8 },
      schedule: { name: "oneCycle", start: 0.04, peak: 0.3, end: 0.0001 },
      augment: { ...augmentationDefaults.light, rotation: 8 },
      ...{ labelSmoothing: 0.05, batchSize: 32, validationCount: 40 },
    });
    expect(model.name).toBe("Small");
    expect({ logDir, steps }).toEqual({ logDir: join("runs", "mine"), steps: 4 * 5 });
  });

  test("paths in it are relative to it; a module may be TypeScript with its model in it", async () => {
    await mkdir(join(workspace.path, "ways"));
    await write("ways/here.json", { model: "../small.json", data: ["../data/mnist"], patience: 2 });
    expect((await planned(["--config", "ways/here.json"])).config.patience).toBe(2);
    const model = JSON.stringify({ ...small, name: "Inside" });
    await write("ways/there.ts", `export const config = { model: ${model}, seed: 5 as number };`);
    const plan = await planned(["--config", "ways/there.ts", "--patience", "none"]);
    expect([plan.model.name, plan.config.seed, plan.logDir]).toEqual(["Inside", 5, join("runs", "there")]);
  });

  test("may name what epochs are judged on; its folder's training images, and none are held out", async () => {
    await write("mine.json", { model: "./small.json", data: "data/mnist", validationData: ["data/mnist"] });
    const validationData = "data/mnist/mnist_train.tfrecord";
    const all = { trainCount: 200, validationCount: 200 };
    expect(await planned(["--config", "mine.json"])).toMatchObject({ ...all, validationData });
    const { out } = await train(["--config", "mine.json", "--dry-run"]);
    expect(out).toContain(`200 to train on, 200 to judge by: ${validationData}\n`);
    const other = "data/mnist/mnist_test.tfrecord";
    const flags = ["--config", "mine.json", "--validation-data", other];
    expect(await planned(flags)).toMatchObject({ trainCount: 200, validationData: other });
    const { err } = await train([...flags, "--steps", "1", "--log-dir", "judged"]);
    expect(err).toContain("200 images, 150 to judge by, 1 steps");
    expect(err).toMatch(/epoch 1 {2}step 1 .* validation: loss /);
    await write("none.json", { validationData: [] });
    await refused(["--config", "none.json"], "none.json: validationData: expected a folder, a file");
  });

  test("a run's configuration and model make another run", async () => {
    const flags = ["--steps", "1", "--batch-size", "20", "--validation-count", "40", "--clip-norm", "2"];
    expect((await train(["--model", "small.json", ...flags])).status).toBe(0);
    for (const one of ["runs/small", "runs/small/checkpoints/step-00000001.safetensors"]) {
      const plan = await planned(["--config", one, "--seed", "7", "--epochs", "2"]);
      const { steps, ...first } = await configOf("runs/small/model.safetensors");
      expect(plan.config).toEqual({ ...first, seed: 7, epochs: 2 });
      expect([plan.model.name, plan.logDir]).toEqual(["Small", join("runs", "small-2")]);
    }
    const result = await train(["--config", "runs/small", "--preset", "fast"]);
    expect(result.err).toContain("--preset: runs/small says all that a preset does; leave one of them out");
  });

  test.each<[string, unknown, string]>([
    [
      "an unknown key",
      { learning_rate: 1 },
      "a.json: learning_rate: there is no such setting; there are preset, model, data, validationData, batchSize, ",
    ],
    ["a text for a number", { epochs: "3" }, 'a.json: epochs: expected a number, found "3"'],
    ["a number that cannot be", { epochs: 0 }, "a.json: epochs: expected a whole number above 0, found 0"],
    ["an unknown optimizer", { optimizer: "adagrad" }, "a.json: optimizer: expected one of sgd, "],
    ["an optimizer that is none", { optimizer: 3 }, "a.json: optimizer: expected one of sgd, "],
    [
      "an unknown setting",
      { schedule: { name: "cosine", peak: 1 } },
      'a.json: schedule: cosine has no setting "peak"; it has end',
    ],
    [
      "a setting of another type",
      { optimizer: { name: "momentum", nesterov: 1 } },
      "a.json: optimizer: nesterov: expected true or false, found 1",
    ],
    [
      "another loss",
      { loss: "hinge" },
      "a.json: loss: expected one of softmaxCrossEntropy, meanSquaredError, found hinge",
    ],
    [
      "an unknown preset",
      { preset: "slow" },
      "a.json: preset: expected one of lenet, lenet5, best, fast, parts",
    ],
    [
      "data that are none",
      { data: 3 },
      "a.json: data: expected a folder, a file, a pattern or a URL, or a list of them, found 3",
    ],
    [
      "a limit that is none",
      { clipNorm: "none" },
      'a.json: clipNorm: expected a number, or null for none, found "none"',
    ],
    ["no object", [1], "a.json: expected an object of settings, found [1]"],
  ])("%s is told with file and key", async (_, value, message) => {
    await write("a.json", value);
    await refused(["--config", "a.json"], message);
  });

  test("what is no configuration at all", async () => {
    await write("cut.json", '{"epochs": ');
    await refused(["--config", "cut.json"], "cut.json: not JSON: ", 1);
    await refused(["--config", "none.json"], "none.json: there is no such file; check the path", 1);
    await refused(
      ["--config", "notes.txt"],
      "--config: expected a file that ends in .json, .js, .ts or .safetensors",
    );
    await write("a.json", { model: { ...small, layers: [] } });
    await refused(["--config", "a.json"], "a.json: model: layers must be a list of layers", 1);
  });
});

describe("--dry-run", () => {
  test("tells people the model and the plan, and writes nothing", async () => {
    const flags = [
      "--batch-size",
      "50",
      "--epochs",
      "2",
      "--validation-count",
      "40",
      "--schedule",
      "one-cycle",
    ];
    const { status, out, err } = await train(["--model", "small.json", ...flags, "--dry-run", "--seed", "3"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(await readdir(workspace.path)).not.toContain("runs");
    const lines = out.split("\n").map((line) => line.trim().split(/ {2,}/));
    // 5x5 over one channel and 12x12 places; 144 numbers to ten units.
    expect(lines).toContainEqual(["conv", "conv2d", "12x12x4", "104", "14,400"]);
    expect(lines).toContainEqual(["logits", "dense", "10", "1,450", "1,440"]);
    expect(lines).toContainEqual(["total", "1,554", "15,840"]);
    expect(lines).toContainEqual(["Images", "160 to train on, 40 held out"]);
    expect(lines).toContainEqual(["Steps", "8 of 50 images, 4 an epoch: 2 epochs"]);
    expect(out).toContain("Nothing was trained");
  });

  test("--json has the very numbers that the training then starts with", async () => {
    const flags = ["--model", "small.json", "--batch-size", "50", "--epochs", "2", "--learning-rate", "0.01"];
    const plan = await planned([...flags, "--schedule", "constant", "--warm-up-epochs", "0.5"]);
    // Half an epoch is two steps: thirds.
    const first = expect.closeTo(0.01 / 3, 12);
    expect(plan.learningRate).toEqual({ first, peak: 0.01, peakStep: 3, last: 0.01 });
    const { out } = await train([...flags, "--validation-count", "40", "--json"]);
    const { bytes, type, ...start } = JSON.parse(out.slice(0, out.indexOf("\n")));
    expect(plan).toMatchObject({ ...start, bytes });
  });
});

describe("--augment-preview", () => {
  test("has each class's first image as it is, and distorted ones beside it", async () => {
    const argv = ["--augment", "strong", "--augment-preview", "sheet.png"];
    const { status, out } = await train(argv);
    expect({ status, out }).toEqual({
      status: 0,
      out: "sheet.png: 10 training images, and each as 10 steps with --augment strong distort it\n",
    });
    expect(await readdir(workspace.path)).not.toContain("runs");
    const { width, data } = decode(await readFile(join(workspace.path, "sheet.png")));
    const { images, labels } = realImages("train", 0, 200);
    const pictureAt = (row: number, column: number) => {
      const [left, top] = [10 + column * 66 + (column > 0 ? 10 : 0), 10 + row * 66];
      return Array.from(
        { length: 784 },
        (_, i) => data[(top + 2 * Math.floor(i / 28)) * width + left + 2 * (i % 28)],
      );
    };
    for (const label of [0, 7]) {
      const first = labels.indexOf(label) * 784;
      const original = [...images.subarray(first, first + 784)];
      expect(pictureAt(label, 0)).toEqual(original);
      expect(pictureAt(label, 1)).not.toEqual(original);
      expect(pictureAt(label, 10)).not.toEqual(pictureAt(label, 1));
    }
  });

  test("without distortions there is nothing to show", () =>
    refused(
      ["--augment", "none", "--augment-preview", "sheet.png"],
      "--augment-preview: nothing is distorted; add --augment light",
    ));
});

test("data sets of other classes are not mixed", async () => {
  for (const [folder, names] of [
    ["one", ["cat", "dog"]],
    ["two", ["cat", "hen"]],
  ] as const) {
    await mkdir(join(workspace.path, folder));
    await writeFile(join(workspace.path, folder, "labels.txt"), encodeClassNames(names));
    await writeFile(join(workspace.path, folder, "x_train.tfrecord"), [
      ...slimRecords(realImages("train", 0, 5)),
    ]);
  }
  await refused(
    ["--data", "one", "--data", "two"],
    "--data: expected the same classes everywhere, found cat, dog in one/labels.txt and cat, hen in two/labels.txt; give",
    1,
  );
  await refused(
    ["--data", "one", "--validation-data", "two"],
    "--validation-data: expected the classes of --data, cat, dog, found cat, hen; give data sets of the same classes",
    1,
  );
});
