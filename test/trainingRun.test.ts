import { describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../src/checkpoint.ts";
import { randomAccessTo } from "../src/core/bytes.ts";
import type { RunFolder } from "../src/core/runFolder.ts";
import { createEngine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import { decodeEvaluation, evaluationFiles } from "../src/evaluationFile.ts";
import { lenet } from "../src/lenet.ts";
import { conv2d, dense, flatten, type ModelDefinition, maxPool2d } from "../src/nn/definition.ts";
import { type TrainingEvent, type TrainOptions, train } from "../src/train.ts";
import { defaultTrainingConfig } from "../src/trainingConfig.ts";
import { listCheckpoints, modelFile, newestCheckpoint, recordTraining } from "../src/trainingRun.ts";
import { realRecords } from "./data/realImages.ts";

/** LeNet's layers and names in a size that the reference kernels train in no time. */
const definition: ModelDefinition = {
  ...lenet,
  layers: [
    conv2d({ name: "conv1", filters: 3, kernelSize: 5, strides: 3, activation: "relu" }), // [n, 8, 8, 3]
    maxPool2d({ name: "pool1", poolSize: 2 }), // [n, 4, 4, 3]
    flatten({ name: "Flatten" }),
    dense({ name: "fc4", units: 10 }),
  ],
};

// 40 images, 8 held out: epochs of 4 steps.
const config = {
  ...defaultTrainingConfig,
  batchSize: 8,
  epochs: 3,
  learningRate: 0.01,
  validationCount: 8,
  shuffleBuffer: 50,
};

/** A folder in memory, and every change to it in order. */
function memoryFolder(): RunFolder & { readonly files: Map<string, Uint8Array>; readonly changes: string[] } {
  const files = new Map<string, Uint8Array>();
  const changes: string[] = [];
  return {
    name: "runs/test",
    files,
    changes,
    list: async (folder) =>
      [...files.keys()]
        .filter((file) => file.startsWith(`${folder}/`))
        .map((file) => file.slice(folder.length + 1)),
    async read(file) {
      const bytes = files.get(file);
      if (!bytes) throw new Error(`${file} was not written`);
      return bytes;
    },
    open: async (file) => randomAccessTo(`runs/test/${file}`, files.get(file)!),
    async write(file, bytes) {
      changes.push(`write ${file}`);
      files.set(file, bytes.slice());
    },
    async append(file, bytes) {
      changes.push(`append ${file}`);
      files.set(file, Buffer.concat([files.get(file) ?? new Uint8Array(), bytes]));
    },
    async remove(file) {
      changes.push(`remove ${file}`);
      files.delete(file);
    },
  };
}

interface Settings extends Partial<Pick<TrainOptions, "checkpointEvery" | "resume" | "signal">> {
  readonly keep?: number;
  readonly startsAt?: number;
}

/** Trains and records into `folder`; a clock that ticks a quarter of a second a reading. */
async function record(
  folder: RunFolder,
  { keep = 3, startsAt = 1_800_000_000, checkpointEvery = 100, ...others }: Settings = {},
  onEvent?: (event: TrainingEvent) => void | Promise<void>,
): Promise<void> {
  const engine = createEngine(createReferenceBackend());
  let time = startsAt;
  const events = train({
    engine,
    definition,
    config,
    sources: [realRecords("train", 0, 40)],
    checkpointEvery,
    ...others,
  });
  const summaries = { config, summaries: "light", scalarsEvery: 2, histogramsEvery: 5 } as const;
  const options = { engine, folder, host: "my host", pid: 42, ...summaries, keep };
  for await (const event of recordTraining(events, { ...options, now: () => (time += 0.25) }))
    await onEvent?.(event);
}

describe("checkpoints", () => {
  test("the last ones are kept, and the best weights besides", async () => {
    const folder = memoryFolder();
    let best: Uint8Array | undefined;
    await record(folder, { keep: 2, checkpointEvery: 3 }, async (event) => {
      if (event.type === "model") best = event.bytes.slice();
      // At every moment the newest checkpoint is there and whole.
      if (event.type === "checkpoint") {
        expect((await newestCheckpoint(folder)).checkpoint.progress.step).toBe(event.step);
        expect((await listCheckpoints(folder)).length).toBeLessThanOrEqual(2);
      }
    });
    expect(await listCheckpoints(folder)).toEqual([
      "checkpoints/step-00000009.safetensors",
      "checkpoints/step-00000012.safetensors",
    ]);
    const written = folder.changes.filter((change) => change.startsWith("write checkpoints/"));
    expect(written.map((change) => Number(/\d{8}/.exec(change)?.[0]))).toEqual([3, 4, 6, 8, 9, 12]);
    expect(Buffer.from(folder.files.get(modelFile) ?? []).equals(best ?? new Uint8Array(1))).toBe(true);
    expect(decodeCheckpoint(best ?? new Uint8Array(), "").tensors.size).toBe(4);
  });

  test("one is there before an older one goes", async () => {
    const folder = memoryFolder();
    await record(folder, { keep: 1 });
    expect(folder.changes.filter((change) => change.includes("checkpoints/"))).toEqual([
      "write checkpoints/step-00000004.safetensors",
      "write checkpoints/step-00000008.safetensors",
      "remove checkpoints/step-00000004.safetensors",
      "write checkpoints/step-00000012.safetensors",
      "remove checkpoints/step-00000008.safetensors",
    ]);
  });

  test("other files in the folder are no checkpoints and stay", async () => {
    const folder = memoryFolder();
    for (const file of [".step-00000001.safetensors.1.ab.tmp", "step-1.safetensors", "notes.txt"]) {
      await folder.write(`checkpoints/${file}`, Uint8Array.of(1));
    }
    await record(folder, { keep: 1 });
    expect(await listCheckpoints(folder)).toEqual(["checkpoints/step-00000012.safetensors"]);
    expect(folder.files.size).toBe(3 + 1 + 1 + 2 + 1); // those, a checkpoint, the model, two event files, an evaluation
  });

  test("a damaged newest one is skipped by name, and stays in nobody's way", async () => {
    const folder = memoryFolder();
    await record(folder, { checkpointEvery: 5 });
    const whole = Buffer.from(await folder.read("checkpoints/step-00000012.safetensors"));
    const names = await listCheckpoints(folder);
    expect(names.map((name) => Number(/\d{8}/.exec(name)?.[0]))).toEqual([8, 10, 12]);
    await folder.write("checkpoints/step-00000012.safetensors", whole.subarray(0, 500));
    await folder.write("checkpoints/step-00000010.safetensors", new Uint8Array());

    const { name, checkpoint, skipped } = await newestCheckpoint(folder);
    expect(name).toBe("runs/test/checkpoints/step-00000008.safetensors");
    expect(checkpoint.progress.step).toBe(8);
    expect(skipped).toHaveLength(2);
    expect(skipped[0]).toMatch(
      /^runs\/test\/checkpoints\/step-00000012\.safetensors: .*the file is cut off$/,
    );
    expect(skipped[1]).toMatch(/^runs\/test\/checkpoints\/step-00000010\.safetensors: /);

    // Interrupted at step 9 with one checkpoint to keep: it must not be the damaged one.
    const controller = new AbortController();
    const again = {
      resume: { name, checkpoint },
      keep: 1,
      signal: controller.signal,
      startsAt: 1_800_000_100,
    };
    await record(folder, again, (event) => {
      if (event.type === "step") controller.abort();
    });
    expect(await listCheckpoints(folder)).toContain("checkpoints/step-00000009.safetensors");
    const after = await newestCheckpoint(folder);
    expect(after.checkpoint.progress.step).toBe(9);

    // And to the end, over the damaged ones, to the bits of the run that was never interrupted.
    await record(folder, { resume: after, keep: 1, startsAt: 1_800_000_200 });
    expect(await listCheckpoints(folder)).toEqual(["checkpoints/step-00000012.safetensors"]);
    expect(whole.equals(await folder.read("checkpoints/step-00000012.safetensors"))).toBe(true);
  });

  test("where none is whole, each is named with what is wrong", async () => {
    const folder = memoryFolder();
    await expect(newestCheckpoint(folder)).rejects.toThrow(
      expect.objectContaining({
        code: "NOT_FOUND",
        message:
          "runs/test: expected a checkpoint to go on from, found none that is whole; start anew without --resume",
      }),
    );
    await folder.write("checkpoints/step-00000003.safetensors", Buffer.from("nonsense nonsense"));
    await expect(newestCheckpoint(folder)).rejects.toThrow(
      /^runs\/test: .*; runs\/test\/checkpoints\/step-00000003\.safetensors: .*; start anew without --resume$/,
    );
  });

  test("a folder that cannot be read is no damage, and told as it is", async () => {
    const folder = memoryFolder();
    await record(folder);
    const broken = { ...folder, read: () => Promise.reject(new Error("EIO: i/o error")) };
    await expect(newestCheckpoint(broken)).rejects.toThrow("EIO: i/o error");
  });
});

describe("evaluations/validation.json", () => {
  test("is what the held-out images say of the model's weights", async () => {
    const folder = memoryFolder();
    const text = () => new TextDecoder().decode(folder.files.get(evaluationFiles.validation));
    let models = 0;
    await record(folder, {}, (event) => {
      if (event.type === "evaluation") {
        if (event.isBest) models++;
        // Written with the best of them, and left as it was by the others.
        const { metrics, step } = decodeEvaluation(text(), "validation.json");
        if (event.isBest) expect({ metrics, step }).toEqual({ metrics: event.metrics, step: event.step });
        else expect(step).toBeLessThan(event.step);
      }
      if (event.type === "model") models--;
    });
    expect(models).toBe(0);
    const model = decodeCheckpoint(folder.files.get(modelFile) ?? new Uint8Array(), "model");
    const file = decodeEvaluation(text(), "validation.json");
    expect(file).toMatchObject({ what: "validation", data: "held-out images", step: model.progress.step });
    expect(file.wallTime).toBeGreaterThan(1_800_000_000);
    expect(file.seconds).toBeGreaterThan(0);
    expect(file.metrics.accuracy).toBe(model.progress.best?.accuracy);
    const wrong = Math.round(8 * (1 - file.metrics.accuracy));
    expect(file.mistakes).toHaveLength(wrong);
    expect(wrong).toBeGreaterThan(0);
  });
});
