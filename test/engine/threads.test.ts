import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { createWasmBackend, type StartWorker, type WasmBackend } from "../../src/engine/wasmBackend.ts";
import { startWorker } from "../../src/node/threads.ts";
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
  biasGradientTrial,
  conv2dInputGradientTrial,
  conv2dTrial,
  conv2dWeightGradientTrial,
  dropoutTrial,
  lossTrial,
  matMulTrial,
  poolGradientTrial,
  poolTrial,
  softmaxTrial,
  sumSquaresTrial,
  updateTrial,
} from "./trials.ts";

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
  const lenet = windowOf({
    height: 14,
    width: 14,
    channels: 8,
    kernel: [5, 5],
    stride: [1, 1],
    padding: "same",
  });
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
    trials.push(matMulTrial(s, s.between(1, 300), s.between(1, 90), s.between(1, 90)));
  trials.push(matMulTrial(s, 1, 500, 60, true), biasGradientTrial(s, 999, 33), biasGradientTrial(s, 2, 3));
  trials.push(softmaxTrial(s, 100, 10));
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
    const trial = matMulTrial(source(22), 100, 30, 40);
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
    expect(runTrial(bench(backend), matMulTrial(source(23), 5, 6, 7)).get("c")).toBeDefined();
  });

  it("computes on after closing, on one thread", async () => {
    const backend = await createWasmBackend({ threads: 2, startWorker });
    await backend.whenStarted();
    const trial = matMulTrial(source(24), 100, 30, 40);
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
