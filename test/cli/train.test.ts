import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint.ts";
import { readEvents } from "../../src/formats/events.ts";
import { fileSource } from "../../src/node/files.ts";
import {
  createWorkspace,
  prepared,
  type Result,
  type RunOptions,
  small,
  type Workspace,
} from "./workspace.ts";

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

/** 200 images, 40 held out, batches of 50: epochs of 4 steps, the last one of 10 images. */
const brief = ["--validation-count", "40", "--batch-size", "50", "--epochs", "2", "--threads", "1"];
const train = (argv: readonly string[], options?: RunOptions) => workspace.run(["train", ...argv], options);
const trainSmall = (argv: readonly string[] = [], options?: RunOptions) =>
  train(["--model", "small.json", ...brief, ...argv], options);

const checkpointOf = async (file: string) =>
  decodeCheckpoint(await readFile(join(workspace.path, file)), file);
const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("mnist train", () => {
  test("trains, tells people how it goes, and writes all that it should where it says", async () => {
    const { status, out, err } = await trainSmall(["--epochs", "3"]);
    expect(status).toBe(0);
    const result =
      /^Trained 12 steps in [\d.]+ s \([\d,]+ images\/s\)\. Best weights: runs\/small\/model\.safetensors(, [\d.]+ % right on the held-out images)?\.$/;
    const [trained, next, ...others] = out.split("\n");
    expect(trained).toMatch(result);
    expect(next).toBe("Next: mnist validate --checkpoint runs/small");
    expect(others).toEqual([""]);
    const notes = err.trimEnd().split("\n");
    expect(notes).toHaveLength(5);
    expect(notes[0]).toMatch(/^Training Small on \w+, 1 thread: 160 images, 40 held out, 12 steps of 50$/);
    expect(notes[1]).toBe("Files go to runs/small; watch with: tensorboard --logdir runs/small");
    expect(notes[2]).toMatch(
      /^epoch 1 {2}step 4 {2}loss \d\.\d{4} {2}accuracy [\d.]+ % {2}held out: loss \d\.\d{4} {2}accuracy [\d.]+ % {2}[\d,]+ images\/s$/,
    );
    expect(notes[4]).toMatch(/^epoch 3 {2}step 12 /);
    expect(out + err).not.toContain("\x1b");

    const run = join(workspace.path, "runs", "small");
    expect((await readdir(run)).sort()).toEqual([
      "checkpoints",
      "evaluations",
      "model.safetensors",
      "train",
      "validation",
    ]);
    expect((await readdir(join(run, "checkpoints"))).sort()).toEqual([
      "step-00000004.safetensors",
      "step-00000008.safetensors",
      "step-00000012.safetensors",
    ]);
    const checkpoint = await checkpointOf("runs/small/checkpoints/step-00000012.safetensors");
    expect(checkpoint.definition).toEqual(small);
    expect(checkpoint.config).toMatchObject({ batchSize: 50, epochs: 3, validationCount: 40, seed: 1 });
    for (const folder of ["train", "validation"]) {
      const [file = ""] = await readdir(join(run, folder));
      expect(file).toMatch(/^events\.out\.tfevents\.\d{10}\./);
      const events = [];
      for await (const event of readEvents(fileSource(join(run, folder, file)))) events.push(event);
      // The version, the start of the process; the graph and texts, or hparams; the steps.
      const steps = folder === "train" ? [0, 1, 0, 0, 1, 4, 8, 10, 12] : [0, 1, 0, 4, 8, 12, 12];
      expect(events.map(({ step }) => step)).toEqual(steps);
    }
  });

  test("--summaries none leaves TensorBoard's files out", async () => {
    expect((await trainSmall(["--summaries", "none"])).status).toBe(0);
    const run = await readdir(join(workspace.path, "runs", "small"));
    expect(run.sort()).toEqual(["checkpoints", "evaluations", "model.safetensors"]);
  });

  test("on a terminal it has colours, and a progress line that does not stay", async () => {
    const { status, err } = await trainSmall([], { isTTY: true });
    expect(status).toBe(0);
    expect(err).toContain("\x1b[1mTraining\x1b[22m Small");
    for (const line of err.split("\n")) expect(line.split("\r").at(-1)).not.toMatch(/█|░/);
  });

  test("--json is one document a line and nothing else", async () => {
    const { status, out, err } = await trainSmall(["--json"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const events = lines(out);
    expect(events.map(({ type }) => type).filter((type) => type !== "model")).toEqual([
      "start",
      ...Array(4).fill("step"),
      "evaluation",
      "checkpoint",
      ...Array(4).fill("step"),
      "evaluation",
      "checkpoint",
      "end",
    ]);
    expect(events[0]).toEqual({
      type: "start",
      trainCount: prepared.train - 40,
      validationCount: 40,
      firstStep: 0,
      steps: 8,
      stepsPerEpoch: 4,
      bytes: { planned: expect.any(Number), withoutReuse: expect.any(Number) },
    });
    expect(events[4]).toEqual({
      type: "step",
      step: 4,
      epoch: 1,
      count: 10,
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      learningRate: expect.any(Number),
    });
    expect(events[5]).toMatchObject({ type: "evaluation", step: 4, epoch: 1, metrics: { count: 40 } });
    expect(events.find(({ type }) => type === "model")).toEqual({
      type: "model",
      step: 4,
      bytes: expect.any(Number),
    });
    expect(events.at(-1)).toEqual({ type: "end", step: 8, interrupted: false, stoppedEarly: false });
  });

  test("--debug tells what computes and what memory it takes, on standard error", async () => {
    const { status, out, err } = await trainSmall(["--json", "--debug", "--engine", "reference"]);
    expect(status).toBe(0);
    const [engine, step, peak, ...others] = err.trimEnd().split("\n");
    expect(engine).toBe("engine: reference, 1 thread (as --engine asks)");
    const [, planned, without] =
      /^memory: a step's tensors take ([\d.]+) MB, ([\d.]+) MB without reuse$/.exec(step ?? "") ?? [];
    const { bytes } = lines(out)[0] as { bytes: { planned: number; withoutReuse: number } };
    expect([planned, without]).toEqual([
      (bytes.planned / 1e6).toFixed(1),
      (bytes.withoutReuse / 1e6).toFixed(1),
    ]);
    expect(bytes.planned).toBeLessThan(bytes.withoutReuse);
    const [, resident] = /^memory: at most ([\d.]+) MB of this process were resident$/.exec(peak ?? "") ?? [];
    // Node itself takes some 40 MB; this process is the whole test runner's.
    expect(Number(resident)).toBeGreaterThan(30);
    expect(Number(resident)).toBeLessThan(4000);
    expect(others).toEqual([]);
  });

  test("every flag that decides what is computed reaches the checkpoint", async () => {
    const flags = {
      "--optimizer": "momentum:momentum=0.8,nesterov",
      "--schedule": "one-cycle:peak=0.5",
      "--learning-rate": "3e-2",
      "--weight-decay": "0.0001",
      "--seed": "9",
      "--batch-size": "1_6",
      "--validation-count": "20",
      "--steps": "3",
      "--log-dir": "elsewhere/run",
      "--threads": "1",
    };
    const { status } = await train(["--model", "small.json", ...Object.entries(flags).flat()]);
    expect(status).toBe(0);
    const { config, progress } = await checkpointOf("elsewhere/run/checkpoints/step-00000003.safetensors");
    expect(config).toMatchObject({
      optimizer: { name: "momentum", momentum: 0.8, nesterov: true },
      schedule: { name: "oneCycle", start: 0.04, peak: 0.5, end: 0.0001 },
      learningRate: 0.03,
      weightDecay: 0.0001,
      seed: 9,
      batchSize: 16,
      validationCount: 20,
      steps: 3,
    });
    expect(progress.step).toBe(3);
  });

  test("an optimizer without a learning rate takes the one that suits it", async () => {
    await trainSmall(["--steps", "1", "--optimizer", "sgd"]);
    const { config } = await checkpointOf("runs/small/checkpoints/step-00000001.safetensors");
    expect(config).toMatchObject({ optimizer: { name: "sgd" }, learningRate: 0.05 });
  });

  test("presets and the project's own models go by their names; a second run has a folder of its own", async () => {
    const one = ["--steps", "1", "--batch-size", "4", "--validation-count", "0", "--threads", "1"];
    for (const name of [["--preset", "lenet5"], ["--preset", "fast"], ["--model", "lenet5"], []]) {
      expect((await train([...name, ...one])).status).toBe(0);
    }
    expect((await readdir(join(workspace.path, "runs"))).sort()).toEqual([
      "fast",
      "lenet",
      "lenet5",
      "lenet5-2",
    ]);
    expect((await checkpointOf("runs/fast/model.safetensors")).definition.name).toBe("Fast");
    expect((await checkpointOf("runs/fast/model.safetensors")).config.schedule.name).toBe("oneCycle");
    expect((await checkpointOf("runs/lenet/model.safetensors")).definition.name).toBe("LeNet");
  });

  test("--data takes a TFRecord file too", async () => {
    const { status } = await trainSmall(["--data", "data/mnist/mnist_test.tfrecord", "--json"]);
    expect(status).toBe(0);
  });

  test("--keep and --checkpoint-every say which checkpoints there are", async () => {
    expect((await trainSmall(["--keep", "2", "--checkpoint-every", "3"])).status).toBe(0);
    expect((await readdir(join(workspace.path, "runs/small/checkpoints"))).sort()).toEqual([
      "step-00000006.safetensors",
      "step-00000008.safetensors",
    ]);
  });
});

describe("Ctrl-C and --resume", () => {
  const last = "checkpoints/step-00000008.safetensors";

  /** Trains to the end in one go, into runs/whole: what an interrupted run must come to. */
  async function whole(): Promise<Buffer> {
    expect((await trainSmall(["--log-dir", "runs/whole"])).status).toBe(0);
    return readFile(join(workspace.path, "runs/whole", last));
  }

  test("saves, ends with 130, and goes on to the same bits", async () => {
    const expected = await whole();
    let steps = 0;
    const interrupted = await trainSmall(["--json"], {
      onWrite(text, interrupt) {
        if (text.startsWith('{"type":"step"') && ++steps === 6) interrupt();
      },
    });
    expect(interrupted).toMatchObject({ status: 130, err: "" });
    expect(lines(interrupted.out).slice(-2)).toEqual([
      { type: "checkpoint", step: 6, bytes: expect.any(Number) },
      { type: "end", step: 6, interrupted: true, stoppedEarly: false },
    ]);

    const rest = await train(["--resume", "--threads", "1"]);
    expect(rest.status).toBe(0);
    expect(rest.err).toContain("8 steps of 50, from step 6\n");
    expect(rest.out).toContain("Trained 2 steps ");
    expect(rest.out).toContain("runs/small/model.safetensors");
    expect(expected.equals(await readFile(join(workspace.path, "runs/small", last)))).toBe(true);
    // The best weights of both are of the same epoch, and the same.
    const [a, b] = [
      await checkpointOf("runs/whole/model.safetensors"),
      await checkpointOf("runs/small/model.safetensors"),
    ];
    expect(b).toEqual(a);
  });

  test("tells a person how to go on", async () => {
    const expected = await whole();
    const { status, out, err } = await trainSmall([], {
      onWrite(text, interrupt) {
        if (text.startsWith("epoch 1")) interrupt();
      },
    });
    expect({ status, out }).toEqual({ status: 130, out: "" });
    expect(err.trimEnd().split("\n").at(-1)).toBe(
      "Interrupted at step 4 of 8; saved. Go on with: mnist train --resume runs/small",
    );
    expect((await train(["--resume", "runs/small", "--json", "--threads", "1"])).status).toBe(0);
    expect(expected.equals(await readFile(join(workspace.path, "runs/small", last)))).toBe(true);
  });

  test("a real Ctrl-C reaches the process while it computes", async () => {
    const require = createRequire(import.meta.url);
    const jiti = join(dirname(require.resolve("jiti/package.json")), "lib", "jiti-cli.mjs");
    const mainFile = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const argv = ["train", "--model", "small.json", ...brief, "--epochs", "100000", "--json"];
    const child = spawn(process.execPath, [jiti, mainFile, ...argv], {
      cwd: workspace.path,
      timeout: 30_000,
    });
    let out = "";
    child.stdout.on("data", (chunk) => {
      if (!out.includes('"step":3,') && `${out}${chunk}`.includes('"step":3,')) child.kill("SIGINT");
      out += chunk;
    });
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    const [status] = await once(child, "close");
    expect({ status, err }).toEqual({ status: 130, err: "" });
    const [checkpoint, end] = lines(out).slice(-2);
    expect(checkpoint).toMatchObject({ type: "checkpoint", step: end?.step });
    expect(end).toMatchObject({ type: "end", interrupted: true });
    const file = `runs/small/checkpoints/step-${String(end?.step).padStart(8, "0")}.safetensors`;
    expect((await checkpointOf(file)).progress.step).toBe(end?.step);
  });

  test("skips a damaged checkpoint, and says which and why", async () => {
    const expected = await whole();
    await writeFile(join(workspace.path, "runs/whole", last), expected.subarray(0, 1000));
    const { status, out, err } = await train(["--resume", "--threads", "1"]);
    expect(status).toBe(0);
    expect(err).toMatch(
      /^skipped a damaged checkpoint: .*runs\/whole\/checkpoints\/step-00000008\.safetensors: .* the file is cut off\n/,
    );
    expect(err).toContain("from step 4\n");
    expect(out).toContain("Trained 4 steps ");
    expect(expected.equals(await readFile(join(workspace.path, "runs/whole", last)))).toBe(true);
  });

  test("a complete training has nothing to do, and goes further with more epochs", async () => {
    await trainSmall(["--steps", "8"]);
    const nothing = await train(["--resume", "--threads", "1"]);
    expect(nothing.status).toBe(0);
    expect(nothing.out).toMatch(
      /^Nothing to do: this training is complete, at step 8 of 8; --epochs or --steps /,
    );
    const more = await train(["--resume", "--epochs", "3", "--threads", "1"]);
    expect(more.status).toBe(0);
    expect(more.err).toContain("12 steps of 50, from step 8\n");
    expect(await readdir(join(workspace.path, "runs/small/checkpoints"))).toContain(
      "step-00000012.safetensors",
    );
  });

  test.each<[string, string[], string]>([
    ["--seed", ["--seed", "2"], "--seed: a resumed run keeps what it began with"],
    ["--model", ["--model", "lenet5"], "--model: a resumed run keeps what it began with"],
    ["--batch-size", ["--batch-size", "9"], "--batch-size: a resumed run keeps what it began with"],
    ["--learning-rate", ["--learning-rate", "1"], "--learning-rate: a resumed run keeps what it began with"],
    ["another folder", ["--log-dir", "runs/b"], "--log-dir: a resumed run goes on in its own folder"],
  ])("refuses to change what is fixed: %s", async (_, flags, message) => {
    const { status, out, err } = await train(["--resume", "runs/a", ...flags]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(new RegExp(`^error: ${message}[^\n]*; leave it out[^\n]*\n$`));
  });

  test.each<[string, string[], string]>([
    [
      "no run at all",
      ["--resume"],
      "--resume: there is no run in runs/; name its folder, or start anew without --resume",
    ],
    [
      "a folder without checkpoints",
      ["--resume", "data"],
      "data: expected a checkpoint to go on from, found none that is whole; start anew without --resume",
    ],
  ])("with %s", async (_, flags, message) => {
    const { status, out, err } = await train(flags);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).toContain(message);
  });
});

describe("a definition of one's own", () => {
  const layers = JSON.stringify(small.layers);
  const top = `name: "Mine", input: { shape: [28, 28, 1], scale: 1 / 255, offset: 0 }, classes: [..."0123456789"]`;
  const typescript = `
    import type { ModelDefinition } from "mnist-classification";
    interface Widths { readonly first: number }
    const widths: Widths = { first: 3 };
    export const model: ModelDefinition = {
      ${top},
      layers: [
        { type: "conv2d", name: "c" as const, filters: widths.first, kernelSize: 5, strides: 3 },
        { type: "flatten", name: "f" },
        { type: "dense", name: "out", units: 10 },
      ],
    } satisfies ModelDefinition;
  `;
  test.each<[string, string]>([
    ["mine.json", JSON.stringify({ ...small, name: "Mine" })],
    ["mine.ts", typescript],
    ["mine.mts", `export default { ${top}, layers: ${layers} };`],
    ["mine.js", `export const model = { ${top}, layers: ${layers} };`],
    ["mine.mjs", `export default { ${top}, layers: ${layers} };`],
  ])("./%s is trained, into a run of its name", async (file, text) => {
    await writeFile(join(workspace.path, file), text);
    const { status, err } = await train(["--model", `./${file}`, ...brief, "--steps", "1"]);
    expect(err).toContain("Training Mine on ");
    expect(status).toBe(0);
    const { definition } = await checkpointOf("runs/mine/checkpoints/step-00000001.safetensors");
    expect(definition.name).toBe("Mine");
    expect(definition.layers[0]).toMatchObject({ type: "conv2d", filters: file === "mine.ts" ? 3 : 4 });
  });

  test.each<[string, string, string]>([
    ["cut.json", '{"name": ', "cut.json: not JSON: "],
    ["empty.json", "{}", "empty.json: name must be a name of letters, digits, _ . -, found nothing"],
    [
      "wrong.ts",
      `export const model = { ${top}, layers: [{ type: "conv9d", name: "c" }] };`,
      "wrong.ts: layer 1: type must be one of ",
    ],
    ["syntax.js", "export const model = {", "syntax.js: cannot be loaded: "],
    ["syntax.ts", "export const model: = {", "syntax.ts: cannot be loaded: "],
    ["throws.js", 'throw new Error("no luck\\nat all");', "throws.js: cannot be loaded: no luck"],
    [
      "other.js",
      "export const network = 1;",
      "other.js: expected an export named model, or a default one; found network",
    ],
    [
      "fits-not.json",
      JSON.stringify({ ...small, layers: small.layers.slice(0, -1) }),
      "model Small: the last layer gives 144, expected 10, ",
    ],
    [
      "large.json",
      JSON.stringify({ ...small, input: { ...small.input, shape: [32, 32, 1] } }),
      "model Small: its input is 32x32x1, but the images are 28x28x1; ",
    ],
  ])("./%s is refused in one sentence", async (file, text, message) => {
    await writeFile(join(workspace.path, file), text);
    const { status, out, err } = await train(["--model", `./${file}`, ...brief, "--steps", "1"]);
    expect(err).toContain(`error: ${file.includes("fits") || file.includes("large") ? "" : "./"}${message}`);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(await readdir(workspace.path)).not.toContain("runs");
  });
});

describe("two trainings into one folder", () => {
  test.each([[["--log-dir", "runs/mine"]], [["--resume", "runs/mine"]]])(
    "the second is refused as long as the first one runs: %j",
    async (how) => {
      let second: Promise<Result> | undefined;
      const first = await trainSmall(["--log-dir", "runs/mine", "--json"], {
        onWrite(text) {
          if (text.startsWith('{"type":"checkpoint"')) second ??= train([...how, "--threads", "1"]);
        },
      });
      expect(first).toMatchObject({ status: 0, err: "" });
      expect(await second).toMatchObject({ status: 1, out: "" });
      expect((await second)?.err).toMatch(
        /^error: runs\/mine: process \d+ on .* has been training into this folder since .*\n$/,
      );
      expect((await readdir(join(workspace.path, "runs/mine"))).sort()).not.toContainEqual(
        expect.stringMatching(/^\./),
      );
    },
  );

  test("two that begin at once without a name have a folder each", async () => {
    const both = await Promise.all([trainSmall(["--steps", "2"]), trainSmall(["--steps", "2"])]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect((await readdir(join(workspace.path, "runs"))).sort()).toEqual(["small", "small-2"]);
  });

  test("one that was killed before its first checkpoint begins anew, and what it left is gone", async () => {
    const left = join(workspace.path, "runs/mine/checkpoints");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, `.step-00000004.safetensors.${crypto.randomUUID()}.tmp`), "half of it");
    expect((await trainSmall(["--log-dir", "runs/mine"])).status).toBe(0);
    expect((await readdir(left)).sort()).toEqual(["step-00000004.safetensors", "step-00000008.safetensors"]);
  });
});

describe("what cannot be done ends in one sentence", () => {
  const fails = async (argv: readonly string[], expected: { status: number; message: string | RegExp }) => {
    const { status, out, err } = await train(argv);
    expect(err).toMatch(expected.message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect({ status, out }).toEqual({ status: expected.status, out: "" });
  };

  test.each<[string[], string]>([
    [
      ["--model", "lenet9"],
      '--model: expected lenet, lenet5, fast, best, parts or a file that ends in .ts, .js or .json, found "lenet9"',
    ],
    [["--preset", "slow"], '--preset: expected one of lenet, lenet5, best, fast, parts, found "slow"'],
    [
      ["--optimizer", "adagrad"],
      '--optimizer: expected one of sgd, momentum, rmsprop, adam, adamw, found "adagrad"',
    ],
    [["--optimizer", "adam:rate=1"], '--optimizer: adam has no setting "rate"; it has beta1, beta2, epsilon'],
    [["--optimizer", "adam:beta1=much"], '--optimizer: beta1: expected a number, found "much"'],
    [
      ["--schedule", "linear"],
      '--schedule: expected one of constant, exponential, step, cosine, one-cycle, found "linear"',
    ],
    [["--schedule", "constant:rate=1"], '--schedule: constant has no setting "rate"; it has none'],
    [["--epochs", "many"], '--epochs: expected a number, found "many"'],
    [["--epochs", "0"], "epochs: expected a whole number above 0, found 0"],
    [["--steps", "1.5"], "steps: expected a whole number above 0, found 1.5"],
    [["--batch-size", ""], '--batch-size: expected a number, found ""'],
    [["--batch-size", "-4"], "batch size: expected a whole number above 0, found -4"],
    [["--learning-rate", "0"], "learning rate: expected above 0, found 0"],
    [["--weight-decay=-1"], "weight decay: expected 0 or above, found -1"],
    [["--seed", "-1"], "seed: expected a whole number from 0 to 2147483647, found -1"],
    [
      ["--validation-count", "200"],
      "validation count: expected fewer than the 200 images that there are, found 200",
    ],
    [["--checkpoint-every", "0"], "--checkpoint-every: expected a whole number above 0, found 0"],
    [["--keep", "0"], "--keep: expected a whole number above 0, found 0"],
    [["--threads", "0"], "--threads: expected a whole number from 1 to 64, found 0"],
  ])("%j is wrong usage", async (flags, message) => {
    await fails([...flags, ...(flags.includes("--threads") ? [] : ["--threads", "1"])], {
      status: 2,
      message: `error: ${message}`,
    });
    expect(await readdir(workspace.path)).not.toContain("runs");
  });

  test("a learning rate at which training diverges", async () => {
    const flags = [
      "--learning-rate",
      "1e30",
      "--optimizer",
      "sgd",
      "--log-dir",
      "runs/x",
      "--json",
      "--threads",
      "1",
    ];
    const { status, err } = await train(["--model", "small.json", "--validation-count", "0", ...flags]);
    expect(status).not.toBe(0);
    expect(err).toMatch(
      /^error: the loss is \w+ at step \d+: layer logits gave the first number that is not finite; its weights are finite, the largest \d\.\de\+\d+; use a learning rate below 1e\+30, or clip gradients \(--clip-norm 1\)\n$/,
    );
  });

  test("data that are not prepared, with the command that does it", async () => {
    await fails(["--data", "nowhere"], {
      status: 1,
      message:
        /^error: nowhere\/mnist_train\.tfrecord: there is no such file; run mnist prepare --output nowhere first\n$/,
    });
    const bare = await createWorkspace({ withData: false });
    const { status, err } = await bare.run(["train"]);
    await bare.remove();
    expect(status).toBe(1);
    expect(err).toBe(
      "error: data/mnist/mnist_train.tfrecord: there is no such file; run mnist prepare first\n",
    );
  });

  test("a level of summaries that there is not", async () => {
    await fails(["--summaries", "some"], {
      status: 2,
      message: 'error: --summaries: expected one of none, light, full, found "some"',
    });
  });

  test("a data file that is none", async () => {
    await writeFile(join(workspace.path, "notes.tfrecord"), "these are a few lines of text, no records\n");
    await fails(["--data", "notes.tfrecord"], {
      status: 1,
      message: /notes\.tfrecord: record 0 at offset 0: /,
    });
  });

  test("a folder that has a training already, which stays as it is", async () => {
    await trainSmall(["--log-dir", "mine"]);
    const before = await readdir(join(workspace.path, "mine"), { recursive: true });
    await fails(["--log-dir", "mine"], {
      status: 2,
      message:
        "error: --log-dir: mine has a training already; go on with it by --resume mine, or name another folder",
    });
    expect(await readdir(join(workspace.path, "mine"), { recursive: true })).toEqual(before);
  });
});

test("mnist train --help has every option, the choices, and examples", async () => {
  const { status, out, err } = await train(["--help"]);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  const options = [
    "preset",
    "model",
    "data",
    "epochs",
    "steps",
    "batch-size",
    "optimizer",
    "learning-rate",
    "schedule",
  ];
  const more = [
    "weight-decay",
    "seed",
    "validation-count",
    "log-dir",
    "checkpoint-every",
    "keep",
    "summaries",
    "resume",
    "threads",
    "engine",
  ];
  for (const option of [...options, ...more, "json", "debug"])
    expect(out).toMatch(new RegExp(`^ +--${option}\\b`, "m"));
  for (const choice of [
    "lenet5 ",
    "fast ",
    "rmsprop:decay=0.9,momentum=0",
    "one-cycle:start=",
    "Ctrl-C",
    "--resume",
  ]) {
    expect(out).toContain(choice);
  }
  expect(out).toMatch(/Examples:\n {2}mnist train {2,}LeNet, \d+ epochs, to runs\/lenet\n/);
});
