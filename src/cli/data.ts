import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { areDigits } from "../formats/mnistIdx.ts";
import { parseClassNames } from "../input/classNames.ts";
import type { LeftOut } from "../input/leftOut.ts";
import { urlSource } from "../input/urlSource.ts";
import type { ModelDefinition } from "../nn/definition.ts";
import { findDataFiles } from "../node/dataFiles.ts";
import { fileSource } from "../node/files.ts";
import { colorsFor, counted, formatCount, type Io, printable } from "./terminal.ts";

/** Where `mnist prepare` writes and the other commands read unless told otherwise. */
export const defaultDataFolder = "data/mnist";

export const dataFlag = "--data <folder|file|glob|url>";
export const dataHelp = "what mnist prepare wrote, or TFRecord files; may be repeated";
export const corruptFlag = "--on-corrupt <fail|skip>";
export const corruptHelp = "damaged records: end with an error, or leave them out and say so";

/** Gathers the values of a flag that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The TFRecords of one split. */
export interface DataSet {
  readonly sources: readonly ByteSource[];
  /** For people: the files, or how many. */
  readonly names: string;
  /** Of the classes, where the data say so. */
  readonly classes?: readonly string[];
}

/**
 * Finds the TFRecords of one split.
 *
 * @throws MnistError `NOT_FOUND`, `BAD_ARGUMENT` or `BAD_DATA`, saying what to do.
 */
export async function openDataSet(
  data: readonly string[] = [defaultDataFolder],
  split: "train" | "test",
  io: Io,
): Promise<DataSet> {
  const { files, labels } = await findDataFiles(data, split, io.cwd);
  const sources = files.map((file) => (/^https?:/i.test(file) ? urlSource(file) : fileSource(file)));
  const shown = files.map((file) => (/^https?:/i.test(file) ? file : relative(io.cwd, file)));
  const names = shown.length > 3 ? `${shown[0]} and ${shown.length - 1} more files` : shown.join(", ");
  const named = labels.map((path) => {
    const file = relative(io.cwd, path);
    return { file, classes: parseClassNames(readFileSync(path, "utf8"), file) };
  });
  const [first] = named;
  if (first === undefined) return { sources, names };
  const other = named.find(({ classes }) => !sameNames(classes, first.classes));
  if (other === undefined) return { sources, names, classes: first.classes };
  throw new MnistError(
    "BAD_DATA",
    `--data: expected the same classes everywhere, found ${fewNames(first.classes)} in ${first.file} and ` +
      `${fewNames(other.classes)} in ${other.file}; give data sets of the same classes`,
  );
}

/**
 * `definition` for the data's classes: where it has the digits' names, as this project's own have, the names that the
 * data have and, in its last layer, a unit for each; one with names of its own keeps them.
 *
 * @throws MnistError `BAD_MODEL` where it has names of its own, and the data have another number of classes.
 */
export function withClasses(definition: ModelDefinition, { names, classes }: DataSet): ModelDefinition {
  if (classes === undefined) return definition;
  const { name, classes: own, layers } = definition;
  const last = layers.at(-1);
  if (areDigits(own) && last?.type === "dense") {
    return { ...definition, classes, layers: layers.with(-1, { ...last, units: classes.length }) };
  }
  if (classes.length === own.length) return definition;
  throw new MnistError(
    "BAD_MODEL",
    `model ${name} tells ${own.length} classes apart, but labels.txt beside ${names} names ${classes.length}; ` +
      `give a model of ${classes.length} classes with --model`,
  );
}

/** Says where a model's classes are called otherwise than the data's: the same numbers may mean other things. */
export function noteOtherClasses({ classes: own }: ModelDefinition, { classes }: DataSet, io: Io): void {
  if (classes === undefined || sameNames(own, classes)) return;
  const { yellow } = colorsFor(io.stderr, io);
  io.stderr.write(
    `${yellow(`The model's classes are ${fewNames(own)}; the data's are ${fewNames(classes)}`)}\n`,
  );
}

/** @throws MnistError `BAD_DATA` where a training would be judged on other classes than it is trained on. */
export function checkSameClasses({ classes: trained }: DataSet, { classes: judged }: DataSet): void {
  if (trained === undefined || judged === undefined || sameNames(trained, judged)) return;
  const [expected, found] = [fewNames(trained), fewNames(judged)];
  throw new MnistError(
    "BAD_DATA",
    `--validation-data: expected the classes of --data, ${expected}, found ${found}; give data sets of the same classes`,
  );
}

function fewNames(list: readonly string[]): string {
  return printable(list.join(", "), 80);
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, label) => name === other[label]);
}

/** @throws MnistError `BAD_ARGUMENT` */
export function parseOnCorrupt(text: string): "fail" | "skip" {
  if (text === "fail" || text === "skip") return text;
  throw new MnistError("BAD_ARGUMENT", `--on-corrupt: expected fail or skip, found "${text}"`);
}

/** Says on standard error what was left out, if anything was. */
export function noteLeftOut({ records, cutFiles, first }: LeftOut, io: Io): void {
  if (records === 0) return;
  const { yellow, dim } = colorsFor(io.stderr, io);
  const rest = cutFiles > 0 ? `, and all after it in ${counted(cutFiles, "file")}` : "";
  io.stderr.write(`${yellow(`Left out ${counted(records, "damaged record")}${rest}:`)}\n`);
  for (const message of first) io.stderr.write(`${dim(`  ${printable(message, 400)}`)}\n`);
  if (records > first.length)
    io.stderr.write(`${dim(`  and ${formatCount(records - first.length)} more`)}\n`);
}
