// Shows that a training that is killed goes on to the very bits of one that is not: small trainings by `mnist train
// --resume` are ended by SIGKILL at random moments, again and again, and in the end compared with one that ran through.
//
// A third of the kills wait for a file to change first, so that many fall into the writing of a checkpoint, a model or an
// event file. After every fifth kill on average the newest of several checkpoints is damaged, too. Ends with status 1
// where anything differs, saying which file and which tensor.
import { spawn } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// No parts of the library; they lie beside it.
import { readEvents } from "../dist/formats/events.js";
import { augmentationDefaults } from "../dist/nn/augmentation.js";
import {
  createEngine,
  decodeCheckpoint,
  defaultTrainingConfig,
  fileSource,
  lenet5,
  optimizerDefaults,
  recordTraining,
  runFolder,
  scheduleDefaults,
  train,
} from "../dist/node.js";
import { commandLine } from "./commandLine.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const usage = `node scripts/kill-test.mjs [options]

Needs dist/ (npm run build). Ends with status 1 where anything differs.

  --kills <number>   (default: 100)
  --seed <number>    of their moments (default: 1)
  --images <number>  to train on (default: 1000)
  --epochs <number>  (default: 3)
  --data <file>      TFRecords (default: data/mnist/mnist_train.tfrecord, as mnist prepare writes it)`;

const { values: flags, wholeNumber } = commandLine(usage, {
  kills: { type: "string", default: "100" },
  seed: { type: "string", default: "1" },
  images: { type: "string", default: "1000" },
  epochs: { type: "string", default: "3" },
  data: { type: "string", default: join(root, "data/mnist/mnist_train.tfrecord") },
});
const [kills, seed, images, epochs] = ["kills", "seed", "images", "epochs"].map(wholeNumber);
if (!existsSync(flags.data)) stop(`${flags.data}: there is no such file; run mnist prepare, or give --data`);

/** What trainings differ in: all that a step may depend on is in one of them. */
const small = { ...defaultTrainingConfig, epochs, batchSize: 25, validationCount: 100, shuffleBuffer: 300 };
const recipes = {
  "adam, strong": {
    ...small,
    learningRate: 0.003,
    augment: augmentationDefaults.strong,
    averageDecay: 0.99,
    labelSmoothing: 0.1,
    warmUpEpochs: 0.5,
    patience: 2,
  },
  "momentum, light": {
    ...small,
    optimizer: { ...optimizerDefaults.momentum, nesterov: true },
    learningRate: 0.02,
    schedule: scheduleDefaults.oneCycle,
    augment: augmentationDefaults.light,
    weightDecay: 1e-4,
    clipNorm: 1,
  },
  "rmsprop, no split": {
    ...small,
    optimizer: { ...optimizerDefaults.rmsprop, momentum: 0.5 },
    schedule: scheduleDefaults.exponential,
    averageDecay: 0.9,
    validationCount: 0,
  },
  "adamw, impatient": {
    ...small,
    optimizer: optimizerDefaults.adamw,
    schedule: scheduleDefaults.constant,
    weightDecay: 0.01,
    learningRate: 0.03, // too high: it stops early
    epochs: 2 * epochs,
    patience: 1,
  },
  /** Begun by flags, without a checkpoint to begin with. */
  "sgd, by flags": undefined,
};

const random = createRandom(seed);
const folder = await mkdtemp(join(tmpdir(), "mnist-kill-test-"));
const started = performance.now();
const isSame = await main();
if (isSame) await rm(folder, { recursive: true });
process.exitCode = isSame ? 0 : 1;

async function main() {
  const data = join(folder, "images.tfrecord");
  await writeFile(data, await firstRecords(flags.data, images));
  const references = new Map();
  const referenceOf = async (name) => {
    if (!references.has(name)) references.set(name, await trainThrough(name, data));
    return references.get(name);
  };
  const names = Object.keys(recipes);
  const rows = new Map(names.map((name) => [name, newRow()]));
  const differences = [];
  let done = 0;
  for (let number = 0; done < kills; number++) {
    const name = names[number % names.length];
    const run = join(folder, `run-${number}`);
    const row = rows.get(name);
    const reference = await referenceOf(name);
    const leftovers = new Set();
    await begin(run, recipes[name], data);
    for (;;) {
      const kill = done < kills ? drawKill(reference.life) : undefined;
      const damaged = kill?.damages ? await damageNewest(run) : undefined;
      const { status, err, wasStarted } = await trainOnce(run, recipes[name], data, kill);
      if (damaged !== undefined) {
        row.damaged++;
        const isTold = err.includes(damaged) || !wasStarted;
        if (!isTold) differences.push(`${name}: ${damaged} was damaged, and nothing said so`);
      }
      if (status === "killed") {
        row.kills++;
        done++;
        if (!wasStarted) row.atStart++;
        if (kill.atFile) row.atFile++;
        for (const file of await unfinished(run)) if (file.endsWith(".tmp")) leftovers.add(file);
        showProgress(done);
        continue;
      }
      if (status !== 0) differences.push(`${name}: mnist train ended with status ${status}: ${err.trim()}`);
      break;
    }
    row.runs++;
    row.leftovers += leftovers.size;
    const found = await compare(reference.run, run);
    row.differences += found.length;
    differences.push(...found.map((what) => `${name}: ${what}`));
    if (found.length === 0) await rm(run, { recursive: true });
  }
  process.stderr.write("\n");
  printTable(rows);
  for (const difference of differences) console.log(`DIFFERENT ${difference}`);
  const seconds = (performance.now() - started) / 1000;
  const verdict = differences.length === 0 ? "every run ended with the bits of the one that ran through" : "";
  console.log(`\n${done} kills, seed ${seed}, ${seconds.toFixed(0)} s: ${verdict || "see above"}`);
  return differences.length === 0;
}

/** The run that is not killed, and how long it takes. */
async function trainThrough(name, data) {
  const run = join(folder, "reference", name);
  await begin(run, recipes[name], data);
  const begun = performance.now();
  const { status, err } = await trainOnce(run, recipes[name], data);
  if (status !== 0) stop(`${name}: the training that is not killed failed: ${err}`);
  const life = performance.now() - begun;
  note(`${name}: takes ${(life / 1000).toFixed(1)} s when it is not killed`);
  return { run, life };
}

/** A run's folder, with the checkpoint of step 0 where the command has no flags for what is to be trained. */
async function begin(run, config, data) {
  for (const part of ["checkpoints", "train"]) await mkdir(join(run, part), { recursive: true });
  if (!config) return;
  const engine = await createEngine({ threads: 1 });
  const signal = AbortSignal.abort();
  const options = { engine, definition: lenet5, config, sources: [fileSource(data)], checkpointEvery: 10 };
  const recorded = recordTraining(train({ ...options, signal }), {
    ...{ engine, folder: runFolder(run), now: () => Date.now() / 1000, host: "kill-test", pid: process.pid },
    ...{ scalarsEvery: 10, histogramsEvery: 100, keep: 3 },
  });
  for await (const _ of recorded);
  engine.close();
  await rm(join(run, "model.safetensors"), { force: true });
}

/** Runs the command, to its end or until it is killed. */
async function trainOnce(run, config, data, kill) {
  const checkpoints = (await readdir(join(run, "checkpoints"))).filter((file) => file.startsWith("step-"));
  const isBegun = config !== undefined || checkpoints.length > 0;
  const fresh = [
    "--model",
    "lenet5",
    "--optimizer",
    "sgd",
    "--batch-size",
    "25",
    "--validation-count",
    "100",
  ];
  const how = isBegun ? ["--resume", run] : [...fresh, "--epochs", String(epochs), "--log-dir", run];
  const others = ["--data", data, "--threads", "1", "--checkpoint-every", "10", "--json"];
  const argv = [join(root, "dist/cli/main.js"), "train", ...how, ...others];
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  let wasStarted = false;
  child.stdout.on("data", (chunk) => {
    wasStarted ||= chunk.includes('"type":"start"');
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const watchers = [];
  const timer =
    kill &&
    setTimeout(() => {
      const end = () => child.kill("SIGKILL");
      if (!kill.atFile) return end();
      // The next change of a checkpoint, the model or an event file.
      for (const part of ["", "checkpoints", "train"]) watchers.push(watch(join(run, part), end));
    }, kill.after);
  const [code, signal] = await new Promise((resolve) => child.on("close", (...ended) => resolve(ended)));
  clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  return { status: signal === "SIGKILL" ? "killed" : code, err, wasStarted };
}

function drawKill(life) {
  return { after: random() * life, atFile: random() < 1 / 3, damages: random() < 1 / 5 };
}

/** Flips a bit of the newest checkpoint, cuts it short, or empties it, where there is one before it; gives its name. */
async function damageNewest(run) {
  const checkpoints = join(run, "checkpoints");
  const files = (await readdir(checkpoints)).filter((file) => file.startsWith("step-")).sort();
  const newest = files.at(-1);
  if (files.length < 2 || !newest) return undefined;
  const path = join(checkpoints, newest);
  const bytes = await readFile(path);
  if (bytes.length < 8) return undefined; // damaged before, and not read since
  const how = random();
  if (how < 0.15) await truncate(path, 0);
  else if (how < 0.4) await truncate(path, Math.floor(random() * bytes.length));
  else {
    // Half of the flips in the header, which is a hundredth of the file.
    const header = 8 + bytes.readUInt32LE(0);
    let at = Math.floor(random() * (random() < 0.5 ? Math.min(header, bytes.length) : bytes.length));
    // Without this word a file is an older one, which is read without what it says of itself being checked.
    const word = bytes.indexOf("metadata_checksum");
    if (at >= word && at < word + 17) at = word + 22;
    const file = await open(path, "r+");
    await file.write(Uint8Array.of(bytes[at] ^ (1 << Math.floor(random() * 8))), 0, 1, at);
    await file.close();
  }
  return newest;
}

/** Files that are not whole, and locks: what a process that was killed leaves. */
async function unfinished(run) {
  const files = await readdir(run, { recursive: true });
  return files.filter((file) => /\.tmp$|\.lock$/.test(file));
}

/** What differs between two runs' folders, in words. */
async function compare(expected, found) {
  const differences = [];
  const last = async (run) =>
    join(
      "checkpoints",
      (await readdir(join(run, "checkpoints")))
        .filter((file) => file.startsWith("step-"))
        .sort()
        .at(-1) ?? "",
    );
  for (const file of ["model.safetensors", await last(expected)]) {
    const [a, b] = [
      await readFile(join(expected, file)),
      await readFile(join(found, file)).catch(() => undefined),
    ];
    if (!b) differences.push(`${file}: is missing, there is ${await last(found)}`);
    else if (!a.equals(b)) differences.push(...compareCheckpoints(file, a, b));
  }
  const evaluation = "evaluations/validation.json";
  if (existsSync(join(expected, evaluation))) {
    const [a, b] = await Promise.all(
      [expected, found].map((run) => readFile(join(run, evaluation), "utf8").catch(() => "{}")),
    );
    const content = (text) => JSON.stringify({ ...JSON.parse(text), data: 0, wallTime: 0, seconds: 0 });
    if (content(a) !== content(b)) differences.push(`${evaluation}: says something else`);
  }
  const [losses, others] = await Promise.all([expected, found].map(lossesOf));
  if (JSON.stringify(losses) !== JSON.stringify(others))
    differences.push("train/: the event files have other losses");
  for (const file of await unfinished(found)) differences.push(`${file}: was left`);
  return differences.map((one) => `${one} (kept in ${found})`);
}

/** The losses in all event files of a run, each step's once, in the order of the steps. */
async function lossesOf(run) {
  const losses = new Map();
  for (const file of (await readdir(join(run, "train"))).sort()) {
    try {
      for await (const { step, values } of readEvents(fileSource(join(run, "train", file)))) {
        for (const { tag, tensor } of values) if (tag === "loss") losses.set(step, tensor.values[0]);
      }
    } catch (error) {
      if (error.code !== "BAD_DATA") throw error; // The last record is cut off, where a kill cut it.
    }
  }
  return [...losses].sort(([a], [b]) => a - b);
}

function compareCheckpoints(file, a, b) {
  let [x, y] = [a, b];
  try {
    [x, y] = [a, b].map((bytes) => decodeCheckpoint(bytes, file));
  } catch (error) {
    return [`${file}: ${error.message}`];
  }
  const differences = ["definition", "config", "progress", "calibration"]
    .filter((key) => JSON.stringify(x[key]) !== JSON.stringify(y[key]))
    .map((key) => `${file}: ${key}: expected ${JSON.stringify(x[key])}, found ${JSON.stringify(y[key])}`);
  for (const [name, { data }] of x.tensors) {
    const other = y.tensors.get(name)?.data;
    const count = other
      ? data.reduce((sum, value, i) => sum + (Object.is(value, other[i]) ? 0 : 1), 0)
      : data.length;
    if (count > 0) differences.push(`${file}: ${name}: ${count} of ${data.length} values differ`);
  }
  return differences.length > 0 ? differences : [`${file}: other bytes of the same values`];
}

/** The beginning of a TFRecord file: a record is u64 length, u32 checksum, the data, u32 checksum. */
async function firstRecords(path, count) {
  const bytes = await readFile(path);
  let end = 0;
  for (let i = 0; i < count && end < bytes.length; i++) end += 16 + Number(bytes.readBigUInt64LE(end));
  return bytes.subarray(0, end);
}

function newRow() {
  return { runs: 0, kills: 0, atStart: 0, atFile: 0, leftovers: 0, damaged: 0, differences: 0 };
}

function showProgress(done) {
  const left = ((performance.now() - started) / 1000 / done) * (kills - done);
  const line = `${done} of ${kills} kills, ${Math.round(left)} s left`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (done % Math.ceil(kills / 10) === 0) note(line);
}

function printTable(rows) {
  const heads = [
    "training",
    "runs",
    "kills",
    "at start-up",
    "at a file",
    "half files",
    "damaged",
    "differences",
  ];
  const total = newRow();
  for (const row of rows.values()) for (const key of Object.keys(total)) total[key] += row[key];
  const lines = [...rows, ["all", total]].map(([name, row]) => [name, ...Object.values(row).map(String)]);
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i].length)));
  const show = (line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  for (const line of [heads, ...lines]) console.log(show(line));
}

/** Mulberry32: the same moments for the same seed, as shares of a run's life. */
function createRandom(from) {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function note(text) {
  process.stderr.write(`${text}\n`);
}

function stop(why) {
  note(`error: ${why}`);
  process.exit(1);
}
