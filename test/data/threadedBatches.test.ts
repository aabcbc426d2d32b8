import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ByteSource, bytesSource, madeFrom } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import type { Damage, EpochOptions } from "../../src/input/options.ts";
import { createReader } from "../../src/input/readerThread.ts";
import { type ReaderThread, threadedBatches } from "../../src/input/threadedBatches.ts";
import { epochBatches } from "../../src/input.ts";
import { fileSource } from "../../src/node/files.ts";
import { startReader } from "../../src/node/readerThread.ts";
import { realImages } from "./realImages.ts";
import { slimRecords } from "./slimRecords.ts";

const count = 1500;
const records = Buffer.concat([...slimRecords(realImages("train", 0, count))]);
let folder = "";
let file = "";
let worker: URL;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-reader-"));
  file = join(folder, "train.tfrecord");
  await writeFile(file, records);
  // What the build makes of the worker's source: Node 20 runs no TypeScript.
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, external: ["sharp"], target: "node" },
    build: {
      ssr: fileURLToPath(new URL("../../src/node/readerWorker.ts", import.meta.url)),
      outDir: join(folder, "built"),
      minify: false,
      rolldownOptions: { output: { entryFileNames: "readerWorker.mjs" } },
    },
  });
  worker = pathToFileURL(join(folder, "built", "readerWorker.mjs"));
});
afterAll(() => rm(folder, { recursive: true }));

const cannot = (): never => {
  throw new Error("this thread was to read nothing");
};
const never = () => cannot();

/** Copies of all batches. */
async function collect(batches: ReturnType<typeof epochBatches>) {
  const all: { images: string; labels: string; count: number }[] = [];
  for await (const { images, labels, count } of batches) {
    all.push({ images: Buffer.from(images).toString("latin1"), labels: labels.join(), count });
  }
  return all;
}

/** A reading thread within this one, over a source that only it has; `log` has what it said. */
function localThread(source: ByteSource): {
  start: () => ReaderThread;
  log: string[];
  stopped: () => boolean;
} {
  const log: string[] = [];
  let isStopped = false;
  const start = (): ReaderThread => {
    const { port1, port2 } = new MessageChannel();
    port2.on(
      "message",
      createReader({
        open: () => source,
        decodePicture: cannot,
        post(message, transfer) {
          log.push(message.type);
          port2.postMessage(message, transfer as ArrayBuffer[]);
        },
      }),
    );
    return {
      post: (message, transfer) => port1.postMessage(message, transfer as ArrayBuffer[]),
      listen: (onMessage) => void port1.removeAllListeners("message").on("message", onMessage),
      setNeeded() {},
      stop() {
        isStopped = true;
        port1.close();
      },
    };
  };
  return { start, log, stopped: () => isStopped };
}

/** A source that claims to be a file, so that it goes to the thread. */
const named = (name: string): ByteSource =>
  madeFrom(bytesSource(name, new Uint8Array()), { kind: "file", path: name });

describe("batches from a thread of its own", () => {
  const choices: Partial<EpochOptions>[] = [
    {},
    { shuffle: { seed: 3, epoch: 1, bufferSize: 300 }, skipBatches: 2 },
    { batchSize: 700, repeat: 2, except: new Set([1, 5, 900]) },
    { shard: { index: 1, count: 2 }, skip: 100, take: 1000 },
  ];
  test("are those of this thread, bit for bit", async () => {
    const readBatches = threadedBatches(() => startReader(worker), never);
    for (const choice of choices) {
      const options = { sources: [fileSource(file)], batchSize: 64, ...choice };
      expect(await collect(readBatches(options))).toEqual(await collect(epochBatches(options)));
    }
  });

  test("bring damage and errors with them", async () => {
    const damaged = join(folder, "damaged.tfrecord");
    await writeFile(damaged, records.subarray(0, 300_000));
    const readBatches = threadedBatches(() => startReader(worker), never);
    const options = { sources: [fileSource(damaged)], batchSize: 64 };
    await expect(collect(readBatches(options))).rejects.toThrow(
      expect.objectContaining({
        code: "BAD_DATA",
        message: expect.stringMatching(/damaged\.tfrecord: record 7\d\d at offset [\d,]+: its length is/),
      }),
    );
    await expect(collect(readBatches(options))).rejects.toBeInstanceOf(MnistError);
    const damage: Damage[] = [];
    const onDamage = (one: Damage) => void damage.push(one);
    const left = await collect(readBatches({ ...options, onCorrupt: "skip", onDamage }));
    expect(damage).toEqual([expect.objectContaining({ source: damaged, endsFile: true })]);
    expect(left.reduce((sum, batch) => sum + batch.count, 0)).toBe(damage[0]?.record);
  });

  test("are read ahead, but not far", async () => {
    let read = 0;
    const source: ByteSource = {
      name: "counted",
      async *stream() {
        for (let at = 0; at < records.length; at += 1000) {
          read += 1000;
          yield records.subarray(at, at + 1000);
          if (at % 20_000 === 0) await new Promise((resolve) => setTimeout(resolve)); // the ports' turn
        }
      },
    };
    const { start } = localThread(source);
    const readBatches = threadedBatches(start, never);
    const [first] = await collect(epochBatches({ sources: [source], batchSize: 64, take: 64 }));
    read = 0;
    let batches = 0;
    for await (const batch of readBatches({ sources: [named("x")], batchSize: 64, repeat: 50 })) {
      if (batches++ === 0) expect(Buffer.from(batch.images).toString("latin1")).toBe(first?.images);
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (batches === 8) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(batches).toBe(8);
    // 4 parcels of 512 were sent and one is gathered: less than two passes over the 1,500 examples, not fifty.
    expect(read).toBeGreaterThan(records.length);
    expect(read).toBeLessThan(2 * records.length);
  });

  test("end with their consumer, and their thread with them", async () => {
    const { start, stopped, log } = localThread(bytesSource("x", records));
    const readBatches = threadedBatches(start, never);
    for await (const _ of readBatches({ sources: [named("x")], batchSize: 64, repeat: 50 })) break;
    expect(stopped()).toBe(true);
    const said = log.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.length).toBeLessThanOrEqual(said + 1);
  });

  test("use one thread after another epoch again", async () => {
    let started = 0;
    const { start } = localThread(bytesSource("x", records));
    const readBatches = threadedBatches(() => {
      started++;
      return start();
    }, never);
    for (let epoch = 0; epoch < 3; epoch++)
      await collect(readBatches({ sources: [named("x")], batchSize: 500 }));
    expect(started).toBe(1);
  });

  test.each<[string, () => ReaderThread | undefined]>([
    ["there are no threads", () => undefined],
    ["the thread's file is missing", () => startReader(new URL("file:///nowhere/readerWorker.mjs"))],
  ])("come from this thread where %s", async (_, start) => {
    const options = { sources: [fileSource(file)], batchSize: 300 };
    const batches = await collect(threadedBatches(start, epochBatches)(options));
    expect(batches).toEqual(await collect(epochBatches(options)));
  });

  test("come from this thread where another cannot read the source", async () => {
    const options = { sources: [fileSource(file), bytesSource("memory", records)], batchSize: 300 };
    const batches = await collect(threadedBatches(never, epochBatches)(options));
    expect(batches).toHaveLength(10);
    // A source made out of a file is not that file.
    const { name, stream } = fileSource(file);
    const wrapped = { sources: [{ name, stream: () => stream() }], batchSize: 300 };
    expect(await collect(threadedBatches(never, epochBatches)(wrapped))).toHaveLength(5);
  });
});
