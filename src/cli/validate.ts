import { statSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import type { Metrics } from "../metrics.ts";
import {
  collect,
  corruptFlag,
  corruptHelp,
  dataFlag,
  dataHelp,
  defaultDataFolder,
  noteLeftOut,
  noteOtherClasses,
  openDataSet,
  parseOnCorrupt,
} from "./data.ts";
import { type EngineFlags, engineHelp, engineOptions, noteEngine } from "./engine.ts";
import { parseNumber } from "./spec.ts";
import {
  colorsFor,
  createProgressLine,
  formatCount,
  formatDuration,
  type Io,
  printable,
  printJson,
} from "./terminal.ts";

interface Flags extends EngineFlags {
  readonly checkpoint?: string;
  readonly data?: readonly string[];
  readonly onCorrupt: string;
  readonly logDir?: string;
  readonly minAccuracy?: string;
  readonly json?: boolean;
}

/** `mnist validate`. */
export function registerValidate(program: Command, io: Io): void {
  program
    .command("validate")
    .description("Measure a trained model on the test images, in one pass.")
    .option(
      "--checkpoint <file|folder>",
      "weights, or a run's folder (default: the newest run, else the shipped weights)",
    )
    .option(dataFlag, `${dataHelp} (default: ${defaultDataFolder})`, collect)
    .option(corruptFlag, corruptHelp, "fail")
    .option("--min-accuracy <share>", "end with status 1 where the accuracy is below, such as 0.99")
    .option(
      "--log-dir <folder>",
      "write the metrics for TensorBoard there, into test/ (default: the run's folder)",
    )
    .option("--threads <n>", "threads to compute on (default: all cores)")
    .option("--engine <variant>", engineHelp)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Accuracy is the share of images whose most probable class is right. The mean squared error is on class indices,
(predicted - label)^2; the Brier score on probabilities, the sum over classes of (probability - one-hot)^2.

Examples:
  mnist validate                              the newest run, else the shipped weights
  mnist validate --checkpoint runs/lenet5     another run
  mnist validate --data my/TEST.tfrecords     other images, in TF-slim's layout or the plain one
  mnist validate --min-accuracy 0.99 --json   for continuous integration
`,
    )
    .action((_: unknown, command: Command) => run(command.optsWithGlobals<Flags>(), io));
}

async function run(flags: Flags, io: Io): Promise<void> {
  const [
    { newestRun, readWeights },
    { nodePlatform },
    { buildNetwork },
    { createPredictor },
    checkpoints,
    { validate },
    { countRecords },
    { createLeftOut },
    { readBatches },
  ] = await Promise.all([
    import("./runs.ts"),
    import("../node/platform.ts"),
    import("../nn/network.ts"),
    import("../nn/predictor.ts"),
    import("../checkpoint.ts"),
    import("../validate.ts"),
    import("../formats/tfrecord.ts"),
    import("../input/leftOut.ts"),
    import("../node/input.ts"),
  ]);
  const least =
    flags.minAccuracy === undefined ? undefined : parseNumber("--min-accuracy", flags.minAccuracy);
  if (least !== undefined && (least < 0 || least > 1)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--min-accuracy: expected a share from 0 to 1, found ${flags.minAccuracy}`,
    );
  }
  const onCorrupt = parseOnCorrupt(flags.onCorrupt);
  const data = await openDataSet(flags.data, "test", io);
  const { sources, names: dataNames } = data;
  const named = flags.checkpoint ?? newestRun(io.cwd);
  const { name, bytes } = await readWeights(named, io.cwd);
  const { dim } = colorsFor(io.stderr, io);
  if (!flags.json) io.stderr.write(`${dim(`Validating ${name} on ${dataNames}`)}\n`);

  const checkpoint = checkpoints.decodeCheckpoint(bytes, name);
  noteOtherClasses(checkpoint.definition, data, io);
  const engine = await nodePlatform.createEngine(engineOptions(flags));
  if (flags.debug) await noteEngine(engine, flags, io);
  const progress = createProgressLine(io, "validate");
  const started = performance.now();
  const leftOut = createLeftOut();
  let metrics: Metrics;
  try {
    const network = buildNetwork(checkpoint.definition);
    const parameters = checkpoints.loadParameters(engine, network, checkpoint, name);
    let total = 0;
    // Only for the progress: what is damaged is left out, and what comes over a network would come twice.
    const isCounted = onCorrupt === "fail" && sources.every(({ byteLength }) => byteLength !== undefined);
    if (isCounted) for (const source of sources) total += await countRecords(source);
    ({ metrics } = await validate(
      createPredictor(engine, network, parameters, checkpoint.calibration),
      sources,
      {
        readBatches,
        onCorrupt,
        onDamage: leftOut.add,
        onBatch: ({ count, accuracy }) => {
          if (io.signal.aborted) {
            const done = `${formatCount(count)}${isCounted ? ` of ${formatCount(total)}` : ""} images`;
            throw new MnistError("INTERRUPTED", `interrupted after ${done}`);
          }
          progress.update(
            count,
            total,
            `${formatCount(count)} images  accuracy ${(accuracy * 100).toFixed(2)} %`,
          );
        },
      },
    ));
  } finally {
    progress.clear();
    engine.close();
  }
  if (!flags.json) noteLeftOut(leftOut.result(), io);
  if (metrics.count === 0) {
    throw new MnistError(
      "BAD_DATA",
      `${dataNames}: expected labelled images, found none; run mnist prepare again`,
    );
  }
  const seconds = (performance.now() - started) / 1000;
  if (flags.json) {
    const about = { checkpoint: name, seconds: Number(seconds.toFixed(3)) };
    printJson(io, { ...about, ...metrics, ...(onCorrupt === "skip" && { leftOut: leftOut.result() }) });
  } else printTable(metrics, seconds, io);
  const logDir =
    flags.logDir ?? (named !== undefined && isFolder(resolve(io.cwd, named)) ? named : undefined);
  if (logDir !== undefined) await writeSummaries(metrics, checkpoint.progress.step, resolve(io.cwd, logDir));
  if (least !== undefined && metrics.accuracy < least) {
    throw new MnistError(
      "BAD_DATA",
      `accuracy ${metrics.accuracy} is below the ${least} that --min-accuracy asks for`,
    );
  }
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

