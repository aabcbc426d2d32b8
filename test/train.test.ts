import { describe, expect, test } from "vitest";
import { type Checkpoint, decodeCheckpoint, loadParameters } from "../src/checkpoint.ts";
import { type ByteSource, bytesSource } from "../src/core/bytes.ts";
import { createEngine, type Engine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import type { Tensor } from "../src/engine/tensor.ts";
import { bestVariant, createWasmBackend } from "../src/engine/wasmBackend.ts";
import { encodeExample, type Feature } from "../src/formats/example.ts";
import { encodeRecord } from "../src/formats/tfrecord.ts";
import { epochBatches } from "../src/input.ts";
import { lenet5 } from "../src/lenet.ts";
import { augmentationDefaults } from "../src/nn/augmentation.ts";
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type ModelDefinition,
  maxPool2d,
} from "../src/nn/definition.ts";
import { buildNetwork } from "../src/nn/network.ts";
import { optimizerDefaults } from "../src/nn/optimizers.ts";
import { createPredictor } from "../src/nn/predictor.ts";
import { scheduleDefaults } from "../src/nn/schedules.ts";
import { type TrainingEvent, type TrainOptions, train } from "../src/train.ts";
import { defaultTrainingConfig, type TrainingConfig } from "../src/trainingConfig.ts";
import { openTrainingData } from "../src/trainingData.ts";
import { evaluate, validate } from "../src/validate.ts";
import { realRecords } from "./data/realImages.ts";

/** Small enough for the reference kernels, with all that draws random numbers while training. */
const small: ModelDefinition = {
  ...lenet5,
  name: "Small",
  layers: [
    conv2d({ name: "conv", filters: 4, kernelSize: 5, strides: 2, activation: "relu" }), // [n, 12, 12, 4]
    maxPool2d({ name: "pool", poolSize: 2 }), // [n, 6, 6, 4]
    flatten({ name: "flatten" }),
    dropout({ name: "dropout1", rate: 0.2 }),
    dense({ name: "hidden", units: 16, activation: "relu" }),
    dropout({ name: "dropout2", rate: 0.5 }),
    dense({ name: "logits", units: 10 }),
  ],
};

/** The same with statistics that are kept from step to step. */
const normalized: ModelDefinition = {
  ...small,
  layers: [
    conv2d({ name: "conv", filters: 4, kernelSize: 5, strides: 2, useBias: false }), // [n, 12, 12, 4]
    batchNormalization({ name: "norm", activation: "relu" }),
    ...small.layers.slice(1),
  ],
};

/** 63 images, 13 held out: epochs of 7 steps, the last one of 2 images. */
const smallConfig: TrainingConfig = {
  ...defaultTrainingConfig,
  batchSize: 8,
  epochs: 2,
  learningRate: 0.01,
  validationCount: 13,
  shuffleBuffer: 20,
};
const few = [realRecords("train", 0, 40), realRecords("train", 40, 23)];

type Settings = Partial<Omit<TrainOptions, "config">> & { readonly config?: Partial<TrainingConfig> };

/** The events of a training of {@link small}; `onEvent` sees each as it comes. */
async function run(
  settings: Settings = {},
  onEvent?: (event: TrainingEvent) => void,
): Promise<TrainingEvent[]> {
  const { config, engine = createEngine(createReferenceBackend()), ...others } = settings;
  const events: TrainingEvent[] = [];
  const options = { engine, definition: small, sources: few, checkpointEvery: 1000, ...others };
  for await (const event of train({ ...options, config: { ...smallConfig, ...config } })) {
    events.push(event);
    onEvent?.(event);
  }
  engine.close();
  return events;
}

const ofType = <Type extends TrainingEvent["type"]>(events: readonly TrainingEvent[], type: Type) =>
  events.filter((event): event is Extract<TrainingEvent, { type: Type }> => event.type === type);

/** The bytes of the last checkpoint: weights, slots, configuration and progress. */
function lastCheckpoint(events: readonly TrainingEvent[]): Uint8Array {
  const last = ofType(events, "checkpoint").at(-1);
  if (!last) throw new Error("there is no checkpoint");
  return last.bytes;
}

const resumed = (bytes: Uint8Array): { readonly name: string; readonly checkpoint: Checkpoint } => ({
  name: "run/checkpoint",
  checkpoint: decodeCheckpoint(bytes, "run/checkpoint"),
});

