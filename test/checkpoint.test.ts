import { describe, expect, test } from "vitest";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  loadParameters,
  readModel,
  restoreTensors,
  verifyCheckpoint,
  verifyCheckpointFile,
} from "../src/checkpoint.ts";
import { randomAccessTo } from "../src/core/bytes.ts";
import { createEngine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import { decodeSafetensors, encodeSafetensors } from "../src/formats/safetensors.ts";
import { type Augmentation, augmentationDefaults } from "../src/nn/augmentation.ts";
import { dense, flatten, type ModelDefinition } from "../src/nn/definition.ts";
import { buildNetwork } from "../src/nn/network.ts";
import { optimizerDefaults } from "../src/nn/optimizers.ts";
import { createTrainingStep, type TrainingStep } from "../src/nn/trainingStep.ts";
import { checkTrainingConfig, defaultTrainingConfig } from "../src/trainingConfig.ts";

function definitionOf(hidden: number, name = "Tiny"): ModelDefinition {
  return {
    name,
    input: { shape: [2, 3, 1], scale: 1 / 255, offset: -0.5 },
    classes: ["no", "yes"],
    layers: [
      flatten({ name: "flatten" }),
      dense({ name: "hidden", units: hidden, kernelInitializer: { truncatedNormal: 0.1 } }),
      dense({ name: "out", units: 2 }),
    ],
  };
}

const engine = createEngine(createReferenceBackend());
const definition = definitionOf(4);
const config = { ...defaultTrainingConfig, seed: 5 };
const progress = { step: 12, best: { accuracy: 0.75, step: 6 } };

function stepOf(model: ModelDefinition, optimizer: "adam" | "rmsprop" = "adam"): TrainingStep {
  const options = {
    batchSize: 2,
    optimizer: optimizerDefaults[optimizer],
    loss: "softmaxCrossEntropy",
    seed: 1,
  } as const;
  return createTrainingStep(engine, buildNetwork(model), options);
}

const trained = stepOf(definition);
for (const [index, one] of [...trained.state.values()].entries()) {
  engine.floats(one).forEach((_, i, values) => {
    values[i] = index + i / 7;
  });
}
const bytes = encodeCheckpoint(engine, trained.state, { definition, config, progress });

/** The file with its metadata changed; `undefined` takes a key away. It has no checksum of them, as older files. */
function withMetadata(changes: Readonly<Record<string, string | undefined>>): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes, "");
  const all: Readonly<Record<string, string | undefined>> = {
    ...metadata,
    metadata_checksum: undefined,
    ...changes,
  };
  const entries = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return encodeSafetensors(tensors, Object.fromEntries(entries));
}

describe("a checkpoint", () => {
  test("gives back all that it was made of, to the bit", () => {
    const read = decodeCheckpoint(bytes, "tiny.safetensors");
    expect(read.definition).toEqual(definition);
    expect(read.config).toEqual(config);
    expect(read.progress).toEqual(progress);
    const weights = ["hidden/weights", "hidden/biases", "out/weights", "out/biases"].map(
      (name) => `Tiny/${name}`,
    );
    const slots = weights.flatMap((name) => [`${name}/Adam`, `${name}/Adam_1`]);
    expect([...read.tensors.keys()]).toEqual([...weights, ...slots]);
    const other = stepOf(definition);
    restoreTensors(engine, other.state, read, "tiny.safetensors");
    for (const [name, one] of trained.state) {
      expect(engine.floats(other.state.get(name) ?? one)).toEqual(engine.floats(one));
      expect(other.state.get(name)).not.toBe(one);
    }
  });

  test("of an earlier version has what that version did without saying so", () => {
    const { warmUpEpochs, labelSmoothing, averageDecay, augment, ...earlier } = config;
    const saved = encodeCheckpoint(engine, trained.state, {
      definition,
      config: earlier as typeof config,
      progress,
    });
    const read = decodeCheckpoint(saved, "earlier.safetensors").config;
    expect(read).toEqual({
      ...earlier,
      ...{ warmUpEpochs: 0, labelSmoothing: 0, averageDecay: 0, augment: augmentationDefaults.none },
    });
    expect(() => checkTrainingConfig(read)).not.toThrow();
    const { brightness, ...fewer } = augmentationDefaults.strong;
    const older = { definition, config: { ...config, augment: fewer as Augmentation }, progress };
    const { augment: filled } = decodeCheckpoint(
      encodeCheckpoint(engine, trained.state, older),
      "older",
    ).config;
    expect(filled).toEqual({ ...fewer, brightness: 0 });
  });

  test("is a copy: what is trained later does not change it", () => {
    const step = stepOf(definition);
    const saved = encodeCheckpoint(engine, step.state, { definition, config, progress });
    const before = saved.slice();
    for (const one of step.state.values()) engine.floats(one).fill(9);
    expect(saved).toEqual(before);
  });

  test("gives its weights alone for prediction", () => {
    const parameters = loadParameters(engine, buildNetwork(definition), decodeCheckpoint(bytes, ""), "");
    expect([...parameters.keys()]).toEqual([...trained.parameters.keys()]);
    for (const [name, one] of trained.parameters) {
      expect(engine.floats(parameters.get(name) ?? one)).toEqual(engine.floats(one));
    }
  });
});

