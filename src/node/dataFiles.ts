import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { shardOf } from "../input/shards.ts";

/** Where a data set's files are found. */
export interface DataFiles {
  /** Absolute paths and URLs, in the order in which they are read. */
  readonly files: readonly string[];
  /** Each `labels.txt` beside them. */
  readonly labels: readonly string[];
}

export type Split = "train" | "test";

/**
 * The TFRecord files that `data` names: a folder that has them for `split`, a file, a glob or an http(s) URL, relative to
 * `cwd`; of several all, in the order given.
 *
 * @throws MnistError `NOT_FOUND` where there are none or a shard is missing, `BAD_ARGUMENT` where a folder has more than
 *   one data set.
 */
export async function findDataFiles(data: readonly string[], split: Split, cwd: string): Promise<DataFiles> {
  const files: string[] = [];
  for (const one of data) {
    const path = resolve(cwd, one);
    if (/^https?:\/\//i.test(one)) files.push(one);
    else if (existsSync(path))
      files.push(...(statSync(path).isDirectory() ? filesOfFolder(one, path, split) : [path]));
    else if (isGlob(one)) files.push(...(await matchesOf(one, cwd)));
    else throw new MnistError("NOT_FOUND", missing(one, split));
  }
  const folders = new Set(files.filter((file) => !/^https?:/i.test(file)).map((file) => dirname(file)));
  const labels = [...folders].map((folder) => join(folder, "labels.txt"));
  return { files, labels: labels.filter((file) => existsSync(file)) };
}

function missing(name: string, split: Split): string {
  if (/\.tfrecords?(-\d+-of-\d+)?$/.test(name)) return `${name}: there is no such file; check the path`;
  return `${join(name, `mnist_${split}.tfrecord`)}: there is no such file; ${prepareTo(name)}`;
}

/** What to do where a folder has no data. */
function prepareTo(folder: string): string {
  return folder === "data/mnist" ? "run mnist prepare first" : `run mnist prepare --output ${folder} first`;
}

function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text);
}

/** The files that a pattern fits, as absolute paths. */
export async function matchesOf(pattern: string, cwd: string): Promise<readonly string[]> {
  const { glob } = await import("tinyglobby");
  const found = await glob(pattern, { cwd, absolute: true, expandDirectories: false });
  if (found.length === 0) {
    throw new MnistError("NOT_FOUND", `${pattern}: no file has such a name; check the pattern`);
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** The one data set of a folder, by the names that prepared files have. */
function filesOfFolder(name: string, folder: string, split: Split): readonly string[] {
  const isOne = new RegExp(
    `^(.+_${split}\\.tfrecord|${split.toUpperCase()}\\.tfrecords)(-\\d{5,}-of-\\d{5,})?$`,
  );
  const sets = new Map<string, string[]>();
  for (const file of readdirSync(folder).sort()) {
    if (!isOne.test(file)) continue;
    const stem = shardOf(file)?.stem ?? file;
    sets.set(stem, [...(sets.get(stem) ?? []), file]);
  }
  const [set, ...others] = [...sets.values()];
  if (set === undefined) {
    throw new MnistError(
      "NOT_FOUND",
      `${name}: expected a folder with a file such as mnist_${split}.tfrecord or ${split.toUpperCase()}.tfrecords, found none; ${prepareTo(name)}`,
    );
  }
  if (others.length > 0) {
    const names = [set, ...others].map(([file]) => file).join(", ");
    throw new MnistError(
      "BAD_ARGUMENT",
      `${name}: expected one data set, found ${others.length + 1}: ${names}; name the files`,
    );
  }
  const { shards = set.length } = shardOf(set[0] ?? "") ?? {};
  if (shards !== set.length) {
    const there = new Set(set.map((file) => shardOf(file)?.shard));
    const absent = Array.from({ length: Math.min(shards, 100_000) }, (_, shard) => shard).find(
      (shard) => !there.has(shard),
    );
    const example = (set[0] ?? "").replace(/-\d+-of-/, `-${String(absent).padStart(5, "0")}-of-`);
    throw new MnistError(
      "NOT_FOUND",
      `${join(name, example)}: the folder has ${set.length} of ${shards} shards, and this one is missing; run mnist prepare again`,
    );
  }
  return set.map((file) => join(folder, file));
}
