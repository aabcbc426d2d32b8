import { close, closeSync, fstat, fstatSync, open, openSync, read, readSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { type RandomAccess, randomAccessTo } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { formatCount } from "../core/numberText.ts";

// Without node:fs/promises, which takes 3 ms to load: this is read for every prediction.

/** Large enough that the cost of a read is that of its bytes, small enough to be nothing in memory. */
const chunkBytes = 1 << 18;

/** What is shorter is read at once: to hand it to another thread would take longer. */
const shortBytes = 1 << 16;

/**
 * The whole file at `path`, of at most `maxBytes`, which also ends devices and pipes that never do.
 * Throws an {@link MnistError} `NOT_FOUND` where there is none or it cannot be read, `BAD_DATA` where it is longer.
 */
export async function readFileBytes(path: string, maxBytes = 2 ** 31): Promise<Uint8Array> {
  try {
    const file = await promisify(open)(path, "r");
    try {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const { size } = await promisify(fstat)(file);
      // Room for one byte more than there should be finds the end with one read.
      for (let room = Math.min(size, maxBytes) + 1; ; room = chunkBytes) {
        const chunk = new Uint8Array(room);
        const bytesRead = await readSome(file, chunk, null);
        if (bytesRead === 0) break;
        chunks.push(chunk.subarray(0, bytesRead));
        length += bytesRead;
        if (length > maxBytes) {
          throw new MnistError(
            "BAD_DATA",
            `${path}: at most ${formatCount(maxBytes)} bytes are read, and there are more; give a smaller file`,
          );
        }
      }
      return chunks.length === 1 && chunks[0] ? chunks[0] : new Uint8Array(Buffer.concat(chunks));
    } finally {
      await promisify(close)(file);
    }
  } catch (error) {
    return unreadable(path, error);
  }
}

/**
 * The file at `path`, of at most `maxBytes`, to read from any place on. A pipe or a device is read to its end first.
 * Throws an {@link MnistError} `NOT_FOUND` where there is none or it cannot be read, `BAD_DATA` where it is longer or,
 * when it is read, shorter than it was.
 */
export async function openFile(path: string, name: string, maxBytes = 2 ** 31): Promise<RandomAccess> {
  const file = openRegular(path);
  const size = file === undefined ? 0 : fstatSync(file).size;
  if (file === undefined || size > maxBytes) {
    if (file !== undefined) closeSync(file);
    return randomAccessTo(name, await readFileBytes(path, maxBytes));
  }
  /** How many of `bytesRead` bytes at `position`: there must be some. */
  const some = (bytesRead: number, position: number): number => {
    if (bytesRead > 0) return bytesRead;
    const message = `${name}: it ends at byte ${position}, expected ${size} bytes; it became shorter while it was read`;
    throw new MnistError("BAD_DATA", message);
  };
  const readNow = (into: Uint8Array, position: number): void => {
    for (let at = 0; at < into.byteLength; ) {
      at += some(readSync(file, into, at, into.byteLength - at, position + at), position + at);
    }
  };
  return {
    name,
    byteLength: size,
    async read(into, position) {
      if (into.byteLength < shortBytes) return readNow(into, position);
      for (let at = 0; at < into.byteLength; ) {
        at += some(await readSome(file, into.subarray(at), position + at), position + at);
      }
    },
    readNow,
    close: async () => closeSync(file),
  };
}

/** The number of the opened file at `path`; undefined where opening it may have to wait for something. */
function openRegular(path: string): number | undefined {
  try {
    return statSync(path).isFile() ? openSync(path, "r") : undefined;
  } catch (error) {
    return unreadable(path, error);
  }
}

/** How many bytes were read, 0 at the end. */
function readSome(file: number, into: Uint8Array, position: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, into, 0, into.byteLength, position, (error, bytesRead) => {
      if (error) reject(error);
      else resolve(bytesRead);
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "expected a file, found a folder",
  EACCES: "reading it is not permitted; check its permissions",
  EPERM: "reading it is not permitted; check its permissions",
};

/** Throws a `NOT_FOUND` that says why the file at `path` cannot be read, or `error` itself where that is another matter. */
export function unreadable(path: string, error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = reasons[code];
  if (reason === undefined) throw error;
  throw new MnistError("NOT_FOUND", `${path}: ${reason}`, { cause: error });
}
