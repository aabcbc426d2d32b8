import { beforeAll, describe, expect, test } from "vitest";
import type { TrainingEvent } from "../../src/train.ts";
import { newestCheckpoint } from "../../src/trainingRun.ts";
import {
  config,
  type DecodedEvent,
  definition,
  eventFiles,
  layers,
  memoryFolder,
  parameters,
  record,
} from "./smallRun.ts";

type EventOf<Type> = Extract<TrainingEvent, { type: Type }>;

const names = Object.keys(parameters).map((name) => `LeNet/${name}`);
const scalars = ["loss", "accuracy", "learning_rate", "images_per_second"];
const details = [
  ...names,
  ...names.map((name) => `${name}:gradient`),
  ...layers.flatMap((name) => [`activations/${name}`, `sparsity/${name}`]),
  "LeNet/conv1/weights/filters",
  "images",
];
const hparams = ["experiment", "session_start_info", "session_end_info"].map((name) => `_hparams_/${name}`);
const metrics = [
  ...[
    "accuracy",
    "loss",
    "mean_squared_error",
    "brier_score",
    "top_2_accuracy",
    "expected_calibration_error",
  ],
  ...["confusion_matrix", "worst_mistakes"],
  ...definition.classes.map((name) => `precision_recall/${name}`),
];

const floats = (content = "") => {
  const bytes = Uint8Array.from(Buffer.from(content, "base64"));
  return [...new Float64Array(bytes.buffer)];
};

/** The steps at which each tag has values. */
function stepsOf(events: readonly DecodedEvent[]): Map<string, number[]> {
  const steps = new Map<string, number[]>();
  for (const { step, values } of events)
    for (const { tag } of values) steps.set(tag, [...(steps.get(tag) ?? []), step]);
  return steps;
}

const valuesOf = (events: readonly DecodedEvent[], tag: string) =>
  events.flatMap(({ step, values }) =>
    values.filter((value) => value.tag === tag).map(({ tensor }) => [step, tensor] as const),
  );
const numbersOf = (events: readonly DecodedEvent[], tag: string) =>
  valuesOf(events, tag).map(([step, { floatVal = [0] }]) => [step, floatVal[0]]);

