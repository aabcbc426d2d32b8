import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { writeAll } from "./files.ts";

/** A file that grows from its start to a length that is known; what is there stays for the next run. */
export interface PartialFile {
  /** Bytes that are there. */
  readonly length: number;
  /** Whether the bytes came in more than one piece, maybe from different places: then no one place is to blame. */
  readonly isPatched: boolean;
  /** Told before another piece is added behind what is there. */
  patch(): void;
  append(bytes: Uint8Array): Promise<void>;
  /** Throws away what is there. */
  clear(): Promise<void>;
  /** The bytes that are there; they are on the disk by then. */
  read(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens the file at `path`, or makes it; one that is longer than `maxBytes` is none of ours and is cleared. */
export async function openPartialFile(path: string, maxBytes: number): Promise<PartialFile> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  let length = (await file.stat()).size;
  let isPatched = length > 0;
  const clear = async (): Promise<void> => {
    await file.truncate(0);
    length = 0;
    isPatched = false;
  };
  if (length > maxBytes) await clear();
  return {
    get length() {
      return length;
    },
    get isPatched() {
      return isPatched;
    },
    patch() {
      isPatched = true;
    },
    async append(bytes) {
      await writeAll(file, bytes, length);
      length += bytes.byteLength;
    },
    clear,
    async read() {
      await file.sync();
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(bytes, at, length - at, at);
        if (bytesRead === 0) return bytes.subarray(0, at); // Cut by someone else: its checksum will tell.
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