const wasm = bestVariant();
const engines: readonly [string, () => Promise<Engine>][] = [
  ["the reference kernels", async () => createEngine(createReferenceBackend())],
  ...(wasm
    ? [
        [wasm, async () => createEngine(await createWasmBackend({ threads: 1 }))] as [
          string,
          () => Promise<Engine>,
        ],
      ]
    : []),
];
const fastEngine = engines.at(-1)![1];

test("lenet5 on 2,000 images reads at least 90 % of 500 others", async () => {
  const engine = await fastEngine();
  const config = {
    ...defaultTrainingConfig,
    epochs: 3,
    batchSize: 32,
    learningRate: 0.002,
    schedule: scheduleDefaults.constant,
    validationCount: 0,
  };
  const sources = [realRecords("train", 0, 2000)];
  const losses: number[] = [];
  let predictor: ReturnType<typeof createPredictor> | undefined;
  for await (const event of train({ engine, definition: lenet5, config, sources, checkpointEvery: 1e6 })) {
    if (event.type === "start") {
      predictor = createPredictor(engine, buildNetwork(lenet5), event.trainingStep.parameters);
    }
    if (event.type === "step") losses.push(event.loss);
  }
  if (!predictor) throw new Error("no start event");
  const { metrics } = await validate(predictor, [realRecords("t10k", 0, 500)]);
  engine.close();
  expect(metrics.count).toBe(500);
  // The first loss is that of guessing among ten, and a little more: -log(1/10) = 2.3.
  expect(losses[0]).toBeGreaterThan(1.8);
  expect(losses[0]).toBeLessThan(4);
  // Measured: 0.926.
  expect(metrics.accuracy).toBeGreaterThanOrEqual(0.9);
});

