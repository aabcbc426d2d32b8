import { createHash } from "node:crypto";
import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { MnistError } from "../core/errors.ts";
import type { PictureBlocks } from "../core/pictureBlocks.ts";
import { maximumFileBytes, type PictureFile, pictureBlocks } from "./pictureBlocks.ts";

export interface PictureFolderOptions {
  /** The share of each class's pictures that goes to the test split, 0 up to 1. */
  readonly testShare: number;
  /** Chooses which ones, a whole number. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** How many files were found so far. */
  readonly onListed?: (files: number) => void;
}

/** A folder of pictures that was looked through; none of them has been read. */
export interface PictureFolder {
  /** `[classes]`; the folders' names. */
  readonly classNames: readonly string[];
  /** Changes with every file's name, size and time, and with the options. */
  readonly fingerprint: string;
  readonly train: PictureBlocks;
  readonly test: PictureBlocks;
}

/** Labels are bytes. */
const maximumClasses = 256;

/** Files that are looked at before others get a turn, Ctrl-C among them. */
const filesATurn = 1000;

/**
 * Looks through a folder that has one subfolder for each class, and parts its pictures into training and test, each
 * class by itself. A picture's part follows from the seed and its name alone, up to rounding: the same on every
 * machine, and hardly any moves when others are added. Names that begin with a dot are not looked at, nor is what
 * lies beside the subfolders. Memory holds the files' names.
 *
 * Throws an {@link MnistError}: `NOT_FOUND` where there is no such folder, `BAD_DATA` where it has no subfolders, too
 * many, or one with nothing in it, `INTERRUPTED`.
 */
export async function pictureFolder(folder: string, options: PictureFolderOptions): Promise<PictureFolder> {
  const { testShare, seed, signal, onListed } = options;
  const classes = classesOf(folder);
  const hash = createHash("sha256").update(JSON.stringify({ testShare, seed }));
  const [train, test]: [Ranked[], Ranked[]] = [[], []];
  let listed = 0;
  for (const [label, name] of classes.names.entries()) {
    if (!classes.folders.has(name)) continue;
    const usable: Ranked[] = [];
    for (const file of namesIn(join(folder, name))) {
      const { fault, state } = lookAt(join(folder, name, file));
      hash.update(`${name}/${file}\0${state}\n`);
      const ranked = { label, name: file, rank: rankOf(seed, `${name}/${file}`), ...(fault && { fault }) };
      (fault ? train : usable).push(ranked);
      if (++listed % filesATurn === 0) {
        onListed?.(listed);
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) throw new MnistError("INTERRUPTED", "preparing was interrupted; run it again");
      }
    }
    usable.sort(byRank);
    const testCount = testCountOf(usable.length, testShare);
    for (const [index, file] of usable.entries()) (index < testCount ? test : train).push(file);
  }
  // In an order of chance, so that a reader's shuffling need not reach from the first class to the last.
  train.sort(byRank);
  test.sort(byRank);
  const blocks = (files: readonly PictureFile[], isTrain: boolean): PictureBlocks =>
    pictureBlocks(files, {
      folder,
      classNames: classes.names,
      /** A class that has no picture to learn from is a mistake; one without a test picture may be small. */
      required: isTrain ? classes.folders : new Set(),
      ...(signal && { signal }),
    });
  return {
    classNames: classes.names,
    fingerprint: hash.digest("hex"),
    train: blocks(train, true),
    test: blocks(test, false),
  };
}

interface Ranked extends PictureFile {
  readonly rank: number;
}

/** Where in the order of chance a picture is: 48 bits of a hash; letters with marks count however they are written. */
function rankOf(seed: number, name: string): number {
  return createHash("sha256")
    .update(`${seed}/${name.normalize("NFC")}`)
    .digest()
    .readUIntBE(0, 6);
}

function byRank(a: Ranked, b: Ranked): number {
  return a.rank - b.rank || a.label - b.label || (a.name < b.name ? -1 : 1);
}

/** The share, rounded, but one picture at least for each part that should have any. */
function testCountOf(count: number, share: number): number {
  if (share === 0 || count < 2) return 0;
  return Math.min(Math.max(1, Math.round(count * share)), count - 1);
}

/** The classes' names by label, and which of them have a folder: of digits all ten are classes. */
function classesOf(folder: string): {
  readonly names: readonly string[];
  readonly folders: ReadonlySet<string>;
} {
  const folders = entriesOf(folder).flatMap((entry) => (isFolder(folder, entry) ? [entry.name] : []));
  if (folders.length === 0 || folders.length > maximumClasses) {
    throw new MnistError(
      "BAD_DATA",
      `${folder}: expected a subfolder for each class, 1 to ${maximumClasses}, found ${folders.length}; ` +
        "put the pictures of each class into a folder of its own",
    );
  }
  const strange = folders.find((name) => /\p{Cc}/u.test(name));
  if (strange !== undefined) {
    throw new MnistError(
      "BAD_DATA",
      `${folder}: the folder ${JSON.stringify(strange)} has control characters in its name; give it another one`,
    );
  }
  const areDigits = folders.every((name) => /^[0-9]$/.test(name));
  const areNumbers = folders.every((name) => /^[0-9]+$/.test(name));
  const byName = (a: string, b: string): number =>
    (areNumbers ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1);
  return { names: areDigits ? [..."0123456789"] : folders.sort(byName), folders: new Set(folders) };
}

/** What is in a class's folder, in an order that is the same everywhere. */
function namesIn(folder: string): readonly string[] {
  const names = entriesOf(folder)
    .map(({ name }) => name)
    .sort();
  if (names.length > 0) return names;
  throw new MnistError(
    "BAD_DATA",
    `${folder}: expected pictures of this class, found an empty folder; add some or remove it`,
  );
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw cause;
    throw new MnistError("NOT_FOUND", `${folder}: expected a folder, found none; check the path`, { cause });
  }
}

function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Size and time of a file, and what keeps it from being read: pipes, for one, may never end. */
function lookAt(path: string): { readonly state: string; readonly fault?: string } {
  try {
    const stats = statSync(path);
    const state = `${stats.size}\0${stats.mtimeMs}`;
    if (stats.isDirectory()) return { state: "", fault: "it is a folder within a class's folder" };
    if (!stats.isFile()) return { state: "", fault: "it is not a file" };
    if (stats.size <= maximumFileBytes) return { state };
    const [found, most] = [stats.size, maximumFileBytes].map((bytes) => bytes.toLocaleString("en-US"));
    return { state, fault: `it has ${found} bytes, and at most ${most} are read` };
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : error;
    return { state: "", fault: `it cannot be looked at (${reason})` };
  }
}
