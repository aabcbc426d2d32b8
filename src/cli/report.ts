import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import { colorsFor, formatMegabytes, type Io, printJson } from "./terminal.ts";

interface Flags {
  readonly out?: string;
  readonly json?: boolean;
}

/** `mnist report`. */
export function registerReport(program: Command, io: Io): void {
  program
    .command("report")
    .description("Write what a training left as one page to look at and to send around.")
    .argument("[folder]", "a run's folder (default: the newest run)")
    .option("--out <file>", "the page to write (default: report.html in the run's folder)")
    .option("--json", "print one JSON document in place of the page")
    .addHelpText(
      "after",
      `
The page is one HTML file with everything in it, for light and dark screens, telephones and paper: accuracy with its
interval, learning curves, confusion matrix, calibration, robustness, the worst mistakes as pictures, the model, its
configuration and timings. mnist validate adds what the test images tell. What a run does not have is left out.

Examples:
  mnist report                                the newest run, to report.html in its folder
  mnist report runs/lenet5 --out lenet5.html
  mnist report --json | jq '.evaluations[0].metrics.accuracy'
`,
    )
    .action((folder: string | undefined, flags: Flags) => run(folder, flags, io));
}

async function run(given: string | undefined, flags: Flags, io: Io): Promise<void> {
  const [{ newestRun }, { runFolder }, { readReport }, { reportPage }, { writeFileAtomic }] =
    await Promise.all([
      import("./runs.ts"),
      import("../node/runFolder.ts"),
      import("../report/readReport.ts"),
      import("../report/page.ts"),
      import("../node/files.ts"),
    ]);
  const name = given ?? newestRun(io.cwd);
  if (name === undefined) {
    throw new MnistError(
      "NOT_FOUND",
      "there is no run in runs; train one with mnist train, or give a run's folder",
    );
  }
  const path = resolve(io.cwd, name);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MnistError("NOT_FOUND", `${name}: there is no such folder; give one that mnist train wrote`);
  }
  const report = await readReport({ ...runFolder(path), name });
  if (flags.json) return printJson(io, report);
  const { yellow } = colorsFor(io.stderr, io);
  for (const note of report.notes) io.stderr.write(`${yellow(`note: ${note}`)}\n`);
  const out = flags.out ?? join(name, "report.html");
  const bytes = new TextEncoder().encode(reportPage(report));
  await writeFileAtomic(resolve(io.cwd, out), bytes);
  io.stdout.write(`Wrote ${out} (${formatMegabytes(bytes.length)}): open it in a browser.\n`);
}
