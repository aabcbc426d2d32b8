// npm run bench: this project beside its peers on this machine, taking turns. `npm run bench -- --help` tells more.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mnist, root, runMnist } from "./mnist.mjs";

const SECTIONS = ["kernels", "train", "summaries", "predict", "data", "cold", "time-to-99"];

const help = `npm run bench -- [sections] [options]

Sections: ${SECTIONS.join(", ")}; without one, all but time-to-99.

  --json        one JSON document on standard output instead of tables
  --svg <file>  draw training and prediction as bars
  --quick       fewer rounds, shorter turns: to see that it works
  --threads <n> for everybody (default: all cores)

Peers from npm: npm ci --prefix bench. PyTorch takes part where python3 can import torch.
`;

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        svg: { type: "string" },
        quick: { type: "boolean", default: false },
        threads: { type: "string", default: String(availableParallelism()) },
        help: { type: "boolean", default: false },
      },
    });
    const unknown = positionals.find((one) => !SECTIONS.includes(one));
    if (unknown) throw new Error(`there is no section ${unknown}; there are ${SECTIONS.join(", ")}`);
    const threads = Number(values.threads);
    if (!Number.isInteger(threads) || threads < 1) {
      throw new Error(`--threads: expected a whole number above 0, found ${values.threads}`);
    }
    return { ...values, threads, sections: positionals };
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const options = parse();
if (options.help) {
  process.stdout.write(help);
  process.exit(0);
}
const say = (text) => process.stderr.write(`${text}\n`);
const wants = (section) =>
  options.sections.length > 0 ? options.sections.includes(section) : section !== "time-to-99";

if (!existsSync(mnist)) {
  say("building dist/ first");
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(1);
}
const recordsOf = (split) => join(root, `data/mnist/mnist_${split}.tfrecord`);
if (!existsSync(recordsOf("train")) || !existsSync(recordsOf("test"))) {
  say("preparing MNIST first");
  runMnist(["prepare"]);
}

// Only now: these import dist/.
const { enableRelaxedSimd } = await import("../dist/node/threads.js");
const { hasRelaxedSimd } = await import("../dist/engine/features.js");
const { epochBatches, fileSource, lenet, lenet5 } = await import("../dist/node.js");
const { startContestants } = await import("./contestants.mjs");
enableRelaxedSimd();

const folder = mkdtempSync(join(tmpdir(), "mnist-bench-"));

/** The images of a TFRecord file as two flat files, which every contestant can read. */
async function writeFlat(split) {
  const parts = { images: [], labels: [] };
  for await (const batch of epochBatches({ sources: [fileSource(recordsOf(split))], batchSize: 1000 })) {
    parts.images.push(Buffer.from(batch.images));
    parts.labels.push(Buffer.from(batch.labels));
  }
  const flat = {
    path: join(folder, split),
    images: Buffer.concat(parts.images),
    labels: Buffer.concat(parts.labels),
  };
  writeFileSync(`${flat.path}.images`, flat.images);
  writeFileSync(`${flat.path}.labels`, flat.labels);
  return flat;
}

/** LeNet as it ships and a LeNet-5 trained for an epoch, each as checkpoint and ONNX, with their accuracy on the test images. */
function makeModels() {
  const checks = [];
  const model = (definition, checkpoint, least) => {
    const onnx = join(folder, `${definition.name}.onnx`);
    runMnist(["export", "--checkpoint", checkpoint, "--output", onnx]);
    const { stdout } = runMnist(["validate", "--checkpoint", checkpoint, "--json"]);
    const { accuracy } = JSON.parse(stdout);
    checks.push({
      what: `accuracy of ${definition.name} on the 10,000 test images`,
      ...{ found: accuracy, expected: `at least ${least}`, ok: accuracy >= least },
    });
    return { definition, checkpoint, onnx };
  };
  const run = join(folder, "lenet5");
  runMnist(["train", "--model", "lenet5", "--epochs", "1", "--log-dir", run]);
  const models = [
    model(lenet, join(root, "models/lenet.safetensors"), 0.99),
    model(lenet5, join(run, "model.safetensors"), 0.96),
  ];
  return { models, checks };
}

const rounds = options.quick ? 2 : 5;
const results = {
  date: new Date().toISOString(),
  machine: {
    cpu: cpus()[0].model,
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    /** Processes that wanted a core over the last minute before the run. */
    load: loadavg()[0],
    rounds,
  },
  package: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
  variant: hasRelaxedSimd() ? "relaxed" : "simd128",
  threads: options.threads,
  missing: [],
  checks: [],
};
const onMissing = (sentence) => {
  results.missing.push(sentence);
  say(sentence);
};
const common = {
  ...{ threads: options.threads, variants: hasRelaxedSimd() ? ["relaxed", "simd128"] : ["simd128"] },
  ...{ rounds, turn: options.quick ? 0.3 : 1, isQuick: options.quick, folder },
  onGroup: (group) => say(`… ${group}`),
  onMissing,
};

let contestants = [];
try {
  const train = await writeFlat("train");
  const test = await writeFlat("test");
  let models;
  if (wants("kernels") || wants("predict")) {
    common.onGroup("weights to predict with");
    const { checks, ...made } = makeModels();
    models = made.models;
    results.checks.push(...checks);
  }
  if (wants("kernels")) {
    const { benchKernels } = await import("./kernels.mjs");
    results.kernels = await benchKernels({ ...common, models, test });
  }
  if (["train", "predict", "time-to-99"].some(wants)) {
    contestants = await startContestants(common);
    results.contestants = contestants.map(({ key, name, about }) => ({ key, name, about }));
  }
  if (wants("train")) {
    const { benchTraining } = await import("./train.mjs");
    results.train = await benchTraining({ ...common, contestants, data: train.path });
  }
  if (wants("summaries")) {
    const { benchSummaries } = await import("./summaries.mjs");
    results.summaries = await benchSummaries({ ...common, records: recordsOf("train") });
  }
  if (wants("predict")) {
    const { benchPrediction } = await import("./predict.mjs");
    const found = await benchPrediction({ ...common, contestants, models, data: test.path });
    results.predict = found.rows;
    results.checks.push(...found.checks);
  }
  if (wants("data")) {
    const { benchData } = await import("./data.mjs");
    results.data = await benchData({ ...common, records: recordsOf("train"), train });
    const { benchLargeData } = await import("./largeData.mjs");
    results.largeData = benchLargeData({ ...common, train });
  }
  if (wants("cold")) {
    const { benchCold } = await import("./cold.mjs");
    results.cold = await benchCold(common);
  }
  if (wants("time-to-99")) {
    const { benchTimeTo99 } = await import("./timeTo99.mjs");
    const paths = { data: train.path, test: test.path };
    results.timeTo99 = await benchTimeTo99({ ...common, contestants, ...paths });
  }
} finally {
  for (const { close } of contestants) close();
  rmSync(folder, { recursive: true, force: true });
}

const { judge } = await import("./targets.mjs");
results.targets = judge(results);
if (options.svg) {
  const { drawChart } = await import("./chart.mjs");
  writeFileSync(options.svg, drawChart(results));
}
if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
else {
  const { describe } = await import("./table.mjs");
  process.stdout.write(describe(results));
}
const wrong = results.checks.filter(({ ok }) => !ok);
for (const { what, found, expected } of wrong) say(`bench: ${what} ${found}, expected ${expected}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
