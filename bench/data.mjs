// Preparing MNIST, and one epoch through the input, from PNG and from raw TFRecords.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeExample } from "../dist/formats/example.js";
import { encodeRecord } from "../dist/formats/tfrecord.js";
import { epochBatches, fileSource } from "../dist/node.js";
import { runMnist } from "./mnist.mjs";
import { compare, median } from "./rounds.mjs";

/** Raw pixels under plain names, as the Python project that this one follows wrote them. */
function writeRawRecords(path, { images, labels }) {
  const records = [];
  for (let i = 0; i < labels.length; i++) {
    const features = new Map([
      ["image_raw", { bytesList: [images.subarray(i * 784, (i + 1) * 784)] }],
      ["label", { int64List: [labels[i]] }],
      ["height", { int64List: [28] }],
      ["width", { int64List: [28] }],
      ["depth", { int64List: [1] }],
    ]);
    records.push(encodeRecord(encodeExample(features)));
  }
  writeFileSync(path, Buffer.concat(records));
}

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
  writeRawRecords(raw, train);
  const seconds = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const start = performance.now();
    runMnist(["prepare", "--force", "--json", "--output", join(folder, "prepared")]);
    seconds.push((performance.now() - start) / 1000);
  }
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
  return [
    {
      ...{ group: "mnist prepare, 70,000 images, whole process", unit: "s", contestant: "this project" },
      ...{ peer: false, median: median(seconds), min: Math.min(...seconds), max: Math.max(...seconds) },
      ...{ typical: median(seconds), rounds: seconds.length, ahead: 1, typicalAhead: 1 },
    },
    ...epochs,
  ];
}