describe("a training with light summaries", () => {
  const folder = memoryFolder();
  let training: readonly DecodedEvent[] = [];
  let validation: readonly DecodedEvent[] = [];
  const told: EventOf<"step">[] = [];
  const evaluations: EventOf<"evaluation">[] = [];
  /** Tensors after each step, by name and step. */
  const tensors = new Map<string, number[]>();

  beforeAll(async () => {
    let step: EventOf<"start">["trainingStep"] | undefined;
    await record(folder, {}, (event, engine) => {
      if (event.type === "start") step = event.trainingStep;
      if (event.type === "evaluation") evaluations.push(event);
      if (event.type !== "step") return;
      told.push(event);
      for (const [name, one] of step?.gradients ?? [])
        tensors.set(`${name}:gradient ${event.step}`, [...engine.floats(one)]);
      for (const [name, one] of step?.parameters ?? [])
        tensors.set(`${name} ${event.step}`, [...engine.floats(one)]);
    });
    [training = []] = await eventFiles(folder.files, "train");
    [validation = []] = await eventFiles(folder.files, "validation");
  });

  test("writes a file for the training and one for the validation, named as TensorBoard expects", () => {
    const files = [...folder.files.keys()].filter((name) => name.includes("tfevents")).sort();
    expect(files).toEqual([
      expect.stringMatching(/^train\/events\.out\.tfevents\.18000000\d\d\.my_host\.42\.\d+$/),
      expect.stringMatching(/^validation\/events\.out\.tfevents\.18000000\d\d\.my_host\.42\.\d+$/),
    ]);
    for (const events of [training, validation]) {
      expect(events[0]).toMatchObject({ fileVersion: "brain.Event:2", values: [] });
      expect(events[1]).toMatchObject({ sessionLog: { status: 1 }, step: 1 });
    }
  });

  test("has exactly the tags that it should, at the steps at which it should", () => {
    expect(Object.fromEntries(stepsOf(training))).toEqual({
      model: [0],
      configuration: [0],
      ...Object.fromEntries(scalars.map((tag) => [tag, [1, 2, 4, 6, 8, 10, 12]])),
      ...Object.fromEntries(names.map((name) => [`${name}:gradient_norm`, [5, 10]])),
      // The end of each epoch.
      ...Object.fromEntries(details.map((tag) => [tag, [4, 8, 12]])),
    });
    expect(Object.fromEntries(stepsOf(validation))).toEqual({
      [hparams[0]!]: [0],
      [hparams[1]!]: [0],
      [hparams[2]!]: [12],
      ...Object.fromEntries(metrics.map((tag) => [tag, [4, 8, 12]])),
    });
    expect(training.filter(({ graphDef }) => graphDef !== undefined)).toHaveLength(1);
  });

  test("tells the plugin of each tag with its first value, and not again", () => {
    const plugins = (tag: string) =>
      tag.startsWith("activations/") || tag.endsWith(":gradient") || names.includes(tag)
        ? ["histograms", 2]
        : tag === "images" || tag.endsWith("/filters") || ["confusion_matrix", "worst_mistakes"].includes(tag)
          ? ["images", 3]
          : tag.startsWith("precision_recall/")
            ? ["pr_curves", 2]
            : tag.startsWith("_hparams_/")
              ? ["hparams", 2]
              : tag === "model" || tag === "configuration"
                ? ["text", 2]
                : ["scalars", 1];
    for (const events of [training, validation]) {
      const seen = new Set<string>();
      for (const { tag, metadata } of events.flatMap(({ values }) => values)) {
        const found = metadata && [metadata.pluginData.pluginName, metadata.dataClass];
        expect(found, tag).toEqual(seen.has(tag) ? undefined : plugins(tag));
        seen.add(tag);
      }
    }
  });

  test("has the numbers of the steps", () => {
    const rows = (value: (event: EventOf<"step">) => number) =>
      told
        .filter(({ step }) => step === 1 || step % 2 === 0)
        .map((event) => [event.step, Math.fround(value(event))]);
    expect(numbersOf(training, "loss")).toEqual(rows(({ loss }) => loss));
    expect(numbersOf(training, "accuracy")).toEqual(rows(({ accuracy }) => accuracy));
    expect(numbersOf(training, "learning_rate")).toEqual(rows(({ learningRate }) => learningRate));
    // The clock ticks a quarter of a second for each step that is waited for: 8 images each.
    expect(numbersOf(training, "images_per_second")).toEqual(rows(() => 32));
  });

  test("has the norm of each gradient", () => {
    for (const name of names) {
      for (const [step, norm] of numbersOf(training, `${name}:gradient_norm`)) {
        const expected = Math.hypot(...(tensors.get(`${name}:gradient ${step}`) ?? []));
        expect(expected).toBeGreaterThan(0);
        expect(Number(norm) / expected).toBeCloseTo(1, 5);
      }
    }
  });

  test("has the distribution of all weights and of their gradients", () => {
    for (const [name, size] of Object.entries(parameters)) {
      for (const tag of [`LeNet/${name}`, `LeNet/${name}:gradient`]) {
        for (const [step, tensor] of valuesOf(training, tag)) {
          const rows = floats(tensor.tensorContent);
          const values = tensors.get(`${tag} ${step}`) ?? [];
          expect(rows).toHaveLength(90);
          expect(rows.filter((_, i) => i % 3 === 2).reduce((a, b) => a + b)).toBe(size);
          expect(rows[0]).toBe(Math.min(...values));
          expect(rows[88]).toBe(Math.max(...values));
        }
      }
    }
  });

  test("has the distribution and the sparsity of what each layer gives", () => {
    const sizes = { conv1: 8 * 8 * 3, pool1: 4 * 4 * 3, Flatten: 48, fc4: 10 };
    for (const [name, size] of Object.entries(sizes)) {
      for (const [step, tensor] of valuesOf(training, `activations/${name}`)) {
        const rows = floats(tensor.tensorContent);
        expect(rows.filter((_, i) => i % 3 === 2).reduce((a, b) => a + b)).toBe(8 * size);
        const sparsity =
          new Map(numbersOf(training, `sparsity/${name}`) as [number, number][]).get(step) ?? -1;
        const zeros = sparsity * 8 * size;
        expect(zeros).toBeCloseTo(Math.round(zeros), 3);
        if (name === "fc4") expect(sparsity).toBe(0);
        else {
          // After a ReLU: nothing is below 0, and all zeros are in the lowest bucket.
          expect(rows[0]).toBe(0);
          expect(sparsity).toBeGreaterThan(0);
          expect(rows[2]).toBeGreaterThanOrEqual(Math.round(zeros));
        }
      }
    }
    expect(numbersOf(training, "sparsity/Flatten")).toEqual(numbersOf(training, "sparsity/pool1"));
  });

  test("has the metrics of every epoch", () => {
    const rows = (value: (metrics: EventOf<"evaluation">["metrics"]) => number) =>
      evaluations.map(({ step, metrics: one }) => [step, Math.fround(value(one))]);
    expect(numbersOf(validation, "accuracy")).toEqual(rows(({ accuracy }) => accuracy));
    expect(numbersOf(validation, "loss")).toEqual(rows(({ crossEntropy }) => crossEntropy));
    expect(numbersOf(validation, "mean_squared_error")).toEqual(rows((one) => one.meanSquaredError));
    expect(numbersOf(validation, "brier_score")).toEqual(rows(({ brierScore }) => brierScore));
    expect(numbersOf(validation, "top_2_accuracy")).toEqual(rows(({ topTwoAccuracy }) => topTwoAccuracy));
    expect(numbersOf(validation, "expected_calibration_error")).toEqual(
      rows((one) => one.expectedCalibrationError),
    );
    // All 8 images reach the threshold 0: those of the class truly, the others falsely.
    for (const [i, name] of definition.classes.entries()) {
      for (const [, tensor] of valuesOf(validation, `precision_recall/${name}`)) {
        const count = evaluations[0]?.metrics.classes[i]?.count ?? -1;
        expect(tensor.tensorShape.dim).toEqual([{ size: "6" }, { size: "127" }]);
        const [truePositives, falsePositives] = [tensor.floatVal?.[0], tensor.floatVal?.[127]];
        expect([truePositives, falsePositives]).toEqual([count, 8 - count]);
      }
    }
  });
});