describe("a checkpoint read for prediction", () => {
  test("gives the weights, each read once, and no more of the file than its header", async () => {
    const file = randomAccessTo("tiny.safetensors", bytes);
    const reads: (readonly [number, number])[] = [];
    const { network, parameters, calibration } = await readModel(engine, {
      ...file,
      read(into, position) {
        reads.push([position, into.byteLength]);
        return file.read(into, position);
      },
    });
    expect(network.definition).toEqual(definition);
    expect(calibration).toBeUndefined();
    expect([...parameters.keys()]).toEqual([...trained.parameters.keys()]);
    for (const [name, one] of trained.parameters) {
      expect(engine.floats(parameters.get(name) ?? one)).toEqual(engine.floats(one));
    }
    const [header, ...weights] = reads;
    expect(header?.[0]).toBe(0);
    expect(weights.map(([, length]) => length)).toEqual([4 * 24, 4 * 4, 4 * 8, 4 * 2]);
  });

  test("is whole though other tensors made all memory move meanwhile", async () => {
    const own = createEngine(createReferenceBackend());
    const file = randomAccessTo("tiny.safetensors", bytes);
    const { parameters } = await readModel(own, {
      ...file,
      async read(into, position) {
        if (position > 0) own.allocate("other", [1 << 16]);
        await file.read(into, position);
      },
    });
    for (const [name, one] of trained.parameters) {
      expect(own.floats(parameters.get(name) ?? one)).toEqual(engine.floats(one));
    }
  });

  test("has the calibration that it was written with", async () => {
    const calibration = { temperature: 1.25 };
    const about = { definition, config, progress, calibration };
    const calibrated = encodeCheckpoint(engine, trained.parameters, about);
    expect(decodeCheckpoint(calibrated, "x").calibration).toEqual(calibration);
    const read = await readModel(engine, randomAccessTo("x.safetensors", calibrated));
    expect(read.calibration).toEqual(calibration);
    expect(decodeCheckpoint(bytes, "x")).not.toHaveProperty("calibration");
  });

  test("takes no memory where the file does not fit its own definition", async () => {
    const before = engine.bytes;
    const larger = withMetadata({ definition: JSON.stringify(definitionOf(1_000_000)) });
    await expect(readModel(engine, randomAccessTo("x.safetensors", larger))).rejects.toThrow(
      /^x\.safetensors: .*Tiny\/hidden\/weights: expected 1000000x6, found 4x6/,
    );
    expect(engine.bytes).toBe(before);
  });
});

describe.each([
  {
    way: "in memory",
    verify: async (file: Uint8Array) =>
      verifyCheckpoint(decodeCheckpoint(file, "a.safetensors"), "a.safetensors"),
  },
  {
    way: "in a file, piece by piece",
    verify: (file: Uint8Array) => verifyCheckpointFile(randomAccessTo("a.safetensors", file)),
  },
])("checksums, $way,", ({ verify }) => {
  test("of an intact file are right", async () => {
    await expect(verify(bytes)).resolves.toBeUndefined();
  });

  test("find one flipped bit and name its tensor", async () => {
    const damaged = bytes.slice();
    const last = [...trained.state.keys()].at(-1);
    damaged[damaged.length - 1]! ^= 1;
    await expect(verify(damaged)).rejects.toThrow(
      new RegExp(
        `^a\\.safetensors: ${last}: CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; the file is damaged$`,
      ),
    );
  });
});

