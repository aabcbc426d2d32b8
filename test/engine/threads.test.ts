import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/engine/backend.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createWasmBackend, type StartWorker, type WasmBackend } from "../../src/engine/wasmBackend.ts";
import { models } from "../../src/lenet.ts";
import type { ModelDefinition } from "../../src/nn/definition.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { optimizerDefaults } from "../../src/nn/optimizers.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";
import { startWorker } from "../../src/node/threads.ts";
import { realImages } from "../data/realImages.ts";
import { batchNormInferenceTrial, batchNormTrial, foldBatchNormTrial } from "./batchNormTrials.ts";
import { convMaxPoolTrial } from "./convMaxPoolTrials.ts";
import { denseGradientTrial, denseTrial, sparseDenseTrial } from "./denseTrials.ts";
import {
  type Bench,
  bench,
  randomWindow,
  runTrial,
  sameBits,
  source,
  type Trial,
  variants,
  windowOf,
} from "./support.ts";
import {
  activationGradientTrial,
  augmentTrial,
  averageTrial,
  biasGradientTrial,
  conv2dInputGradientTrial,
  conv2dTrial,
  conv2dWeightGradientTrial,
  dropoutTrial,
  lossTrial,
  poolGradientTrial,
  poolTrial,
  softmaxTrial,
  sumSquaresTrial,
  updateTrial,
} from "./trials.ts";
import { winogradTrial, winogradWindow } from "./winogradTrials.ts";

const open: WasmBackend[] = [];
afterAll(() => {
  for (const backend of open) backend.close();
});

async function benchOf(variant: (typeof variants)[number], threads: number): Promise<Bench> {
  const backend = await createWasmBackend({ variant, threads, startWorker });
  open.push(backend);
  expect(await backend.whenStarted(), `threads that started of ${threads}`).toBe(threads);
  return bench(backend);
}

/** Every operation, each in shapes with enough tasks for all threads and in shapes with too few. */
function everyOperation(): readonly Trial[] {
  const s = source(21);
  const trials: Trial[] = [];
  const alike = { kernel: [5, 5], stride: [1, 1], padding: "same" } as const;
  const lenet = windowOf({ height: 14, width: 14, channels: 8, ...alike });
  const digits = windowOf({ height: 28, width: 28, channels: 1, ...alike });
  for (const window of [lenet, randomWindow(s, 3), randomWindow(s, 70)]) {
    const images = s.between(2, 9);
    trials.push(
      conv2dTrial(s, window, 17, images),
      conv2dInputGradientTrial(s, window, 17, images),
      conv2dWeightGradientTrial(s, window, 17, images),
      poolTrial(s, "max", window, images),
      poolGradientTrial(s, "max", window, images),
      poolTrial(s, "average", window, images),
      poolGradientTrial(s, "average", window, images),
    );
  }
  for (const size of [5, 70_001]) {
    trials.push(activationGradientTrial(s, size, true), dropoutTrial(s, size, 0.5), sumSquaresTrial(s, size));
    for (const name of ["sgd", "momentum", "rmsprop", "adam", "adamw"] as const)
      trials.push(updateTrial(s, name, size));
  }
  for (let i = 0; i < 8; i++)
    trials.push(denseGradientTrial(s, s.between(1, 200), s.between(1, 300), s.between(1, 90)));
  for (const images of [1, 5, 64]) {
    trials.push(denseTrial(s, images, 500, 60), denseGradientTrial(s, images, 70, 99, { rate: 0.5 }));
    for (const withPanels of [true, false]) {
      trials.push(sparseDenseTrial(s, images, 200, 300, { share: 0.3, withPanels }));
    }
    trials.push(
      convMaxPoolTrial(s, "direct", digits, 6, images),
      convMaxPoolTrial(s, "direct", lenet, 17, images),
      convMaxPoolTrial(s, "winograd", lenet, 41, images),
    );
  }
  for (const [images, perImage, channels] of [
    [1, 1, 3],
    [40, 49, 33],
    [3, 700, 64],
  ] as const) {
    trials.push(batchNormTrial(s, images, perImage, channels), foldBatchNormTrial(s, perImage, channels));
    trials.push(batchNormInferenceTrial(s, images, perImage, channels));
  }
  for (const images of [1, 5, 33]) trials.push(winogradTrial(s, winogradWindow(s), 41, images));
  trials.push(biasGradientTrial(s, 999, 33), biasGradientTrial(s, 2, 3));
  trials.push(softmaxTrial(s, 100, 10), averageTrial(s, 70_001), augmentTrial(s, 7, 28, 28));
  trials.push(lossTrial(s, "softmaxCrossEntropy", 100, 10), lossTrial(s, "meanSquaredError", 100, 10));
  return trials;
}