describe("levels", () => {
  test("none writes no event files, and all else", async () => {
    const folder = memoryFolder();
    await record(folder, { summaries: "none" });
    expect([...folder.files.keys()].sort()).toEqual([
      "checkpoints/step-00000004.safetensors",
      "checkpoints/step-00000008.safetensors",
      "checkpoints/step-00000012.safetensors",
      "evaluations/validation.json",
      "model.safetensors",
    ]);
  });

  test("full has distributions and pictures more often", async () => {
    const folder = memoryFolder();
    await record(folder, { summaries: "full" });
    const [training = []] = await eventFiles(folder.files, "train");
    const steps = stepsOf(training);
    expect([...steps.keys()].sort()).toEqual(
      [
        "model",
        "configuration",
        ...scalars,
        ...names.map((name) => `${name}:gradient_norm`),
        ...details,
      ].sort(),
    );
    for (const tag of details) expect(steps.get(tag), tag).toEqual([4, 5, 8, 10, 12]);
    for (const tag of scalars) expect(steps.get(tag), tag).toEqual([1, 2, 4, 6, 8, 10, 12]);
  });

  test("change nothing of what is trained", async () => {
    const [none, full] = await Promise.all(
      (["none", "full"] as const).map(async (summaries) => {
        const folder = memoryFolder();
        await record(folder, { summaries });
        return Buffer.from(await folder.read("checkpoints/step-00000012.safetensors"));
      }),
    );
    expect(none?.equals(full ?? new Uint8Array())).toBe(true);
  });

  test("without held-out images there is one run, and the hparams are in it", async () => {
    const folder = memoryFolder();
    await record(folder, { config: { ...config, validationCount: 0, epochs: 1 } });
    expect(await eventFiles(folder.files, "validation")).toEqual([]);
    const [training = []] = await eventFiles(folder.files, "train");
    const steps = stepsOf(training);
    for (const tag of hparams) expect(steps.has(tag), tag).toBe(true);
    expect(steps.get("images")).toEqual([5]);
  });
});

