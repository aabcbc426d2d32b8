// Reading data sets far larger than MNIST: time grows with them, memory does not.
import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { epochBatches, fileSource } from "../dist/node.js";
import { rawRecords } from "./rawRecords.mjs";

const file = fileURLToPath(import.meta.url);

/** Reads data sets of half a million to two million images, each in a process of its own. */
export function benchLargeData({ folder, train, isQuick, onGroup }) {
  onGroup("large data sets");
  const path = join(folder, "large.tfrecord");
  const records = rawRecords(train, 10_000);
  writeFileSync(path, "");
  let written = 0;
  const sizes = isQuick ? [50_000, 100_000] : [500_000, 1_000_000, 2_000_000];
  const rows = sizes.map((size) => {
    for (; written < size; written += 10_000) appendFileSync(path, records);
    const { count, seconds, megabytes } = JSON.parse(execFileSync(process.execPath, [file, path]));
    if (count !== size) throw new Error(`${path}: ${count} images were read, expected ${size}`);
    return { images: count, seconds, microsecondsEach: (seconds / count) * 1e6, megabytes };
  });
  rmSync(path);
  return rows;
}

/** The process that reads: prints its time, and how much more was resident at most than at the start. */
async function readAll(path) {
  const start = process.memoryUsage.rss();
  let most = start;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const watch = setInterval(look, 20);
  const began = performance.now();
  const shuffle = { seed: 1, epoch: 0, bufferSize: 20_000 };
  let count = 0;
  for await (const batch of epochBatches({ sources: [fileSource(path)], batchSize: 64, shuffle })) {
    count += batch.count;
  }
  clearInterval(watch);
  look();
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(JSON.stringify({ count, seconds, megabytes: (most - start) / 1e6 }));
}

if (process.argv[1] === file) await readAll(process.argv[2]);