describe("the events of a training", () => {
  test("come in order, with the arithmetic of epochs and of a partial last batch", async () => {
    const events = await run({ checkpointEvery: 5 });
    const told = events.map((event) =>
      event.type === "step" ? `${event.type} ${event.step} of ${event.count}` : event.type,
    );
    const step = (number: number) => `step ${number} of ${number % 7 === 0 ? 2 : 8}`;
    const isModel = ofType(events, "model").length === 2; // the second evaluation may be no better than the first
    expect(told).toEqual([
      "start",
      ...[1, 2, 3, 4, 5].map(step),
      "checkpoint",
      ...[6, 7].map(step),
      "evaluation",
      "model",
      "checkpoint",
      ...[8, 9, 10].map(step),
      "checkpoint",
      ...[11, 12, 13, 14].map(step),
      "evaluation",
      ...(isModel ? ["model"] : []),
      "checkpoint",
      "end",
    ]);
    expect(events[0]).toMatchObject({
      trainCount: 50,
      validationCount: 13,
      firstStep: 0,
      steps: 14,
      stepsPerEpoch: 7,
    });
    expect(ofType(events, "step").map(({ epoch }) => epoch)).toEqual([
      ...Array(7).fill(1),
      ...Array(7).fill(2),
    ]);
    expect(
      ofType(events, "evaluation").map(({ step, epoch, metrics }) => [step, epoch, metrics.count]),
    ).toEqual([
      [7, 1, 13],
      [14, 2, 13],
    ]);
    expect(ofType(events, "checkpoint").map(({ step }) => step)).toEqual([5, 7, 10, 14]);
    expect(events.at(-1)).toEqual({ type: "end", step: 14, interrupted: false, stoppedEarly: false });
  });

  test("`steps` ends a training whatever `epochs` says, evaluated and saved once", async () => {
    const events = await run({ config: { steps: 9, epochs: 1 }, checkpointEvery: 3 });
    expect(events[0]).toMatchObject({ steps: 9, stepsPerEpoch: 7 });
    expect(ofType(events, "evaluation").map(({ step }) => step)).toEqual([7, 9]);
    expect(ofType(events, "checkpoint").map(({ step }) => step)).toEqual([3, 6, 7, 9]);
    expect(ofType(events, "step").at(-1)).toMatchObject({ step: 9, epoch: 2 });
  });

  test("without a validation split the last weights are the model", async () => {
    const events = await run({ config: { validationCount: 0, epochs: 1, batchSize: 64 } });
    expect(events.map(({ type }) => type)).toEqual(["start", "step", "checkpoint", "model", "end"]);
    const { bytes } = ofType(events, "model")[0]!;
    const model = decodeCheckpoint(bytes, "model").tensors;
    const saved = decodeCheckpoint(lastCheckpoint(events), "checkpoint").tensors;
    expect([...model.keys()]).toEqual(
      ["conv", "hidden", "logits"].flatMap((layer) => [`Small/${layer}/weights`, `Small/${layer}/biases`]),
    );
    for (const [name, { data }] of model) expect(data).toEqual(saved.get(name)?.data);
  });

  test("the model is that of the best evaluation, of equal ones the last, and its progress says which", async () => {
    const events = await run({ config: { epochs: 5 } });
    let best = -1;
    const better = ofType(events, "evaluation").filter(({ metrics }) => {
      const isBetter = metrics.accuracy >= best;
      best = Math.max(best, metrics.accuracy);
      return isBetter;
    });
    const models = ofType(events, "model");
    expect(models.map(({ step }) => step)).toEqual(better.map(({ step }) => step));
    const { progress } = decodeCheckpoint(models.at(-1)!.bytes, "model");
    expect(progress).toMatchObject({
      step: models.at(-1)!.step,
      best: { accuracy: best, step: models.at(-1)!.step },
    });
  });

  test("the model has the temperature that its evaluation's images ask for", async () => {
    // Trained long and hard enough to be too sure of itself.
    const config = { epochs: 6, learningRate: 0.03, validationCount: 23 };
    const sources = [realRecords("train", 0, 63)];
    const events = await run({ config, sources });
    const heldOut = (
      await openTrainingData({
        ...{ sources, readBatches: epochBatches, classes: 10 },
        ...{ seed: smallConfig.seed, validationCount: 23 },
      })
    ).heldOut;
    const checked: number[] = [];
    for (const { bytes } of ofType(events, "model")) {
      const checkpoint = decodeCheckpoint(bytes, "model");
      const engine = createEngine(createReferenceBackend());
      const network = buildNetwork(checkpoint.definition);
      const parameters = loadParameters(engine, network, checkpoint, "model");
      const lossAt = async (temperature: number) => {
        const predictor = createPredictor(engine, network, parameters, { temperature });
        return (await evaluate(predictor, heldOut)).metrics.crossEntropy;
      };
      const { temperature = Number.NaN } = checkpoint.calibration ?? {};
      for (const other of [1, temperature * 0.9, temperature * 1.1]) {
        expect(await lossAt(temperature)).toBeLessThan(await lossAt(other));
      }
      checked.push(temperature);
    }
    expect(checked.length).toBeGreaterThan(0);
    // What a training goes on from has none: it is of other weights.
    expect(decodeCheckpoint(lastCheckpoint(events), "checkpoint").calibration).toBeUndefined();
  });

  test("the learning rate follows the schedule over the whole run", async () => {
    const schedule = { ...scheduleDefaults.exponential, rate: 0.5, epochs: 1 };
    const rates = ofType(await run({ config: { schedule } }), "step").map(({ learningRate }) => learningRate);
    expect(rates).toEqual([...Array(7).fill(0.01), ...Array(7).fill(0.005)]);
  });

  test("the statistics of a normalisation are a part of the model, and move", async () => {
    const [model] = ofType(await run({ definition: normalized }), "model");
    const { tensors } = decodeCheckpoint(model?.bytes ?? new Uint8Array(), "model");
    const mean = tensors.get("Small/norm/moving_mean")?.data ?? [];
    const variance = tensors.get("Small/norm/moving_variance")?.data ?? [];
    expect([mean.length, variance.length]).toEqual([4, 4]);
    expect([...mean].filter((value) => value === 0)).toEqual([]);
    expect([...variance].filter((value) => value === 1 || !(value > 0))).toEqual([]);
  });
});

