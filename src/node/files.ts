import { readSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ByteSource, madeFrom, type RandomAccess, randomAccessTo } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";

/** Large enough that the cost of a read is that of its bytes, small enough to be nothing in memory. */
const chunkBytes = 1 << 18;

/**
 * The file at `path` as a source of bytes, opened anew for each pass and read in chunks of 256 KiB.
 * Throws an {@link MnistError} `NOT_FOUND` where there is no such file or it cannot be read.
 */
export function fileSource(path: string): ByteSource {
  const stats = attempt(path, () => statSync(path));
  if (!stats.isFile()) {
    const found = stats.isDirectory() ? "a folder" : "something else";
    throw new MnistError("NOT_FOUND", `${path}: expected a file, found ${found}`);
  }
  const source: ByteSource = {
    name: path,
    byteLength: stats.size,
    async *stream() {
      const file = await open(path).catch((error: unknown) => fail(path, error));
      try {
        for (;;) {
          const chunk = new Uint8Array(chunkBytes);
          const { bytesRead } = await file.read(chunk, 0, chunkBytes);
          if (bytesRead === 0) return;
          yield chunk.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
  };
  return madeFrom(source, { kind: "file", path });
}

/**
 * The whole file at `path`, of at most `maxBytes`, which also ends devices and pipes that never do.
 * Throws an {@link MnistError} `NOT_FOUND` where there is none or it cannot be read, `BAD_DATA` where it is longer.
 */
export async function readFileBytes(path: string, maxBytes = 2 ** 31): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const { size } = await file.stat();
      // Room for one byte more than there should be finds the end with one read.
      for (let room = Math.min(size, maxBytes) + 1; ; room = chunkBytes) {
        const chunk = new Uint8Array(room);
        const { bytesRead } = await file.read(chunk, 0, room);
        if (bytesRead === 0) break;
        chunks.push(chunk.subarray(0, bytesRead));
        length += bytesRead;
        if (length > maxBytes) {
          const most = maxBytes.toLocaleString("en-US");
          throw new MnistError(
            "BAD_DATA",
            `${path}: at most ${most} bytes are read, and there are more; give a smaller file`,
          );
        }
      }
      return chunks.length === 1 && chunks[0] ? chunks[0] : new Uint8Array(Buffer.concat(chunks));
    } finally {
      await file.close();
    }
  } catch (error) {
    return fail(path, error);
  }
}

/**
 * The file at `path`, of at most `maxBytes`, to read from any place on. A pipe or a device is read to its end first.
 * Throws an {@link MnistError} `NOT_FOUND` where there is none or it cannot be read, `BAD_DATA` where it is longer or,
 * when it is read, shorter than it was.
 */
export async function openFile(path: string, name: string, maxBytes = 2 ** 31): Promise<RandomAccess> {
  const file = await open(path).catch((error: unknown) => fail(path, error));
  const stats = await file.stat();
  if (!stats.isFile() || stats.size > maxBytes) {
    await file.close();
    return randomAccessTo(name, await readFileBytes(path, maxBytes));
  }
  /** How many of `bytesRead` bytes at `position`: there must be some. */
  const some = (bytesRead: number, position: number): number => {
    if (bytesRead > 0) return bytesRead;
    const message = `${name}: it ends at byte ${position}, expected ${stats.size} bytes; it became shorter while it was read`;
    throw new MnistError("BAD_DATA", message);
  };
  return {
    name,
    byteLength: stats.size,
    async read(into, position) {
      for (let at = 0; at < into.byteLength; ) {
        const { bytesRead } = await file.read(into, at, into.byteLength - at, position + at);
        at += some(bytesRead, position + at);
      }
    },
    readNow(into, position) {
      for (let at = 0; at < into.byteLength; ) {
        at += some(readSync(file.fd, into, at, into.byteLength - at, position + at), position + at);
      }
    },
    close: () => file.close(),
  };
}

/**
 * Writes a file so that at every moment, a power cut included, `path` is either the old file or the whole new
 * one: a temporary file in the same folder is written, synced and renamed, then the folder is synced. Makes the
 * folder where it is missing. On failure, also one of `data` itself, the temporary file is removed.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // The global `crypto` is loaded only here; importing node:crypto would cost every command some milliseconds.
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      for await (const chunk of data instanceof Uint8Array ? [data] : data) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** Without this a power cut may lose the new name though the file's bytes are safe. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot sync a folder, and keeps names in its journal.
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return fail(path, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "expected a file, found a folder",
  EACCES: "reading it is not permitted; check its permissions",
  EPERM: "reading it is not permitted; check its permissions",
};

function fail(path: string, error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = reasons[code];
  if (reason === undefined) throw error;
  throw new MnistError("NOT_FOUND", `${path}: ${reason}`, { cause: error });
}
