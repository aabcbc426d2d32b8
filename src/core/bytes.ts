/**
 * Where bytes come from: a file, a URL, a browser `File`, a buffer. Formats read this and nothing else, so that
 * they run wherever bytes can be had and a test can count what is read.
 */
export interface ByteSource {
  /** What people call it: a path or a URL; used in messages. */
  readonly name: string;
  /** Length in bytes, where it is known. */
  readonly byteLength?: number;
  /** The bytes from the start to the end in chunks of any size; can be called again for another pass. */
  stream(): AsyncIterable<Uint8Array>;
}

/** A {@link ByteSource} over bytes in memory, cut into chunks of `chunkBytes`. */
export function bytesSource(name: string, bytes: Uint8Array, chunkBytes = 1 << 16): ByteSource {
  return {
    name,
    byteLength: bytes.byteLength,
    async *stream() {
      for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** Bytes that can be read from any place on: who needs a part of a file has it read to where it is needed. */
export interface RandomAccess {
  /** What people call it: a path or a URL; used in messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Fills `into` with the bytes from `position` on; rejects where there are not as many. */
  read(into: Uint8Array, position: number): Promise<void>;
  /** The same, at once. */
  readNow(into: Uint8Array, position: number): void;
  close(): Promise<void>;
}

/** A {@link RandomAccess} over bytes in memory. */
export function randomAccessTo(name: string, bytes: Uint8Array): RandomAccess {
  return {
    name,
    byteLength: bytes.byteLength,
    async read(into, position) {
      this.readNow(into, position);
    },
    readNow(into, position) {
      into.set(bytes.subarray(position, position + into.byteLength));
    },
    async close() {},
  };
}
