import { statSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ByteSource, madeFrom } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { unreadable } from "./readFile.ts";

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
      const file = await open(path).catch((error: unknown) => unreadable(path, error));
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
 * Writes a file so that at every moment, a power cut included, `path` is either the old file or the whole new
 * one, as {@link beginFile} does. On failure, also one of `data` itself, nothing is left behind.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await beginFile(path);
  try {
    for await (const chunk of data instanceof Uint8Array ? [data] : data) await file.write(chunk);
    await file.finish();
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** A file that is not there yet under its name. */
export interface TemporaryFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Syncs and closes it; still under no name. */
  finish(): Promise<void>;
  /** Renames it and syncs the folder. */
  commit(): Promise<void>;
  /** Removes it, if it has not been renamed. */
  discard(): Promise<void>;
}

/** Begins a file that will be `path`: a temporary one in the same folder, which is made where it is missing. */
export async function beginFile(path: string): Promise<TemporaryFile> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // The global `crypto` is loaded only here; importing node:crypto would cost every command some milliseconds.
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  const file = await open(temporary, "wx");
  return {
    write: (bytes) => writeAll(file, bytes),
    async finish() {
      await file.sync();
      await file.close();
    },
    async commit() {
      await rename(temporary, path);
      await syncFolder(folder);
    },
    async discard() {
      await file.close(); // does nothing where it is closed
      await rm(temporary, { force: true });
    },
  };
}

/** All of `bytes`, from byte `position` of the file on, or where the last write ended. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const to = position === undefined ? null : position + at;
    at += (await file.write(bytes, at, bytes.byteLength - at, to)).bytesWritten;
  }
}

/** Without this a power cut may lose the new name though the file's bytes are safe. */
export async function syncFolder(folder: string): Promise<void> {
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
    return unreadable(path, error);
  }
}