describe.each(variants)("%s threads", (variant) => {
  it("give the same bits, however many they are", async () => {
    const benches = [await benchOf(variant, 1), await benchOf(variant, 2), await benchOf(variant, 3)];
    for (const trial of everyOperation()) {
      const [one, two, three] = benches.map((each) => runTrial(each, trial));
      if (!one || !two || !three) throw new Error("three benches give three results");
      expect([sameBits(one, two), sameBits(one, three)], trial.operation.toString()).toEqual([true, true]);
    }
  });
});

/** The bits of everything that five steps on real digits leave behind. */
function trained(
  backend: Backend,
  definition: ModelDefinition,
  batchSize: number,
): Map<string, Float64Array> {
  const engine = createEngine(backend);
  const network = buildNetwork(definition);
  const step = createTrainingStep(engine, network, {
    batchSize,
    optimizer: optimizerDefaults.adam,
    loss: "softmaxCrossEntropy",
    seed: 3,
  });
  const results = new Map<string, Float64Array>();
  for (let i = 0; i < 5; i++) {
    // The last batch is partly filled.
    const count = i === 4 ? batchSize - 5 : batchSize;
    const { images, labels } = realImages("train", i * batchSize, count);
    step.loadImages(images, count, i);
    engine.ints(step.labels).set(labels);
    const { loss } = step.run({ count, step: i, learningRate: 0.001, weightDecay: 1e-4 });
    results.set(`loss ${i}`, Float64Array.of(loss));
  }
  for (const [name, one] of step.state) results.set(name, Float64Array.from(engine.floats(one)));
  for (const [name, one] of step.gradients)
    results.set(`${name}:gradient`, Float64Array.from(engine.floats(one)));
  return results;
}

describe.each(variants)("training on %s threads", (variant) => {
  it.each([
    ["lenet", 16],
    ["lenet5", 64],
  ] as const)("%s leaves the same bits, however many they are", async (model, batchSize) => {
    const all = [];
    for (const threads of [1, 2, 3]) {
      const { backend } = await benchOf(variant, threads);
      all.push(trained(backend, models[model], batchSize));
      backend.close();
    }
    const [one, two, three] = all;
    if (!one || !two || !three) throw new Error("three trainings give three results");
    expect([...one.keys()].filter((name) => name.endsWith(":gradient")).length).toBeGreaterThan(7);
    expect([...one].filter(([, values]) => values.some(Number.isNaN)).map(([name]) => name)).toEqual([]);
    expect([sameBits(one, two), sameBits(one, three)]).toEqual([true, true]);
  });
});

describe("the pool of threads", () => {
  it("is of use before any worker has started", async () => {
    const started: (() => void)[] = [];
    const late: StartWorker = (init) => {
      let handle: { stop(): void } | undefined;
      started.push(() => {
        handle = startWorker(init);
      });
      return { stop: () => handle?.stop() };
    };
    const backend = await createWasmBackend({ threads: 2, startWorker: late });
    open.push(backend);
    const trial = denseTrial(source(22), 100, 30, 40);
    const alone = runTrial(bench(backend), trial);
    expect(await backend.whenStarted(20)).toBe(1);
    for (const start of started) start();
    expect(await backend.whenStarted()).toBe(2);
    expect(runTrial(bench(backend), trial)).toEqual(alone);
  });

  it("does without workers that cannot be started", async () => {
    const failing: StartWorker = () => {
      throw new Error("no workers here");
    };
    const backend = await createWasmBackend({ threads: 4, startWorker: failing });
    open.push(backend);
    expect(backend.threads).toBe(1);
    expect(runTrial(bench(backend), denseTrial(source(23), 5, 6, 7)).get("y")).toBeDefined();
  });

  it("computes on after closing, on one thread", async () => {
    const backend = await createWasmBackend({ threads: 2, startWorker });
    await backend.whenStarted();
    const trial = denseTrial(source(24), 100, 30, 40);
    const before = runTrial(bench(backend), trial);
    backend.close();
    expect(runTrial(bench(backend), trial)).toEqual(before);
  });

  it("survives many short programs in a row", async () => {
    const backend = await createWasmBackend({ threads: 3, startWorker });
    open.push(backend);
    await backend.whenStarted();
    const each = bench(backend);
    const trial = biasGradientTrial(source(25), 40, 3);
    const first = runTrial(each, trial);
    for (let i = 0; i < 200; i++) expect(sameBits(runTrial(each, trial), first)).toBe(true);
  });

  it.each(["closed", "left open"])("lets the process end, %s", async (how) => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const script = `
      import { createJiti } from "jiti";
      const jiti = createJiti(import.meta.url, { fsCache: false });
      const { createWasmBackend } = await jiti.import("./src/engine/wasmBackend.ts");
      const { startWorker } = await jiti.import("./src/node/threads.ts");
      const backend = await createWasmBackend({ threads: 3, startWorker, variant: "simd128" });
      console.log(await backend.whenStarted());
      if (${how === "closed"}) backend.close();
    `;
    const args = ["--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 20_000 });
    expect(stdout.trim()).toBe("3");
  });
});