async function writeSummaries(metrics: Metrics, step: number, folder: string): Promise<void> {
  const [{ createEventWriter, metricSummaries }, { runFolder }] = await Promise.all([
    import("../trainingRun.ts"),
    import("../node/runFolder.ts"),
  ]);
  const write = createEventWriter("test", {
    folder: runFolder(folder),
    now: () => Date.now() / 1000,
    host: hostname(),
    pid: process.pid,
  });
  await write(step, metricSummaries(metrics));
}

function printTable(metrics: Metrics, seconds: number, io: Io): void {
  const { bold, dim, green, red } = colorsFor(io.stdout, io);
  const { count, accuracy, confusionMatrix, classes } = metrics;
  const wrong = Math.round(count * (1 - accuracy));
  const names = classes.map(({ name }) => printable(name));
  const width = Math.max(7, ...names.map((name) => name.length)) + 2;
  const corner = "label \\ predicted";
  const matrixWidth = Math.max(corner.length - 2, width);
  const lines = [
    `${bold("Accuracy")}            ${bold(`${(accuracy * 100).toFixed(2)} %`)}  ${dim(`${formatCount(wrong)} of ${formatCount(count)} wrong`)}`,
    `Mean squared error  ${metrics.meanSquaredError.toFixed(4)}   ${dim("of class indices")}`,
    `Brier score         ${metrics.brierScore.toFixed(5)}  ${dim("of probabilities, 0 is best")}`,
    `Cross-entropy       ${metrics.crossEntropy.toFixed(5)}  ${dim("nats")}`,
    "",
    dim(`${"class".padEnd(width)}  images  precision   recall       F1`),
    ...classes.map(({ count: images, precision, recall, f1 }, one) => {
      const shares = [precision, recall, f1]
        .map((share) => `${(share * 100).toFixed(2)} %`.padStart(9))
        .join("");
      return `${names[one]?.padEnd(width)}${formatCount(images).padStart(8)}  ${shares}`;
    }),
    "",
    dim(
      `${corner}${classes.map((_, j) => String(j).padStart(j === 0 ? matrixWidth + 6 - corner.length : 6)).join("")}`,
    ),
    ...confusionMatrix.map((row, label) => {
      const cells = row.map((images, predicted) => {
        const cell = (images === 0 ? "·" : String(images)).padStart(6);
        return predicted === label ? green(cell) : images === 0 ? dim(cell) : red(cell);
      });
      return `${names[label]?.padEnd(matrixWidth)}${cells.join("")}`;
    }),
    "",
    dim(`${formatCount(count)} images in ${formatDuration(seconds)}`),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}
