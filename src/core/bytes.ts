/**
 * Where bytes come from: a file, a URL, a browser `File`, a buffer. Formats read this and nothing else, so that
 * they run wherever bytes can be had and a test can count what is read.
 */
export interface ByteSource {
  /** What people call it: a path or a URL; used in messages. */
  readonly name: string;
  /** Length in bytes, where it is known. */
  readonly byteLength?: number | undefined;
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

/** The bytes of a browser's `File` or another `Blob`, read in chunks as they are needed. */
export function blobSource(blob: Blob, name = blob instanceof File ? blob.name : "blob"): ByteSource {
  const source: ByteSource = {
    name,
    byteLength: blob.size,
    async *stream() {
      for (let at = 0; at < blob.size; at += blobChunkBytes) {
        yield new Uint8Array(await blob.slice(at, at + blobChunkBytes).arrayBuffer());
      }
    },
  };
  return madeFrom(source, { kind: "blob", blob, name });
}

const blobChunkBytes = 1 << 18;

/** What a source was made from, where another thread can make the same source from it. */
export type SourceOrigin =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "blob"; readonly blob: Blob; readonly name: string };

/** Kept beside the sources, not in them: a source that is made out of another one is not the same bytes. */
const origins = new WeakMap<ByteSource, SourceOrigin>();

/** `source`, remembered as made from `origin`. */
export function madeFrom(source: ByteSource, origin: SourceOrigin): ByteSource {
  origins.set(source, origin);
  return source;
}

/** What `source` was made from, if another thread can read it. */
export function originOf(source: ByteSource): SourceOrigin | undefined {
  return origins.get(source);
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
