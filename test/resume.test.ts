import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Checkpoint, decodeCheckpoint } from "../src/checkpoint.ts";
import { randomAccessTo } from "../src/core/bytes.ts";
import { MnistError } from "../src/core/errors.ts";
import type { RunFolder } from "../src/core/runFolder.ts";
import { createEngine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import { decodeSafetensors, encodeSafetensors } from "../src/formats/safetensors.ts";
import { lenet5 } from "../src/lenet.ts";
import { augmentationDefaults } from "../src/nn/augmentation.ts";
import { conv2d, dense, dropout, flatten, type ModelDefinition, maxPool2d } from "../src/nn/definition.ts";
import { optimizerDefaults } from "../src/nn/optimizers.ts";
import { scheduleDefaults } from "../src/nn/schedules.ts";
import { train } from "../src/train.ts";
import { defaultTrainingConfig, type TrainingConfig } from "../src/trainingConfig.ts";
import { listCheckpoints, modelFile, newestCheckpoint, recordTraining } from "../src/trainingRun.ts";
import { realRecords } from "./data/realImages.ts";

const definition: ModelDefinition = {
  ...lenet5,
  name: "Tiny",
  layers: [
    conv2d({ name: "conv1", filters: 2, kernelSize: 5, strides: 3, activation: "relu" }), // [n, 8, 8, 2]
    maxPool2d({ name: "pool1", poolSize: 2 }), // [n, 4, 4, 2]
    flatten({ name: "flatten" }),
    dropout({ name: "dropout", rate: 0.3 }),
    dense({ name: "fc2", units: 10 }),
  ],
};

/** 24 images, 6 held out: epochs of 3 steps, the last one of 4 images. */
const config: TrainingConfig = {
  ...defaultTrainingConfig,
  ...{ batchSize: 7, epochs: 3, learningRate: 0.02, validationCount: 6, shuffleBuffer: 10 },
};

/** All that a step may depend on is in one of them. */
const recipes: Readonly<Record<string, Partial<TrainingConfig>>> = {
  "adam, distorted, averaged, smoothed, patient": {
    ...{ augment: augmentationDefaults.strong, averageDecay: 0.9, labelSmoothing: 0.1 },
    ...{ epochs: 4, patience: 1, warmUpEpochs: 1.5 },
  },
  "momentum, clipped, decayed": {
    optimizer: { ...optimizerDefaults.momentum, nesterov: true },
    ...{ schedule: scheduleDefaults.oneCycle, clipNorm: 0.5, weightDecay: 1e-3 },
  },
  "rmsprop, nothing held out": {
    optimizer: { ...optimizerDefaults.rmsprop, momentum: 0.5 },
    ...{ schedule: scheduleDefaults.exponential, validationCount: 0 },
  },
};

class Killed extends Error {}

interface MemoryFolder extends RunFolder {
  readonly files: Map<string, Uint8Array>;
  /** Changes that are left until the process is killed in the midst of one. */
  life: number;
}

function memoryFolder(): MemoryFolder {
  const files = new Map<string, Uint8Array>();
  const folder: MemoryFolder = {
    name: "runs/tiny",
    files,
    life: Number.POSITIVE_INFINITY,
    async list(inside) {
      const start = inside === "" ? "" : `${inside}/`;
      const below = [...files.keys()].filter((file) => file.startsWith(start));
      return [...new Set(below.map((file) => file.slice(start.length).split("/")[0] ?? ""))];
    },
    async read(file) {
      const bytes = files.get(file);
      if (!bytes) throw new Error(`${file} was not written`);
      return bytes;
    },
    open: async (file) => randomAccessTo(`runs/tiny/${file}`, files.get(file)!),
    async write(file, bytes) {
      if (folder.life-- <= 0) {
        const temporary = file.replace(/[^/]+$/, `.$&.${crypto.randomUUID()}.tmp`);
        files.set(temporary, bytes.slice(0, bytes.length / 2));
        throw new Killed();
      }
      files.set(file, bytes.slice());
    },
    async append(file, bytes) {
      const isKilled = folder.life-- <= 0;
      const added = isKilled ? bytes.subarray(0, bytes.length / 2) : bytes;
      files.set(file, Buffer.concat([files.get(file) ?? new Uint8Array(), added]));
      if (isKilled) throw new Killed();
    },
    async remove(file) {
      if (folder.life-- <= 0) throw new Killed();
      files.delete(file);
    },
  };
  return folder;
}

let processes = 0;

/** What `mnist train` does, or `mnist train --resume` where there is a checkpoint; gives the changes that it made. */
async function trainInto(
  folder: MemoryFolder,
  changes: Partial<TrainingConfig>,
  images = 24,
): Promise<number> {
  const life = folder.life;
  const found = (await listCheckpoints(folder)).length > 0 ? await newestCheckpoint(folder) : undefined;
  const engine = createEngine(createReferenceBackend());
  const asked = found?.checkpoint.config ?? { ...config, ...changes };
  const events = train({
    ...{ engine, definition, config: asked },
    ...{ sources: [realRecords("train", 0, images)], checkpointEvery: 2, ...(found && { resume: found }) },
  });
  const about = { host: "host", pid: ++processes, scalarsEvery: 2, histogramsEvery: 4, keep: 2 };
  const summaries = { config: asked, summaries: "light", now: () => 1_800_000_000 } as const;
  for await (const _ of recordTraining(events, { engine, folder, ...about, ...summaries }));
  return life - folder.life;
}

/** What must be the same of two runs: the weights, the last checkpoint, and that nothing else was left. */
async function outcome(folder: MemoryFolder): Promise<Record<string, string>> {
  const files = [...folder.files.keys()].filter((file) => !file.includes("tfevents")).sort();
  const last = (await listCheckpoints(folder)).at(-1) ?? "";
  const bits = (file: string) =>
    createHash("sha256")
      .update(folder.files.get(file) ?? "")
      .digest("hex");
  return { files: files.join(" "), last, checkpoint: bits(last), model: bits(modelFile) };
}

describe("a training that is killed in the midst of any change to a file", () => {
  test.each(Object.entries(recipes))("goes on to the same bits: %s", async (_, changes) => {
    const whole = memoryFolder();
    whole.life = 1e6;
    const count = await trainInto(whole, changes);
    expect(count).toBeGreaterThan(12);
    const expected = await outcome(whole);
    for (let at = 0; at < count; at++) {
      const folder = memoryFolder();
      // Killed once, and again as early in the second life.
      for (const life of [at, at % 5]) {
        folder.life = life;
        await trainInto(folder, changes).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
      }
      folder.life = Number.POSITIVE_INFINITY;
      await trainInto(folder, changes);
      expect(await outcome(folder), `killed in change ${at}`).toEqual(expected);
    }
  });
});

describe("going on with other images is refused", () => {
  const begun = async () => {
    const folder = memoryFolder();
    await trainInto(folder, {});
    return folder;
  };

  test("more of them", async () => {
    await expect(trainInto(await begun(), {}, 25)).rejects.toThrow(
      /^runs\/tiny\/checkpoints\/step-00000009\.safetensors: expected the 24 images that the training began with, found 25; /,
    );
  });

  test("as many others", async () => {
    const folder = await begun();
    const resume = await newestCheckpoint(folder);
    const engine = createEngine(createReferenceBackend());
    const sources = [realRecords("train", 100, 24)];
    const events = train({ engine, definition, config, sources, checkpointEvery: 2, resume });
    await expect(events.next()).rejects.toThrow(
      expect.objectContaining({ code: "BAD_DATA", message: expect.stringContaining("found others") }),
    );
  });
});

describe("a damaged checkpoint", () => {
  const [older, newer] = ["checkpoints/step-00000006.safetensors", "checkpoints/step-00000009.safetensors"];
  let folder: MemoryFolder;
  let whole: Uint8Array;
  let checkpoint: Checkpoint;
  beforeAll(async () => {
    folder = memoryFolder();
    await trainInto(folder, { augment: augmentationDefaults.light });
    expect(await listCheckpoints(folder)).toContain(newer);
    whole = folder.files.get(newer)!;
    checkpoint = decodeCheckpoint(whole, "");
    // Whatever else is kept, the one before is this one.
    folder.files.set(older, folder.files.get((await listCheckpoints(folder))[0]!)!);
    for (const file of await listCheckpoints(folder)) {
      if (file !== newer && file !== older) folder.files.delete(file);
    }
  });

  /** Skipped by name, or, where only white space between the JSON's words has changed, read as it was. */
  async function expectNoticed(bytes: Uint8Array, what: string): Promise<void> {
    folder.files.set(newer, bytes);
    const found = await newestCheckpoint(folder);
    if (found.name === `runs/tiny/${newer}`) {
      expect(found.checkpoint, what).toEqual(checkpoint);
    } else {
      expect(found.name, what).toBe(`runs/tiny/${older}`);
      expect(found.skipped, what).toHaveLength(1);
      expect(found.skipped[0], what).toMatch(/^runs\/tiny\/checkpoints\/step-00000009\.safetensors: ./);
    }
  }

  test("one bit of any byte of the header is noticed, and the one before is used", async () => {
    const header = 8 + new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
    for (let at = 0; at < header; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << ((at * 5) % 8);
      await expectNoticed(bytes, `bit ${(at * 5) % 8} of byte ${at}`);
    }
  });

  test("so is any other damage: flipped bits, bytes overwritten, a file cut short, emptied, or with more at its end", async () => {
    const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const damages = fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), position, bit: fc.nat(7) }),
      fc.record({
        kind: fc.constant("fill" as const),
        position,
        value: fc.nat(255),
        length: fc.integer({ min: 1, max: 600 }),
      }),
      fc.record({ kind: fc.constant("cut" as const), position }),
      fc.record({ kind: fc.constant("add" as const), length: fc.integer({ min: 1, max: 5000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(damages, async (damage) => {
        let bytes = whole.slice();
        if (damage.kind === "add")
          bytes = new Uint8Array(Buffer.concat([bytes, new Uint8Array(damage.length)]));
        else {
          const at = Math.floor(damage.position * bytes.length);
          if (damage.kind === "flip") bytes[at]! ^= 1 << damage.bit;
          if (damage.kind === "fill") bytes.fill(damage.value, at, at + damage.length);
          if (damage.kind === "cut") bytes = bytes.subarray(0, at);
        }
        await expectNoticed(bytes, JSON.stringify(damage));
      }),
      { seed: 1, numRuns: 400, examples: [[{ kind: "cut", position: 0 }]] },
    );
  });

  test("another learning rate in the metadata is noticed; without their checksum, as older files are, they are read", async () => {
    const { tensors, metadata } = decodeSafetensors(whole, "");
    const changed = {
      ...metadata,
      config: metadata.config!.replace('"learningRate":0.02', '"learningRate":0.06'),
    };
    expect(changed).not.toEqual(metadata);
    await expectNoticed(encodeSafetensors(tensors, changed), "learning rate");
    expect(() => decodeCheckpoint(encodeSafetensors(tensors, changed), "x.safetensors")).toThrow(
      /^x\.safetensors: the metadata: CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; the file is damaged$/,
    );
    const { metadata_checksum: _, ...older } = metadata;
    expect(decodeCheckpoint(encodeSafetensors(tensors, older), "")).toEqual(checkpoint);
  });

  test("tensors of another shape than the definition's, with the bytes that they had", async () => {
    const { tensors, metadata } = decodeSafetensors(whole, "");
    const name = "Tiny/fc2/weights/Adam";
    const one = tensors.get(name)!;
    expect(one.shape).toEqual([10, 32]);
    await expectNoticed(
      encodeSafetensors(new Map([...tensors, [name, { ...one, shape: [32, 10] }]]), metadata),
      name,
    );
    folder.files.set(
      newer,
      encodeSafetensors(new Map([...tensors, [name, { ...one, shape: [32, 10] }]]), metadata),
    );
    expect((await newestCheckpoint(folder)).skipped).toHaveLength(1);
  });
});

test("no checkpoint goes before the new one is read back as it was written", async () => {
  const folder = memoryFolder();
  await trainInto(folder, { steps: 4 });
  const before = await listCheckpoints(folder);
  expect(before).toHaveLength(2);
  const lossy = {
    ...folder,
    open: async (file: string) => randomAccessTo(file, folder.files.get(file)!.slice(0, -1)),
  };
  const engine = createEngine(createReferenceBackend());
  const resume = await newestCheckpoint(folder);
  const sources = [realRecords("train", 0, 24)];
  const events = train({ engine, definition, config, sources, checkpointEvery: 2, resume });
  const about = { host: "host", pid: 1, scalarsEvery: 2, histogramsEvery: 4, keep: 2, now: () => 1 };
  const record = async () => {
    const options = { ...about, config, summaries: "light" } as const;
    for await (const _ of recordTraining(events, { engine, folder: lossy, ...options }));
  };
  await expect(record()).rejects.toThrow(MnistError);
  expect(await listCheckpoints(folder)).toEqual(expect.arrayContaining([...before]));
});