describe("total_loss", () => {
  const decay = { ...config, epochs: 1, weightDecay: 0.5, learningRate: 1e-9 };

  test("is the loss and half the decay times the squares of the weights that decay", async () => {
    const folder = memoryFolder();
    let squares = 0;
    await record(folder, { config: { ...decay, optimizer: { name: "sgd" } } }, (event, engine) => {
      if (event.type !== "start") return;
      for (const [name, one] of event.trainingStep.parameters)
        if (name.endsWith("weights")) for (const value of engine.floats(one)) squares += value * value;
    });
    const [training = []] = await eventFiles(folder.files, "train");
    const totals = numbersOf(training, "total_loss");
    expect(totals.map(([step]) => step)).toEqual([1, 2, 4]);
    for (const [i, [, total]] of totals.entries()) {
      const loss = numbersOf(training, "loss")[i]?.[1];
      expect(Number(total)).toBeCloseTo(Number(loss) + 0.25 * squares, 4);
    }
  });

  test("is left out where AdamW takes the decay from the weights", async () => {
    const folder = memoryFolder();
    const optimizer = { name: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
    await record(folder, { config: { ...decay, optimizer } });
    const [training = []] = await eventFiles(folder.files, "train");
    expect(stepsOf(training).has("total_loss")).toBe(false);
  });
});

/** What TensorBoard keeps of a run's files, by its rule: a start, but the first, drops what has its step or later. */
function shown(files: readonly (readonly DecodedEvent[])[]): DecodedEvent[] {
  let kept: DecodedEvent[] = [];
  let isStarted = false;
  for (const event of files.flat()) {
    if (event.sessionLog?.status === 1) {
      if (isStarted) kept = kept.filter(({ step }) => step < event.step);
      isStarted = true;
    } else kept.push(event);
  }
  return kept;
}

describe("a training that was killed and goes on", () => {
  test("shows the curve of one that was not", async () => {
    const whole = memoryFolder();
    await record(whole);

    const folder = memoryFolder();
    const controller = new AbortController();
    // It is killed in step 10, after a checkpoint at step 8 and while a record is being written.
    await record(folder, { signal: controller.signal }, (event) => {
      if (event.type === "step" && event.step === 10) controller.abort();
    });
    folder.files.delete("checkpoints/step-00000010.safetensors");
    const [cut = ""] = [...folder.files.keys()].filter((name) => name.startsWith("train/"));
    folder.files.set(cut, (folder.files.get(cut) ?? new Uint8Array()).slice(0, -5));
    expect(shown(await eventFiles(folder.files, "train")).at(-1)?.step).toBe(8);
    const { name, checkpoint } = await newestCheckpoint(folder);
    expect(checkpoint.progress.step).toBe(8);
    await record(folder, { resume: { name, checkpoint }, startsAt: 1_800_000_100 });

    for (const run of ["train", "validation"]) {
      const files = await eventFiles(folder.files, run);
      expect(files).toHaveLength(2);
      expect(files[1]?.[1]).toMatchObject({ step: 9, sessionLog: { status: 1 } });
      const [want, got] = [shown(await eventFiles(whole.files, run)), shown(files)];
      for (const tag of run === "train" ? ["loss", "accuracy", "learning_rate"] : ["accuracy", "loss"])
        expect(numbersOf(got, tag), tag).toEqual(numbersOf(want, tag));
      const [first, second] = [stepsOf(want), stepsOf(got)];
      // The settings are told again, since they may be others; the graph is not.
      for (const [tag, steps] of first)
        expect(second.get(tag), tag).toEqual(tag === "model" || tag === "configuration" ? [0, 8] : steps);
      expect(got.filter(({ graphDef }) => graphDef !== undefined)).toHaveLength(run === "train" ? 1 : 0);
    }
  });

  test("with nothing left to do begins no files", async () => {
    const folder = memoryFolder();
    await record(folder);
    const before = [...folder.files.keys()];
    const { name, checkpoint } = await newestCheckpoint(folder);
    await record(folder, { resume: { name, checkpoint }, startsAt: 1_800_000_100 });
    expect([...folder.files.keys()]).toEqual(before);
  });
});
