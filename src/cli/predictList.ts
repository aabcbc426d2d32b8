import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { createQueue } from "./predictQueue.ts";
import { type Source, sourceOf } from "./predictSource.ts";
import type { Io } from "./terminal.ts";

/** How a list is read. */
export interface ListOptions {
  /** Names end in a NUL instead of a line's end. */
  readonly isNul: boolean;
  /** The list is a stranger's, who may name http and https URLs alone. */
  readonly onlyUrls: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The pictures of a list, as they become known. */
export interface PictureList extends AsyncIterable<Source> {
  /** How many there are; undefined before the end of the list is read. */
  total(): number | undefined;
}

/**
 * The pictures of a list, one path or URL a line, read from a file or, for `-`, from standard input. It is read at once and
 * without waiting for the pictures, so that whoever writes it need not wait, and is not kept but for the names.
 */
export function pictureList(from: string, options: ListOptions, io: Io): PictureList {
  const queue = createQueue<Source>();
  let count = 0;
  let isWhole = false;
  const read = async (): Promise<void> => {
    const chunks = from === "-" ? io.stdin : createReadStream(resolve(io.cwd, from));
    for await (const name of namesIn(chunks, from, options.isNul)) {
      count++;
      queue.push(listed(name, options.onlyUrls, io.cwd));
      if (options.signal.aborted) return;
    }
    isWhole = true;
  };
  options.signal.addEventListener("abort", () => queue.end(), { once: true });
  read().then(
    () => queue.end(),
    (error: unknown) => queue.end(explained(error, from)),
  );
  return {
    [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
    total: () => (isWhole ? count : undefined),
  };
}

function listed(name: string, onlyUrls: boolean, cwd: string): Source {
  if (!onlyUrls || /^https?:\/\//i.test(name)) return sourceOf(name, cwd);
  const message = `${name}: with --public-only a list may hold http and https URLs alone; this is none`;
  return { kind: "refused", name, error: new MnistError("BAD_ARGUMENT", message) };
}

/** More than any path or URL that works. */
const longestName = 100_000;

async function* namesIn(
  chunks: AsyncIterable<Uint8Array>,
  from: string,
  isNul: boolean,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(); // leaves a byte order mark out
  const end = isNul ? "\0" : "\n";
  let rest = "";
  for await (const chunk of chunks) {
    const names = (rest + decoder.decode(chunk, { stream: true })).split(end);
    rest = names.pop() ?? "";
    for (const name of names) yield* nameOf(name, from, isNul);
    if (rest.length > longestName) throw tooLong(from, isNul);
  }
  yield* nameOf(rest + decoder.decode(), from, isNul);
}

/** The name in a line; of an empty one none. */
function* nameOf(line: string, from: string, isNul: boolean): Generator<string> {
  const name = isNul ? line : line.replace(/\r$/, "");
  if (name.length > longestName) throw tooLong(from, isNul);
  if (name.includes("\0")) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--files-from ${from}: expected one name a line, found a NUL; --null reads names that end in one`,
    );
  }
  if (name.trim() !== "") yield name;
}

function tooLong(from: string, isNul: boolean): MnistError {
  const most = longestName.toLocaleString("en-US");
  const found = `a name of more than ${most} characters`;
  const what = isNul ? "names that end in a NUL" : "one path or URL a line";
  return new MnistError("BAD_ARGUMENT", `--files-from ${from}: expected ${what}, found ${found}`);
}

function explained(error: unknown, from: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const found =
    code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : undefined;
  if (found === undefined) return error;
  return new MnistError(
    "NOT_FOUND",
    `--files-from ${from}: ${found}; expected a list of pictures, one a line`,
    {
      cause: error,
    },
  );
}
