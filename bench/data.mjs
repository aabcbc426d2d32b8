// Preparing MNIST as PNG and as raw pixels, and one epoch through the input, from PNG and from raw TFRecords.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { epochBatches, fileSource } from "../dist/node.js";
import { runMnist } from "./mnist.mjs";
import { rawRecords } from "./rawRecords.mjs";
import { compare } from "./rounds.mjs";

async function epochSeconds(path) {
  const start = performance.now();
  let count = 0;
  const shuffle = { seed: 1, epoch: count, bufferSize: 20_000 };
  for await (const batch of epochBatches({ sources: [fileSource(path)], batchSize: 64, shuffle })) {
    count += batch.count;
  }
  if (count !== 60_000) throw new Error(`${path}: an epoch has ${count} images, expected 60,000`);
  return (performance.now() - start) / 1000;
}

export async function benchData({ folder, records, train, rounds, onGroup }) {
  onGroup("data");
  const raw = join(folder, "raw.tfrecord");
  writeFileSync(raw, rawRecords(train));
  const prepared = (encoding) => () => {
    const start = performance.now();
    const output = join(folder, `prepared-${encoding}`);
    runMnist(["prepare", "--force", "--json", "--encoding", encoding, "--output", output]);
    const value = (performance.now() - start) / 1000;
    return { value, typical: value };
  };
  const encodings = [
    { name: "as PNG", measure: prepared("png") },
    { name: "as raw pixels", measure: prepared("raw") },
  ];
  const measured = (path) => async () => {
    const value = await epochSeconds(path);
    return { value, typical: value };
  };
  const contestants = [
    { name: "from PNG", measure: measured(records) },
    { name: "from raw pixels", measure: measured(raw) },
  ];
  await epochSeconds(raw); // compiles
  const options = { rounds, higherIsBetter: false };
  const epochs = await compare("one epoch of 60,000 images into batches", "s", contestants, options);
  const group = "mnist prepare, 70,000 images, whole process";
  return [
    ...(await compare(group, "s", encodings, { rounds: Math.min(rounds, 3), higherIsBetter: false })),
    ...epochs,
  ];
}
