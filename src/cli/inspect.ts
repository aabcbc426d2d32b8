import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import type { LabelledPicture } from "../inspect/pictures.ts";
import type { Inspection } from "../inspect.ts";
import { colorsFor, counted, createProgressLine, formatCount, type Io, printJson } from "./terminal.ts";

interface Flags {
  readonly preview?: string | true;
  readonly png?: string;
  readonly json?: boolean;
}

/** `mnist inspect`. */
export function registerInspect(program: Command, io: Io): void {
  program
    .command("inspect")
    .description("Look into files: TFRecords, TensorBoard events, checkpoints and other safetensors, IDX.")
    .argument("[file...]", "files, or folders, of which the files that are recognised are taken")
    .option("--preview [n]", "show the first n pictures of each file in the terminal (default: 10)")
    .option(
      "--png <file>",
      "write them to one picture, with their labels, in place of the terminal (default: 100)",
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
What a file is, is told by its bytes, never by its name; gzip and zlib are seen through. Every checksum is checked and
every grey PNG decoded. Where there is damage, it is listed, reading goes on after it as far as possible, and the status
is 1 at the end.

Examples:
  mnist inspect data/mnist                                 all that mnist prepare wrote
  mnist inspect --preview 20 data/mnist/mnist_test.tfrecord
  mnist inspect --png digits.png --preview 400 train.tfrecord
  mnist inspect runs/lenet/train runs/lenet/model.safetensors
  mnist inspect --json data/mnist | jq '.files[].labels'
`,
    )
    .action((files: readonly string[], flags: Flags) => {
      // `--preview data/mnist`: the option took what is no number, but a file.
      const { preview, ...others } = flags;
      const isFile = typeof preview === "string" && Number.isNaN(Number(preview));
      return isFile ? run([preview, ...files], { ...others, preview: true }, io) : run(files, flags, io);
    });
}

/** Pictures kept in memory, and rows of a contact sheet. */
const maxPreview = 10_000;

async function run(names: readonly string[], flags: Flags, io: Io): Promise<void> {
  const [{ reportText }, { previewText }] = await Promise.all([
    import("./inspectText.ts"),
    import("./preview.ts"),
  ]);
  if (names.length === 0)
    throw new MnistError("BAD_ARGUMENT", "inspect: give the files or folders to look into");
  const shown = wantedPictures(flags);
  const results: Result[] = [];
  const failures: MnistError[] = [];
  for (const { name, isOptional } of names.flatMap((one) => filesOf(one, io.cwd))) {
    try {
      const result = { name, ...(await inspectFile(name, Math.max(shown.terminal, shown.sheet), io)) };
      results.push(result);
      if (flags.json) continue;
      const pictures = result.pictures.slice(0, shown.terminal);
      io.stdout.write(`${results.length > 1 ? "\n" : ""}${reportText(name, result.report, io)}`);
      if (pictures.length > 0) io.stdout.write(`\n${previewText(pictures, io.stdout, io)}`);
    } catch (error) {
      if (!(error instanceof MnistError) || error.code === "INTERRUPTED") throw error;
      if (isOptional && error.code === "UNSUPPORTED") continue;
      if (names.length > 1) io.stderr.write(`${colorsFor(io.stderr, io).red(`error: ${error.message}`)}\n`);
      failures.push(error);
    }
  }
  if (flags.png !== undefined && results.length > 0) await writeSheet(flags.png, shown.sheet, results, io);
  if (flags.json && results.length > 0) {
    printJson(io, { files: results.map(({ name, report }) => ({ file: name, ...report })) });
  }
  complain(names, results, failures);
}

interface Result extends Inspection {
  readonly name: string;
}

/** How many pictures of each file go to the terminal and to the sheet. */
function wantedPictures({ preview, png }: Flags): { readonly terminal: number; readonly sheet: number } {
  const asked = preview === undefined || preview === true ? undefined : Number(preview);
  if (asked !== undefined && !(Number.isInteger(asked) && asked > 0 && asked <= maxPreview)) {
    const most = formatCount(maxPreview);
    throw new MnistError(
      "BAD_ARGUMENT",
      `--preview: expected a whole number from 1 to ${most}, found ${preview}`,
    );
  }
  // With --png a number says how many the sheet has; the terminal shows pictures where only it is asked.
  return {
    terminal: preview !== undefined && png === undefined ? (asked ?? 10) : 0,
    sheet: png === undefined ? 0 : (asked ?? 100),
  };
}

/** The file itself, or the files of a folder in the order of their names, of which any kind may be among. */
function filesOf(name: string, cwd: string): { readonly name: string; readonly isOptional: boolean }[] {
  const path = resolve(cwd, name);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [{ name, isOptional: false }];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => ({ name: join(name, entry.name), isOptional: true }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function inspectFile(name: string, preview: number, io: Io): Promise<Inspection> {
  const [{ inspect }, { fileSource }, { allowOnlyFormats, decodePicture }] = await Promise.all([
    import("../inspect.ts"),
    import("../node/files.ts"),
    import("../node/decodePicture.ts"),
  ]);
  allowOnlyFormats();
  const source = { ...fileSource(resolve(io.cwd, name)), name };
  const progress = createProgressLine(io, name);
  try {
    const inspection = await inspect(source, {
      preview,
      decodePicture,
      signal: io.signal,
      onProgress: (done) => progress.update(done, source.byteLength ?? 0),
    });
    if (preview === 0 || inspection.report.kind !== "idx" || inspection.pictures.length === 0)
      return inspection;
    return { ...inspection, pictures: await withLabels(inspection.pictures, name, io) };
  } finally {
    progress.clear();
  }
}

/** MNIST's images with the labels from the file that lies beside theirs, where it is there and intact. */
async function withLabels(
  pictures: readonly LabelledPicture[],
  name: string,
  io: Io,
): Promise<readonly LabelledPicture[]> {
  const beside = name.replace(/images([.-])idx3/, "labels$1idx1");
  if (beside === name || !statSync(resolve(io.cwd, beside), { throwIfNoEntry: false })?.isFile())
    return pictures;
  const { labels, report } = await inspectFile(beside, pictures.length, io);
  if (report.damage.count > 0 || labels.length < pictures.length) return pictures;
  return pictures.map((picture) => ({ ...picture, label: labels[picture.index]! }));
}

async function writeSheet(file: string, count: number, results: readonly Result[], io: Io): Promise<void> {
  const [{ contactSheet }, { greyPngEncoder }, { writeFileAtomic }] = await Promise.all([
    import("../inspect/contactSheet.ts"),
    import("../formats/png.ts"),
    import("../node/files.ts"),
  ]);
  const pictures = results.flatMap((result) => result.pictures.slice(0, count));
  if (pictures.length === 0) {
    throw new MnistError(
      "BAD_DATA",
      `--png: none of the files has pictures to show; give TFRecords or IDX images`,
    );
  }
  const { width, height, pixels } = contactSheet(pictures);
  await writeFileAtomic(resolve(io.cwd, file), greyPngEncoder(height, width)(pixels));
  const { dim } = colorsFor(io.stderr, io);
  io.stderr.write(
    `${dim(`Wrote ${file}: ${formatCount(pictures.length)} pictures, ${width}x${height} pixels`)}\n`,
  );
}

/** @throws MnistError for files that could not be looked into or are damaged. */
function complain(
  names: readonly string[],
  results: readonly Result[],
  failures: readonly MnistError[],
): void {
  const [failure] = failures;
  if (failure && names.length === 1) throw failure;
  const damaged = results.filter(({ report }) => report.damage.count > 0);
  const [first] = damaged;
  if (!first && !failure) {
    if (results.length > 0) return;
    throw new MnistError(
      "NOT_FOUND",
      `${names.join(", ")}: no file in there is TFRecords, TensorBoard events, safetensors or IDX`,
    );
  }
  const more = damaged.length > 1 ? ` and ${counted(damaged.length - 1, "other file")}` : "";
  const faults = [
    failure && `${counted(failures.length, "file")} could not be looked into`,
    first && `${first.name}${more}: damaged, as the report says; get or make again what is damaged`,
  ];
  throw new MnistError("BAD_DATA", faults.filter(Boolean).join("; "));
}
