import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { parseClassNames } from "../input/classNames.ts";
import type { LeftOut } from "../input/leftOut.ts";
import { urlSource } from "../input/urlSource.ts";
import type { ModelDefinition } from "../nn/definition.ts";
import { findDataFiles } from "../node/dataFiles.ts";
import { fileSource } from "../node/files.ts";
import { classNames } from "../prepare.ts";
import { colorsFor, formatCount, type Io } from "./terminal.ts";

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
  if (labels === undefined) return { sources, names };
  const text = readFileSync(labels, "utf8");
  return { sources, names, classes: parseClassNames(text, relative(io.cwd, labels)) };
}

/**
 * `definition` with the names of the data's classes; MNIST's are what they are.
 *
 * @throws MnistError `BAD_MODEL` where the data have another number of classes.
 */
export function withClasses(definition: ModelDefinition, { names, classes }: DataSet): ModelDefinition {
  if (classes === undefined) return definition;
  const { length } = definition.classes;
  if (classes.length !== length) {
    throw new MnistError(
      "BAD_MODEL",
      `model ${definition.name} tells ${length} classes apart, but labels.txt beside ${names} names ${classes.length}; give a model of ${classes.length} classes with --model`,
    );
  }
  // TF-slim's own labels.txt calls the six "size".
  const isMnist = classes.every((name, i) => name === classNames[i] || (i === 6 && name === "size"));
  return isMnist ? definition : { ...definition, classes };
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
  const rest = cutFiles > 0 ? `, and all after it in ${cutFiles} file${cutFiles === 1 ? "" : "s"}` : "";
  io.stderr.write(
    `${yellow(`Left out ${formatCount(records)} damaged record${records === 1 ? "" : "s"}${rest}:`)}\n`,
  );
  for (const message of first) io.stderr.write(`${dim(`  ${message}`)}\n`);
  if (records > first.length)
    io.stderr.write(`${dim(`  and ${formatCount(records - first.length)} more`)}\n`);
}
