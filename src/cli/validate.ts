import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import type { Robustness } from "../evaluationFile.ts";
import type { Mistake } from "../metrics/mistakes.ts";
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
import { colorsFor, formatCount, type Io, printJson } from "./terminal.ts";
import type { Evaluated } from "./validateWork.ts";

interface Flags extends EngineFlags {
  readonly checkpoint?: readonly string[];
  readonly data?: readonly string[];
  readonly onCorrupt: string;
  readonly mistakes?: string | true;
  readonly mistakesPng?: string;
  readonly robustness?: boolean;
  readonly images?: string;
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
      "--checkpoint <name|file|folder>",
      "lenet, lenet5 or best, which are shipped, or weights, or a run's folder; of several the mean of their probabilities (default: the newest run, else lenet)",
      collect,
    )
    .option(dataFlag, `${dataHelp} (default: ${defaultDataFolder})`, collect)
    .option(corruptFlag, corruptHelp, "fail")
    .option("--mistakes [n]", "show the n worst mistakes, with their pictures (default: 10)")
    .option("--mistakes-png <file>", "write the worst mistakes to one picture, label>predicted under each")
    .option("--robustness", "measure on perturbed images too: turned, noisy, blurred …")
    .option("--images <n>", "perturb only the first n images (default: all)")
    .option("--min-accuracy <share>", "end with status 1 where the accuracy is below, such as 0.99")
    .option(
      "--log-dir <folder>",
      "write what was measured there, into evaluations/ and for TensorBoard test/ (default: the run's folder)",
    )
    .option("--threads <n>", "threads to compute on (default: all cores)")
    .option("--engine <variant>", engineHelp)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Accuracy is the share of images whose most probable class is right. The mean squared error is on class indices,
(predicted - label)^2; the Brier score on probabilities, the sum over classes of (probability - one-hot)^2. The
expected calibration error is how far, on the mean, the model is surer than it is right, or less sure.
docs/validation.md explains each number and each perturbation.

Examples:
  mnist validate                              the newest run, else the shipped weights
  mnist validate --checkpoint runs/lenet5     another run
  mnist validate --checkpoint runs/a --checkpoint runs/b    both together, as one
  mnist validate --mistakes 20                and what the 20 worst mistakes look like
  mnist validate --mistakes 400 --mistakes-png mistakes.png
  mnist validate --robustness --images 1000   how it stands rotation, noise, blur and more
  mnist validate --data my/TEST.tfrecords     other images, in TF-slim's layout or the plain one
  mnist validate --min-accuracy 0.99 --json   for continuous integration
`,
    )
    .action((_: unknown, command: Command) => run(command.optsWithGlobals<Flags>(), io));
}

/** Mistakes that are kept where nobody asks for another number: for the run's folder, and on a sheet. */
const MISTAKES_KEPT = 64;
const MISTAKES_SHOWN = 10;
const MOST_MISTAKES = 10_000;

/** A whole number from 1 to `most` that a flag was given. */
function wholeFlag(flag: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = parseNumber(flag, text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? "above 0" : `from 1 to ${formatCount(most)}`;
  throw new MnistError("BAD_ARGUMENT", `${flag}: expected a whole number ${range}, found ${text}`);
}

function parseFlags(flags: Flags) {
  const least =
    flags.minAccuracy === undefined ? undefined : parseNumber("--min-accuracy", flags.minAccuracy);
  if (least !== undefined && (least < 0 || least > 1)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--min-accuracy: expected a share from 0 to 1, found ${flags.minAccuracy}`,
    );
  }
  if (flags.images !== undefined && !flags.robustness) {
    throw new MnistError(
      "BAD_ARGUMENT",
      "--images: only what --robustness perturbs can be fewer; give both, or leave it out",
    );
  }
  return {
    least,
    onCorrupt: parseOnCorrupt(flags.onCorrupt),
    images: flags.images === undefined ? undefined : wholeFlag("--images", flags.images),
    mistakes:
      typeof flags.mistakes === "string" ? wholeFlag("--mistakes", flags.mistakes, MOST_MISTAKES) : undefined,
  };
}

