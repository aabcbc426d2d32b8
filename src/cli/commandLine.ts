import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { reportError, status, statusOf } from "./ending.ts";
import { colorsFor, type Io, printJson, usesColor } from "./terminal.ts";

type Register = (program: Command, io: Io) => void;

/** The commands in the help's order. Only the one that is used is loaded: starting is half of the time of a predict. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  prepare: async () => (await import("./prepare.ts")).registerPrepare,
  inspect: async () => (await import("./inspect.ts")).registerInspect,
  train: async () => (await import("./train.ts")).registerTrain,
  validate: async () => (await import("./validate.ts")).registerValidate,
  predict: async () => (await import("./predict.ts")).registerPredict,
  report: async () => (await import("./report.ts")).registerReport,
  export: async () => (await import("./export.ts")).registerExport,
};

/** Runs the command that `argv` names, by its options and arguments; gives the exit status. */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  const program = createProgram(io);
  try {
    // No option before the command takes a value.
    const command = argv.find((argument) => !argument.startsWith("-"));
    const asksVersion = command === undefined && (argv.includes("--version") || argv.includes("-V"));
    if (asksVersion && argv.includes("--json")) {
      const { describeVersion } = await import("./version.ts");
      printJson(io, await describeVersion(packageVersion()));
      return status.done;
    }
    if (!asksVersion) for (const register of await loadCommands(command)) register(program, io);
    await program.parseAsync([...argv], { from: "user" });
    return statusOf(io);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? status.done : status.usage;
    return reportError(error, io, { withStack: program.opts().debug === true });
  }
}

/** The command of this name alone; all of them where it is none, for the help and for what was meant instead. */
function loadCommands(name: string | undefined): Promise<readonly Register[]> {
  const one = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  return Promise.all((one ? [one] : Object.values(commands)).map((load) => load()));
}

function createProgram(io: Io): Command {
  const program = new Command("mnist")
    .description(
      "Handwritten-digit recognition: prepare MNIST, train LeNet, validate it, read digits from pictures.",
    )
    .version(
      packageVersion(),
      "-V, --version",
      "the version; with --json also engine, threads, Node and platform",
    )
    .option("--debug", "show where in the program an error comes from, and what computes")
    .exitOverride()
    .showHelpAfterError("--help shows the commands, options and examples.")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(colorsFor(io.stderr, io).red(text)),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => usesColor(io.stdout, io),
      getErrHasColors: () => usesColor(io.stderr, io),
    })
    .addHelpText(
      "after",
      `
Examples:
  mnist prepare                 get MNIST and write it as TFRecords to data/mnist
  mnist inspect data/mnist      look into these files, and find damage in them
  mnist train                   train LeNet on it; weights and TensorBoard's files go to runs/lenet
  mnist validate                measure it on the 10,000 test images
  mnist predict digit.png       read the digit in a picture, by path or URL
  mnist train --help            options and examples of a command
`,
    );
  return program;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