describe("a checkpoint that does not fit", () => {
  const restoreInto = (step: TrainingStep, file = bytes) => {
    const before = [...step.state.values()].map((one) => engine.floats(one).slice());
    try {
      restoreTensors(engine, step.state, decodeCheckpoint(file, "tiny.safetensors"), "tiny.safetensors");
    } finally {
      // Nothing is half restored.
      expect([...step.state.values()].map((one) => engine.floats(one))).toEqual(before);
    }
  };
  const refused = (message: string) => expect.objectContaining({ code: "BAD_CHECKPOINT", message });

  test("of other shapes: every tensor is named with both shapes", () => {
    const { state } = stepOf(definitionOf(7));
    const shapes = [
      ["hidden/weights", "7x6", "4x6"],
      ["hidden/biases", "7", "4"],
      ["out/weights", "2x7", "2x4"],
    ];
    const faults = [...state.keys()].flatMap((key) =>
      shapes
        .filter(([name]) => key === `Tiny/${name}` || key.startsWith(`Tiny/${name}/`))
        .map(([, expected, found]) => `${key}: expected ${expected}, found ${found}`),
    );
    expect(faults).toHaveLength(9);
    expect(() => restoreInto(stepOf(definitionOf(7)))).toThrow(
      refused(
        `tiny.safetensors: the checkpoint does not fit the model: ${faults.join("; ")}; use the model that it was trained with`,
      ),
    );
  });

  test("of another optimizer: the missing slots are named", () => {
    expect(() => restoreInto(stepOf(definition, "rmsprop"))).toThrow(
      expect.objectContaining({
        code: "BAD_CHECKPOINT",
        message: expect.stringMatching(
          /Tiny\/hidden\/weights\/RMSProp \(4x6\) is missing; .*Tiny\/out\/biases\/RMSProp_1 \(2\) is missing;/,
        ),
      }),
    );
  });

  test("of weights only: training cannot go on from it, predicting can", () => {
    const weights = encodeCheckpoint(engine, trained.parameters, { definition, config, progress });
    expect(() => restoreInto(stepOf(definition), weights)).toThrow(
      /Tiny\/hidden\/weights\/Adam \(4x6\) is missing/,
    );
    expect(loadParameters(engine, buildNetwork(definition), decodeCheckpoint(weights, ""), "").size).toBe(4);
  });

  test("of another model's name", () => {
    expect(() => restoreInto(stepOf(definitionOf(4, "Other")))).toThrow(
      /Other\/hidden\/weights \(4x6\) is missing/,
    );
  });

  test("of another number type", () => {
    const { tensors, metadata } = decodeSafetensors(bytes, "");
    tensors.set("Tiny/out/biases", { dtype: "I32", shape: [2], data: new Int32Array(2) });
    expect(() => restoreInto(stepOf(definition), encodeSafetensors(tensors, metadata))).toThrow(
      /Tiny\/out\/biases: expected F32, found I32/,
    );
  });
});

describe("a file that is no checkpoint is refused in one sentence", () => {
  test.each<[string, Uint8Array, string, string | RegExp]>([
    [
      "somebody else's safetensors",
      withMetadata({ format: "pt" }),
      "BAD_CHECKPOINT",
      /^x\.safetensors: expected a checkpoint of this package .*, found "pt"; give a file that mnist train wrote$/,
    ],
    [
      "safetensors without metadata",
      encodeSafetensors(new Map(), {}),
      "BAD_CHECKPOINT",
      /^x\.safetensors: .*, found none; give/,
    ],
    [
      "no definition",
      withMetadata({ definition: undefined }),
      "BAD_CHECKPOINT",
      'x.safetensors: the metadata\'s "definition" is not JSON; the file is damaged',
    ],
    [
      "damaged JSON",
      withMetadata({ progress: '{"step":12,' }),
      "BAD_CHECKPOINT",
      'x.safetensors: the metadata\'s "progress" is not JSON; the file is damaged',
    ],
    [
      "progress that is none",
      withMetadata({ progress: "null" }),
      "BAD_CHECKPOINT",
      'x.safetensors: the metadata\'s "progress" is not an object; the file is damaged',
    ],
    [
      "steps that are none",
      withMetadata({ progress: '{"step":-1}' }),
      "BAD_CHECKPOINT",
      "x.safetensors: expected a whole number of steps done, found -1; the file is damaged",
    ],
    [
      "a configuration that is none",
      withMetadata({ config: "[]" }),
      "BAD_CHECKPOINT",
      'x.safetensors: the metadata\'s "config" is not an object; the file is damaged',
    ],
    [
      "a calibration that is none",
      withMetadata({ calibration: "1.5" }),
      "BAD_CHECKPOINT",
      'x.safetensors: the metadata\'s "calibration" is not an object; the file is damaged',
    ],
    [
      "a temperature that nothing can be divided by",
      withMetadata({ calibration: '{"temperature":0}' }),
      "BAD_CHECKPOINT",
      "x.safetensors: expected a calibration's temperature from 0.05 to 20, found 0; the file is damaged",
    ],
    [
      "a definition that is none",
      withMetadata({ definition: "{}" }),
      "BAD_MODEL",
      /^x\.safetensors: name must be /,
    ],
    [
      "a file cut short",
      bytes.subarray(0, bytes.length - 5),
      "BAD_CHECKPOINT",
      /^x\.safetensors: .*the file is cut off$/,
    ],
    ["an empty file", new Uint8Array(), "BAD_CHECKPOINT", /^x\.safetensors: /],
    ["text", Buffer.from("these are no weights, but a text"), "BAD_CHECKPOINT", /^x\.safetensors: /],
  ])("%s", (_, file, code, message) => {
    expect(() => decodeCheckpoint(file, "x.safetensors")).toThrow(
      expect.objectContaining({
        code,
        message: typeof message === "string" ? message : expect.stringMatching(message),
      }),
    );
  });
});