async function run(flags: Flags, io: Io): Promise<void> {
  const [
    { newestRun, readWeights },
    { nodePlatform },
    { buildNetwork },
    { createPredictor },
    { createCommittee },
    { decodeCheckpoint, loadParameters },
    { evaluateWithProgress, measureWithProgress },
    { writeEvaluation, writeRobustness, writeSheet },
  ] = await Promise.all([
    import("./runs.ts"),
    import("../node/platform.ts"),
    import("../nn/network.ts"),
    import("../nn/predictor.ts"),
    import("../nn/committee.ts"),
    import("../checkpoint.ts"),
    import("./validateWork.ts"),
    import("./validateFiles.ts"),
  ]);
  const { least, onCorrupt, images, mistakes: askedMistakes } = parseFlags(flags);
  const data = await openDataSet(flags.data, "test", io);
  const { sources, names: dataNames } = data;
  const named = flags.checkpoint ?? [newestRun(io.cwd)];
  const checkpoints = await Promise.all(
    named.map(async (one) => {
      const { name, bytes } = await readWeights(one, io.cwd);
      return { name, checkpoint: decodeCheckpoint(bytes, name) };
    }),
  );
  const name = checkpoints.map((one) => one.name).join(", ");
  const { dim } = colorsFor(io.stderr, io);
  if (!flags.json) io.stderr.write(`${dim(`Validating ${name} on ${dataNames}`)}\n`);

  const first = checkpoints[0]!.checkpoint;
  // What several have been calibrated to is in the mean of their probabilities.
  const calibration = checkpoints.length === 1 ? first.calibration : undefined;
  noteOtherClasses(first.definition, data, io);
  const folder = flags.logDir ?? folderOf(named, io.cwd);
  const about = { data: dataNames, step: first.progress.step };
  const engine = await nodePlatform.createEngine(engineOptions(flags));
  if (flags.debug) await noteEngine(engine, flags, io);
  try {
    const [one, ...others] = checkpoints.map(({ name, checkpoint }) => {
      const network = buildNetwork(checkpoint.definition);
      const parameters = loadParameters(engine, network, checkpoint, name);
      return createPredictor(engine, network, parameters, checkpoint.calibration);
    });
    const predictor = others.length === 0 ? one! : createCommittee([one!, ...others]);
    const work = { predictor, sources, onCorrupt, io };
    const mistakeLimit = Math.max(MISTAKES_KEPT, askedMistakes ?? 0);
    const evaluated = await evaluateWithProgress({ ...work, mistakeLimit, calibration });
    const { metrics, mistakes, leftOut, seconds } = evaluated;
    if (!flags.json) noteLeftOut(leftOut, io);
    if (metrics.count === 0) {
      throw new MnistError(
        "BAD_DATA",
        `${dataNames}: expected labelled images, found none; run mnist prepare again`,
      );
    }
    const shown = flags.mistakes === undefined ? [] : mistakes.slice(0, askedMistakes ?? MISTAKES_SHOWN);
    if (!flags.json) await printEvaluation(evaluated, flags, shown, io);
    if (folder !== undefined) {
      const kept = { metrics, mistakes: mistakes.slice(0, MISTAKES_KEPT) };
      await writeEvaluation(
        kept,
        { ...about, wallTime: Date.now() / 1000, seconds },
        resolve(io.cwd, folder),
      );
    }
    if (flags.mistakesPng !== undefined) {
      await writeSheet(flags.mistakesPng, mistakes.slice(0, askedMistakes ?? MISTAKES_KEPT), io);
    }
    let robustness: Robustness | undefined;
    if (flags.robustness) {
      const total = Math.min(metrics.count, images ?? metrics.count);
      robustness = await measureWithProgress({ ...work, images, total, isPrinted: !flags.json });
      if (folder !== undefined) {
        const measured = images === undefined ? dataNames : `the first ${formatCount(total)} of ${dataNames}`;
        const source = { ...about, data: measured, wallTime: Date.now() / 1000 };
        await writeRobustness(robustness, source, resolve(io.cwd, folder));
      }
    }
    if (flags.json) {
      const { mistakesInFile } = await import("../evaluationFile.ts");
      printJson(io, {
        ...{ checkpoint: name, seconds: Number(seconds.toFixed(3)), ...metrics },
        ...(calibration && { calibration: { ...calibration, before: evaluated.before } }),
        ...(flags.mistakes !== undefined && { mistakes: mistakesInFile(shown) }),
        ...(robustness && { robustness }),
        ...(onCorrupt === "skip" && { leftOut }),
      });
    }
    if (least !== undefined && metrics.accuracy < least) {
      throw new MnistError(
        "BAD_DATA",
        `accuracy ${metrics.accuracy} is below the ${least} that --min-accuracy asks for`,
      );
    }
  } finally {
    engine.close();
  }
}

async function printEvaluation(
  { metrics, calibration, before, seconds }: Evaluated,
  flags: Flags,
  shown: readonly Mistake[],
  io: Io,
): Promise<void> {
  const [{ metricsText, mistakesText }, { mnistSize }] = await Promise.all([
    import("./validateText.ts"),
    import("../formats/mnistIdx.ts"),
  ]);
  const calibrated = calibration && { ...calibration, errorBefore: before.expectedCalibrationError };
  io.stdout.write(metricsText(metrics, calibrated, seconds, io));
  if (flags.mistakes === undefined) return;
  const names = metrics.classes.map(({ name }) => name);
  io.stdout.write(mistakesText(shown, wrongOf(metrics), names, mnistSize, io));
}

function wrongOf({ count, confusionMatrix }: Metrics): number {
  return count - confusionMatrix.reduce((sum, row, label) => sum + row[label]!, 0);
}

/** The run's folder, where one was named. */
function folderOf([named, another]: readonly (string | undefined)[], cwd: string): string | undefined {
  if (named === undefined || another !== undefined) return undefined;
  return statSync(resolve(cwd, named), { throwIfNoEntry: false })?.isDirectory() ? named : undefined;
}
