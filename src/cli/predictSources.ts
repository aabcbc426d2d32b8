import { closeSync, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import type { PredictFlags } from "./predictFlags.ts";
import { isUrl, type Source } from "./predictSource.ts";
import type { Io } from "./terminal.ts";

/** Pictures in the order in which they are answered. */
export interface Sources extends AsyncIterable<Source> {
  /** How many there are; undefined as long as that is not known. */
  total(): number | undefined;
  /** Whether there is one, and never another. */
  readonly isOne: boolean;
}

/**
 * The pictures that arguments and flags name, to be read until `signal` fires.
 *
 * @throws MnistError `NOT_FOUND` where there is no list or folder to watch.
 */
export async function openSources(
  names: readonly string[],
  { filesFrom, watch, ...flags }: PredictFlags,
  signal: AbortSignal,
  io: Io,
): Promise<Sources> {
  const { cwd } = io;
  if (watch !== undefined) {
    const { watchedPictures } = await import("./predictWatch.ts");
    const pictures = watchedPictures(watch, { cwd, onlyNew: flags.onlyNew === true, signal });
    return { [Symbol.asyncIterator]: () => pictures, total: () => undefined, isOne: false };
  }
  const named = await sourcesNamed(names, cwd, flags.recursive === true);
  const list =
    filesFrom === undefined
      ? undefined
      : (await import("./predictList.ts")).pictureList(
          filesFrom,
          { isNul: flags.null === true, onlyUrls: flags.publicOnly === true, signal },
          io,
        );
  const total = (): number | undefined => {
    const listed = list ? list.total() : 0;
    return listed === undefined ? undefined : named.length + listed;
  };
  return {
    async *[Symbol.asyncIterator]() {
      yield* named;
      if (list) yield* list;
    },
    total,
    isOne: list === undefined && named.length === 1,
  };
}

/**
 * A file, a URL or standard input is one picture, a folder those in it, a pattern those that it fits. For a name that is
 * none of these there is one that is refused.
 */
async function sourcesNamed(
  names: readonly string[],
  cwd: string,
  isRecursive: boolean,
): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const name of names) {
    if (name === "-") sources.push({ kind: "input", name });
    else if (isUrl(name)) sources.push({ kind: "url", name });
    else sources.push(...(await sourcesAt(name, cwd, isRecursive)));
  }
  return sources;
}

async function sourcesAt(name: string, cwd: string, isRecursive: boolean): Promise<readonly Source[]> {
  const path = resolve(cwd, name);
  const stats = lookAt(path);
  const isPattern = stats === undefined && /[*?[\]{}]/.test(name);
  if (!isPattern && !stats?.isDirectory()) return [{ kind: "file", name, path }];
  const { picturesIn, picturesLike } = await import("./predictFolder.ts");
  try {
    const found = isPattern ? await picturesLike(name, cwd) : await picturesIn(name, path, isRecursive);
    return found.map((one) => ({ kind: "file", name: one, path: resolve(cwd, one) }));
  } catch (error) {
    if (error instanceof MnistError) return [{ kind: "refused", name, error }];
    throw error;
  }
}

/** What is at a path, if it can be told; who reads it will say why not. */
function lookAt(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether a name is that of one picture, not of a folder or a pattern. */
export function isOnePicture(name: string, cwd: string): boolean {
  return name === "-" || isUrl(name) || lookAt(resolve(cwd, name))?.isFile() === true;
}

/** The longer side of a picture that is taken to show one digit before it is decoded, pixels. */
const oneDigitSide = 64;

/**
 * Whether the file of this name is a PNG so small that it shows a digit, not a page. Then weights that are read from their
 * file for each digit anew, and not kept, are the fastest.
 */
export function isOneDigit(name: string, cwd: string): boolean {
  const path = resolve(cwd, name);
  if (isUrl(name) || !lookAt(path)?.isFile()) return false;
  const header = Buffer.alloc(24); // the signature, then IHDR up to width and height
  try {
    const file = openSync(path, "r");
    readSync(file, header, 0, header.length, 0);
    closeSync(file);
  } catch {
    return false;
  }
  const isPng = header.toString("latin1", 0, 8) === "\x89PNG\r\n\x1a\n";
  return isPng && Math.max(header.readUInt32BE(16), header.readUInt32BE(20)) <= oneDigitSide;
}
