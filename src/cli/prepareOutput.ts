import { join } from "node:path";
import type { RefusedPicture } from "../core/pictureBlocks.ts";
import type { Manifest } from "../manifest.ts";
import type { PrepareResult } from "../prepare.ts";
import {
  colorsFor,
  formatCount,
  formatDuration,
  formatMegabytes,
  type Io,
  printable,
  printJson,
} from "./terminal.ts";

/** What a preparation printed or not, and how. */
interface Output {
  readonly about: {
    readonly title: string;
    /** The class names in Latin letters, where they are written in others. */
    readonly romanized?: readonly string[];
    /** Whose the data set is. */
    readonly credit?: string;
  };
  /** As the user wrote it. */
  readonly folder: string;
  readonly seconds: number;
  readonly json: boolean;
}

/** Rows of refused pictures that are shown; the manifest has all. */
const shownRefused = 20;

/** Columns are for so many classes with short names, as digits are; else each class has a row. */
const widestTable = { classes: 10, name: 6 };

/** Says what was prepared: on standard output, and on standard error which pictures could not be. */
export function printPrepared(result: PrepareResult, { about, folder, seconds, json }: Output, io: Io): void {
  const { manifest, written, removed } = result;
  if (json) {
    printJson(io, { output: folder, written, removed, ...manifest });
    return;
  }
  const { bold, dim, green } = colorsFor(io.stdout, io);
  const summary =
    written.length === 0
      ? `${green("Nothing to do")}: ${folder} is prepared already and intact; --force makes it again.`
      : `${green("Prepared")} ${formatCount(manifest.train.examples + manifest.test.examples)} images ` +
        `from ${manifest.origin} in ${formatDuration(seconds)}.`;
  const gone = removed.length === 0 ? "" : `Took away ${fileList(removed)}, which these take the place of.\n`;
  const { title, romanized, credit } = about;
  const table = countTable({ ...manifest, classNames: romanized ?? manifest.classNames }, dim);
  io.stdout.write(`${bold(title)}, how many of each class:\n\n${table}\n`);
  if (romanized !== undefined) {
    const names = manifest.classNames.map((name, label) => `${name} ${romanized[label] ?? ""}`);
    io.stdout.write(`  ${names.join(", ")}\n`);
  }
  io.stdout.write(`\n${fileRows(folder, manifest, written, dim).join("\n")}\n\n${gone}${summary}\n`);
  if (credit !== undefined) io.stdout.write(`${dim(`The data set: ${credit}.`)}\n`);
  printRefused([...(manifest.train.refused ?? []), ...(manifest.test.refused ?? [])], io);
}

/** A column for each class where they fit, else a row; and the sum. */
function countTable({ classNames, train, test }: Manifest, dim: (text: string) => string): string {
  const isWide =
    classNames.length > widestTable.classes || classNames.some((name) => name.length > widestTable.name);
  const counts = (split: Manifest["train"]) => [...split.perClass, split.examples].map(formatCount);
  const rows = [
    ["class", ...classNames, "all"],
    ["train", ...counts(train)],
    ["test", ...counts(test)],
  ];
  if (!isWide) {
    const [head = "", ...others] = rows.map(
      ([label = "", ...cells]) => `  ${label.padEnd(5)}${cells.map((cell) => cell.padStart(7)).join("")}`,
    );
    return [dim(head), ...others].join("\n");
  }
  const width = Math.max(...classNames.map((name) => name.length), 5);
  const columns = ["class", ...classNames, "all"].map((name, row) => {
    const cells = rows.slice(1).map((cells) => (cells[row] ?? "").padStart(9));
    return `  ${printable(name).padEnd(width)}${cells.join("")}`;
  });
  return [dim(columns[0] ?? ""), ...columns.slice(1)].join("\n");
}

/** A row for each file, or for all shards of a split. */
function fileRows(
  folder: string,
  manifest: Manifest,
  written: readonly string[],
  dim: (text: string) => string,
): readonly string[] {
  return [manifest.train.files, manifest.test.files, [manifest.labels]].map((files) => {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const made = files.filter(({ file }) => written.includes(file)).length;
    const note = made === files.length ? "" : made === 0 ? "  (was there)" : `  (${made} of them made anew)`;
    return `  ${join(folder, fileList(files.map(({ file }) => file)))}  ${formatMegabytes(bytes)}${dim(note)}`;
  });
}

function fileList(files: readonly string[]): string {
  const [first = "", ...others] = files;
  return others.length === 0 ? first : `${first} and ${formatCount(others.length)} more`;
}

function printRefused(refused: readonly RefusedPicture[], io: Io): void {
  if (refused.length === 0) return;
  const { dim, yellow } = colorsFor(io.stderr, io);
  const shown = refused.toSorted((a, b) => (a.picture < b.picture ? -1 : 1)).slice(0, shownRefused);
  const width = Math.min(40, Math.max(...shown.map(({ picture }) => picture.length)));
  const rows = shown.map(
    ({ picture, reason }) => `  ${printable(picture).padEnd(width)}  ${dim(printable(reason, 200))}\n`,
  );
  const rest = refused.length - shown.length;
  const more = rest > 0 ? `  and ${formatCount(rest)} more: mnist.json names them all\n` : "";
  const noun = refused.length === 1 ? "picture was" : "pictures were";
  io.stderr.write(`${yellow(`${formatCount(refused.length)} ${noun} left out:`)}\n${rows.join("")}${more}`);
}
