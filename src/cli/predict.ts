import { resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import { isShippedModel } from "../core/shippedModels.ts";
import { areDigits } from "../formats/mnistIdx.ts";
import type { ModelDefinition } from "../nn/definition.ts";
import { allowOnlyFormats } from "../node/decodePicture.ts";
import { nodePlatform } from "../node/platform.ts";
import { createLibrary, type Library, type Model, type ReadOptions } from "../predict.ts";
import type { Prediction } from "../recognize.ts";
import { type EngineFlags, engineHelp, engineOptions, noteEngine } from "./engine.ts";
import { parseNumber } from "./spec.ts";
import { colorsFor, formatCount, type Io, printable, printJson } from "./terminal.ts";

interface Flags extends EngineFlags {
  readonly checkpoint: string;
  readonly timeout: string;
  readonly json?: boolean;
}

/** `mnist predict`. */
export function registerPredict(program: Command, io: Io): void {
  program
    .command("predict")
    .description("Read the digit in a picture: a PNG or JPEG by URL, path, or - for standard input.")
    .argument("<picture...>", "http(s) URLs, paths, or -")
    .option(
      "--checkpoint <name|file|folder>",
      "lenet or lenet5, which are shipped, or weights, or a run's folder",
      "lenet",
    )
    .option("--timeout <seconds>", "for fetching one URL", "20")
    .option("--threads <n>", "threads to compute on; more than one pays off for many pictures", "1")
    .option("--engine <variant>", engineHelp)
    .option("--json", "print one JSON document a picture, one a line")
    .addHelpText(
      "after",
      `
Dark ink on light paper or light on dark; one digit a picture. A URL may lead into your own network, since it is
you who asks. A picture that fails is told on standard error, the others go on, and the status is 1 at the end.

Examples:
  mnist predict digit.png
  mnist predict https://example.org/seven.jpg
  mnist predict --json *.png
  curl -s https://example.org/seven.jpg | mnist predict -
  mnist predict --checkpoint runs/lenet digit.png
`,
    )
    .action((pictures: readonly string[], _: unknown, command: Command) =>
      run(pictures, command.optsWithGlobals<Flags>(), io),
    );
}

async function run(pictures: readonly string[], flags: Flags, io: Io): Promise<void> {
  allowOnlyFormats();
  const timeout = parseNumber("--timeout", flags.timeout);
  if (timeout <= 0)
    throw new MnistError("BAD_ARGUMENT", `--timeout: expected seconds above 0, found ${flags.timeout}`);
  const library = createLibrary(nodePlatform);
  const { checkpoint } = flags;
  const weights = isShippedModel(checkpoint)
    ? { model: checkpoint }
    : {
        weights: resolve(io.cwd, await (await import("./runs.ts")).resolveCheckpoint(checkpoint, io.cwd)),
      };
  const loading = library.loadModel({
    ...engineOptions(flags),
    onDemand: pictures.length === 1,
    ...weights,
  });
  loading.catch(() => {}); // told of below, where it is waited for
  try {
    const options = {
      allowPrivate: true,
      maxBytes: maxPictureBytes,
      timeoutMs: timeout * 1000,
      signal: io.signal,
    };
    if (flags.debug) await noteEngine(await loading, flags, io);
    let failed = 0;
    for (const [index, source] of pictures.entries()) {
      if (io.signal.aborted) break;
      try {
        // The picture is decoded while the model loads, and what fails first ends both.
        const [prediction, { definition }] = await Promise.all([
          predictOne(library, loading, source, options, io),
          loading,
        ]);
        if (flags.json) printJson(io, jsonOf(source, prediction, definition));
        else printPrediction(source, prediction, definition, index > 0, io);
      } catch (error) {
        await loading; // without a model no other picture can do better
        const isFailure = error instanceof MnistError && error.code !== "INTERRUPTED";
        if (!isFailure || pictures.length === 1) throw error;
        failed++;
        io.stderr.write(`${colorsFor(io.stderr, io).red(`error: ${error.message}`)}\n`);
      }
    }
    if (failed > 0) {
      throw new MnistError("BAD_IMAGE", `${failed} of ${pictures.length} pictures could not be read`);
    }
  } finally {
    await loading.then(
      (model) => model.close(),
      () => {},
    );
  }
}

async function predictOne(
  library: Library,
  model: Promise<Model>,
  source: string,
  options: ReadOptions,
  io: Io,
): Promise<Prediction> {
  if (source === "-") {
    return library.predict(model, await readAll(io.stdin), { ...options, name: "standard input" });
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return library.predict(model, source, options);
  // Resolved for reading, but called by the name that the user gave.
  return library.predict(model, resolve(io.cwd, source), { ...options, name: source });
}

/** Of a file, a URL or standard input: a pipe may have no end. */
const maxPictureBytes = 20_000_000;

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > maxPictureBytes) {
      const most = formatCount(maxPictureBytes);
      throw new MnistError(
        "BAD_IMAGE",
        `standard input: at most ${most} bytes are read, and more came; give a smaller picture`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function jsonOf(source: string, { digits }: Prediction, { classes }: ModelDefinition): unknown {
  const { digit, confidence, probabilities, box } = digits[0]!;
  return { source, digit, className: classes[digit], confidence, probabilities, box };
}

const BAR = 30;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(share: number): string {
  const eighths = Math.round(share * BAR * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

function printPrediction(
  source: string,
  { digits }: Prediction,
  { classes }: ModelDefinition,
  isNext: boolean,
  io: Io,
): void {
  const { digit, confidence, probabilities } = digits[0]!;
  const { bold, dim, green } = colorsFor(io.stdout, io);
  const names = areDigits(classes) ? [...classes.keys()].map(String) : classes.map((name) => printable(name));
  const width = Math.max(...names.map((name) => name.length));
  const lines = probabilities.map((probability, one) => {
    const line = `  ${names[one]?.padEnd(width)}  ${probability.toFixed(4)}  ${bar(probability)}`;
    return one === digit ? green(line) : dim(line);
  });
  const head = `${source}: ${bold(green(names[digit] ?? ""))}  ${dim(`(${(confidence * 100).toFixed(1)} % sure)`)}`;
  io.stdout.write(`${isNext ? "\n" : ""}${head}\n${lines.join("\n")}\n`);
}