describe.each(engines)("on %s", (_, createEngineUnderTest) => {
  test("the same seed gives the same bits, another seed others", async () => {
    const bits = async (seed: number) =>
      Buffer.from(lastCheckpoint(await run({ engine: await createEngineUnderTest(), config: { seed } })));
    const first = await bits(7);
    expect(first.equals(await bits(7))).toBe(true);
    const tensors = (bytes: Uint8Array) =>
      decodeCheckpoint(bytes, "").tensors.get("Small/conv/weights")?.data;
    expect(tensors(await bits(8))).not.toEqual(tensors(first));
  });

  const { rmsprop, adam } = optimizerDefaults;
  test.each([adam, { ...rmsprop, momentum: 0.9 }])(
    "going on from a checkpoint gives the same bits: $name",
    async (optimizer) => {
      const config = { optimizer, learningRate: 0.003 };
      const definition = normalized;
      const whole = await run({
        engine: await createEngineUnderTest(),
        definition,
        config,
        checkpointEvery: 3,
      });
      const expected = Buffer.from(lastCheckpoint(whole));
      const slots = optimizer.name === "adam" ? ["Adam", "Adam_1"] : ["RMSProp", "RMSProp_1"];
      const { tensors, progress } = decodeCheckpoint(expected, "");
      // Seven parameters with two slots each, and the two moving statistics.
      expect(tensors.size).toBe(7 * 3 + 2);
      for (const slot of slots) expect(tensors.has(`Small/hidden/weights/${slot}`)).toBe(true);
      expect(progress.step).toBe(14);

      const goOn = async (bytes: Uint8Array) =>
        run({
          engine: await createEngineUnderTest(),
          definition,
          config,
          checkpointEvery: 3,
          resume: resumed(bytes),
        });

      // Interrupted inside an epoch, at an epoch's end, and again after going on.
      for (const stops of [[4], [7], [1, 10, 13]]) {
        let saved: Uint8Array | undefined;
        for (const stop of stops) {
          const controller = new AbortController();
          const engine = await createEngineUnderTest();
          const settings = {
            engine,
            definition,
            config,
            signal: controller.signal,
            ...(saved && { resume: resumed(saved) }),
          };
          const events = await run(settings, (event) => {
            if (event.type === "step" && event.step === stop) controller.abort();
          });
          expect(events.at(-1)).toEqual({ type: "end", step: stop, interrupted: true, stoppedEarly: false });
          expect(ofType(events, "checkpoint").at(-1)?.step).toBe(stop);
          saved = lastCheckpoint(events);
        }
        const rest = await goOn(saved ?? new Uint8Array());
        expect(rest[0]).toMatchObject({ firstStep: stops.at(-1) });
        expect(expected.equals(lastCheckpoint(rest)), `after stops at ${stops}`).toBe(true);
      }

      // From each checkpoint that was written on the way: periodic ones (3, 6, 9, 12) and the epoch's end (7).
      const periodic = ofType(whole, "checkpoint").slice(0, -1);
      expect(periodic.map(({ step }) => step)).toEqual([3, 6, 7, 9, 12]);
      for (const { step, bytes } of periodic) {
        const rest = await goOn(bytes);
        expect(expected.equals(lastCheckpoint(rest)), `from step ${step}`).toBe(true);
        expect(ofType(rest, "step")).toEqual(ofType(whole, "step").filter((event) => event.step > step));
      }
    },
  );
});

describe("going on", () => {
  test("a training that is complete has nothing left to do", async () => {
    const done = lastCheckpoint(await run());
    const events = await run({ resume: resumed(done) });
    expect(events.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(events.at(-1)).toEqual({ type: "end", step: 14, interrupted: false, stoppedEarly: false });
  });

  test("with more epochs a training that is complete goes further", async () => {
    const done = lastCheckpoint(await run());
    const events = await run({ resume: resumed(done), config: { epochs: 3 } });
    expect(ofType(events, "step").map(({ step }) => step)).toEqual([15, 16, 17, 18, 19, 20, 21]);
  });

  test("interrupted before the first step, the beginning is saved", async () => {
    const events = await run({ signal: AbortSignal.abort() });
    expect(events.map(({ type }) => type)).toEqual(["start", "checkpoint", "end"]);
    const rest = await run({ resume: resumed(lastCheckpoint(events)) });
    expect(Buffer.from(lastCheckpoint(rest)).equals(lastCheckpoint(await run()))).toBe(true);
  });

  test("patience counts from the best epoch, across an interruption, to the same bits", async () => {
    // A rate that unlearns: no epoch is as good as an early one.
    const config = { epochs: 20, patience: 2, learningRate: 0.3, augment: augmentationDefaults.none };
    const whole = await run({ config });
    const evaluations = ofType(whole, "evaluation");
    const best = evaluations.filter(({ isBest }) => isBest).at(-1)!;
    const end = { type: "end", step: best.step + 2 * 7, interrupted: false, stoppedEarly: true };
    expect(whole.at(-1)).toEqual(end);
    expect(end.step).toBeLessThan(20 * 7);
    expect(evaluations.slice(-2).map(({ isBest }) => isBest)).toEqual([false, false]);

    // Between the best epoch and the end, inside an epoch.
    const controller = new AbortController();
    const interrupted = await run({ config, signal: controller.signal }, (event) => {
      if (event.type === "step" && event.step === best.step + 10) controller.abort();
    });
    const rest = await run({ config, resume: resumed(lastCheckpoint(interrupted)) });
    expect(rest.at(-1)).toEqual(end);
    expect(Buffer.from(lastCheckpoint(rest)).equals(lastCheckpoint(whole))).toBe(true);

    const again = await run({ config, resume: resumed(lastCheckpoint(rest)) });
    expect(again.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(again.at(-1)).toEqual(end);
    const longer = { ...config, patience: 3 };
    const further = await run({ config: longer, resume: resumed(lastCheckpoint(rest)) });
    expect(ofType(further, "step").length).toBeGreaterThanOrEqual(7);
  });

  test("a checkpoint of another model is refused", async () => {
    const done = lastCheckpoint(await run({ config: { epochs: 1 } }));
    const wider = {
      ...small,
      layers: small.layers.map((layer) => (layer.type === "conv2d" ? { ...layer, filters: 5 } : layer)),
    };
    await expect(run({ definition: wider, resume: resumed(done) })).rejects.toThrow(
      expect.objectContaining({
        code: "BAD_CHECKPOINT",
        message: expect.stringContaining("Small/conv/weights"),
      }),
    );
  });
});

/** Raw records whose first two pixels are their number and whose label is its last digit. */
function numbered(count: number): ByteSource {
  const whole = (value: number): Feature => ({ int64List: [value] });
  const records = Array.from({ length: count }, (_, index) => {
    const image = new Uint8Array(784);
    image.set([index >> 8, index & 0xff]);
    const features = { image_raw: { bytesList: [image] }, label: whole(index % 10) };
    const size = { height: whole(28), width: whole(28), depth: whole(1) };
    return encodeRecord(encodeExample(new Map<string, Feature>(Object.entries({ ...features, ...size }))));
  });
  return bytesSource("numbered.tfrecord", Buffer.concat(records));
}

describe("the validation split", () => {
  /** The numbers of the images that each epoch trained on, and the labels of those that it was judged on. */
  async function drawn(config: Partial<TrainingConfig>): Promise<{ epochs: number[][]; judged: number[] }> {
    const engine = createEngine(createReferenceBackend());
    const epochs: number[][] = [];
    let judged: number[] = [];
    let images: Tensor | undefined;
    const { scale, offset } = small.input;
    await run({ engine, sources: [numbered(150), numbered(450)], config }, (event) => {
      if (event.type === "start") images = event.trainingStep.images;
      if (event.type === "step" && images) {
        const pixels = engine.floats(images);
        const pixel = (at: number) => Math.round(((pixels[at] ?? Number.NaN) - offset) / scale);
        const numbers = Array.from(
          { length: event.count },
          (_, i) => pixel(i * 784) * 256 + pixel(i * 784 + 1),
        );
        epochs[event.epoch - 1] = [...(epochs[event.epoch - 1] ?? []), ...numbers];
      }
      if (event.type === "evaluation") judged = event.metrics.classes.map(({ count }) => count);
    });
    return { epochs, judged };
  }
  const config = { validationCount: 100, batchSize: 64, learningRate: 1e-4 };

  test("is never trained on, and every other image is, once an epoch", async () => {
    // Two files of the numbers 0 to 149 and 0 to 449: numbers below 150 are there twice.
    const { epochs, judged } = await drawn(config);
    const held = new Map<number, number>();
    for (let index = 0; index < 450; index++) held.set(index, index < 150 ? 2 : 1);
    expect(epochs.map((epoch) => epoch.length)).toEqual([500, 500]);
    const sorted = epochs.map((epoch) => [...epoch].sort((a, b) => a - b));
    expect(sorted[0]).toEqual(sorted[1]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    for (const index of epochs[0] ?? []) held.set(index, (held.get(index) ?? 0) - 1);
    const rest = [...held].flatMap(([index, times]) => {
      expect(times).toBeGreaterThanOrEqual(0);
      return Array<number>(times).fill(index);
    });
    expect(rest).toHaveLength(100);
    // What it was judged on are the images that are left: their labels say so.
    const labels = Array.from(
      { length: 10 },
      (_, label) => rest.filter((index) => index % 10 === label).length,
    );
    expect(judged).toEqual(labels);
    // Drawn over all of it, not cut off at an end: 100 of 600 in the first 300 are 50 give or take 4 deviations.
    expect(rest.filter((index) => index >= 300).length).toBeGreaterThan(10);
    expect(rest.filter((index) => index >= 300).length).toBeLessThan(45);
  });

  test("is the same for the same seed, whatever else changes, and another for another seed", async () => {
    const trained = async (changes: Partial<TrainingConfig>) => {
      const { epochs } = await drawn({ ...config, epochs: 1, ...changes });
      return [...(epochs[0] ?? [])].sort((a, b) => a - b);
    };
    const first = await trained({ seed: 3 });
    expect(
      await trained({ seed: 3, batchSize: 50, optimizer: optimizerDefaults.sgd, shuffleBuffer: 7 }),
    ).toEqual(first);
    expect(await trained({ seed: 4 })).not.toEqual(first);
  });
});

describe("validation data of their own", () => {
  const validationSources = [numbered(33)];

  test("are what epochs are judged on; every image of the others is trained on", async () => {
    const engine = createEngine(createReferenceBackend());
    const config = { batchSize: 50, epochs: 1, learningRate: 1e-4 };
    let judged: number[] = [];
    const events = await run({ engine, sources: [numbered(200)], validationSources, config }, (event) => {
      if (event.type === "evaluation") judged = event.metrics.classes.map(({ count }) => count);
    });
    expect(ofType(events, "start")).toMatchObject([{ trainCount: 200, validationCount: 33, steps: 4 }]);
    expect(judged).toEqual([4, 4, 4, 3, 3, 3, 3, 3, 3, 3]);
  });

  test("must be the same ones when a training goes on", async () => {
    const bytes = lastCheckpoint(await run({ validationSources, config: { epochs: 1 } }));
    const going = { config: { epochs: 2 }, resume: resumed(bytes) };
    const events = await run({ ...going, validationSources });
    expect(ofType(events, "end")).toMatchObject([{ interrupted: false }]);
    await expect(run(going)).rejects.toThrow(/found .*; give the same --data, --validation-data and/);
    await expect(run({ ...going, validationSources: [numbered(34)] })).rejects.toThrow(
      /give the same --data/,
    );
  });

  test("without an image are an error", async () => {
    await expect(
      run({ validationSources: [bytesSource("none.tfrecord", new Uint8Array())] }),
    ).rejects.toThrow("none.tfrecord: expected labelled images, found no records; run mnist prepare again");
  });
});

describe("what cannot be trained ends in one sentence", () => {
  const fails = (settings: Settings, code: string, message: string | RegExp) =>
    expect(run(settings)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );

  test("a learning rate that makes the loss diverge", async () => {
    const config = {
      learningRate: 1e30,
      optimizer: optimizerDefaults.sgd,
      schedule: scheduleDefaults.constant,
    };
    await fails(
      { config },
      "DIVERGED",
      /^the loss is (NaN|Infinity) at step [2-9]: .+; use a learning rate below 1e\+30, or clip gradients \(--clip-norm 1\)$/,
    );
  });

  /** A checkpoint of the beginning, with `change` done to the weights. */
  async function startingWith(name: string, change: (weights: Float32Array) => void): Promise<Uint8Array> {
    const bytes = lastCheckpoint(await run({ signal: AbortSignal.abort() })).slice();
    const { tensors } = decodeCheckpoint(bytes, "");
    const { data } = tensors.get(name)!;
    change(new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4));
    return bytes;
  }

  test.each<[string, string, (weights: Float32Array) => void, string, Partial<TrainingConfig>]>([
    [
      "a layer whose outputs overflow",
      "Small/hidden/weights",
      (weights) => weights.fill(3e38),
      "layer hidden gave the first number that is not finite; its weights are finite, the largest 3.0e+38",
      {},
    ],
    [
      "a layer whose weights are no numbers",
      "Small/logits/biases",
      (weights) => weights.fill(Number.NaN, 3, 4),
      "the weights of layer logits are no finite numbers any more",
      { clipNorm: 2 },
    ],
  ])("names %s", async (_, name, change, where, config) => {
    const bytes = await startingWith(name, change);
    const limit = config.clipNorm ? "a clip norm below 2" : "clip gradients (--clip-norm 1)";
    await expect(run({ resume: resumed(bytes), config })).rejects.toThrow(
      expect.objectContaining({
        code: "DIVERGED",
        message: expect.stringMatching(/^the loss is (NaN|Infinity) at step 1: /),
      }),
    );
    await expect(run({ resume: resumed(bytes), config })).rejects.toThrow(
      `${where}; use a learning rate below 0.01, or ${limit}`,
    );
  });

  test.each<[string, Partial<TrainingConfig>, string]>([
    ["batch size", { batchSize: 0 }, "batch size: expected a whole number above 0, found 0"],
    ["epochs", { epochs: 1.5 }, "epochs: expected a whole number above 0, found 1.5"],
    ["steps", { steps: -1 }, "steps: expected a whole number above 0, found -1"],
    ["learning rate", { learningRate: Number.NaN }, "learning rate: expected above 0, found NaN"],
    [
      "an optimizer's setting",
      { optimizer: { ...optimizerDefaults.adam, beta1: 1 } },
      "optimizer: beta1: expected a number from 0 to below 1, found 1",
    ],
    ["weight decay", { weightDecay: -1 }, "weight decay: expected 0 or above, found -1"],
    ["seed", { seed: 2 ** 31 }, "seed: expected a whole number from 0 to 2147483647, found 2147483648"],
    [
      "validation count",
      { validationCount: 63 },
      "validation count: expected fewer than the 63 images that there are, found 63",
    ],
    ["shuffle buffer", { shuffleBuffer: 0 }, "shuffle buffer: expected a whole number above 0, found 0"],
  ])("%s", async (_, config, message) => {
    await fails({ config }, "BAD_ARGUMENT", `^${message}$`);
  });

  test.each<[string, Partial<TrainingConfig>]>([
    ["optimizer", { optimizer: { name: "adagrad" } as never }],
    ["schedule", { schedule: { name: "linear" } as never }],
    ["loss", { loss: "hinge" as never }],
  ])("%s of an unknown name, as a file may have it", async (name, config) => {
    await fails({ config }, "BAD_ARGUMENT", `^${name}: expected one of .*, found (adagrad|linear|hinge)$`);
  });

  const none = { validationCount: 0 };

  test("a data file without records", async () => {
    const sources = [bytesSource("empty.tfrecord", new Uint8Array())];
    await fails({ sources, config: none }, "BAD_DATA", /^empty\.tfrecord: .*no records; run mnist prepare/);
  });

  test("a data file that is none", async () => {
    const sources = [bytesSource("notes.tfrecord", Buffer.from("no records, but a few lines of text\n"))];
    await fails({ sources, config: none }, "BAD_DATA", /^notes\.tfrecord: record 0 at offset 0: /);
  });

  test("data that become fewer while they are read", async () => {
    const { name, stream } = numbered(150);
    let passes = 0;
    const shrinking: ByteSource = {
      name,
      // Counted whole; from the second epoch on they are half of what they were.
      stream: () => (passes++ < 2 ? stream() : numbered(75).stream()),
    };
    await fails(
      { sources: [shrinking], config: { ...none, epochs: 3 } },
      "BAD_DATA",
      /^the training data had 150 images and have fewer now: /,
    );
    expect(passes).toBe(3);
  });

  test("a damaged record, by file, record and offset", async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of realRecords("train", 0, 20).stream()) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100);
    const sources = [bytesSource("bad.tfrecord", bytes)];
    await fails(
      { sources, config: none },
      "BAD_DATA",
      /^bad\.tfrecord: record 19 at offset [\d,]+: data CRC/,
    );
  });
});
