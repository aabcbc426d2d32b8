import { Gunzip } from "fflate";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { joinBytes } from "../core/joinBytes.ts";

/** How a file is compressed as a whole. */
export type Compression = "gzip" | "zlib";

/** The compression of a file that begins with `head`, by its first bytes (RFC 1952, RFC 1950). */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const [first = 0, second = 0, third = 0] = head;
  if (first === 0x1f && second === 0x8b && third === 8) return "gzip";
  const isZlib = head.length >= 2 && (first & 0x8f) === 8 && ((first << 8) | second) % 31 === 0;
  return isZlib && (second & 0x20) === 0 ? "zlib" : undefined;
}

/** Deflate makes at most 1,032 bytes of one: so much is inflated before the next of it is looked at. */
const sliceBytes = 1 << 14;

/** A gzip member of no bytes: header, an empty block, checksum and length. */
const emptyMember = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/**
 * The bytes of `source`, inflated where they are compressed; memory holds one chunk and what a slice of it inflates
 * to, whatever the file claims. The members of a gzip file follow each other. Checksums of the compressed form are
 * not looked at: what it is used for has its own, over every byte.
 *
 * @param headBytes how many bytes `isPlain` needs; it says of the first ones whether they are not compressed, since a
 *   file of another kind may begin like zlib by chance.
 * @returns `chunks` must be read, or `return` called on it, since the source is open. It throws an
 *   {@link MnistError} `BAD_DATA` for what cannot be inflated.
 */
export async function openInflated(
  source: ByteSource,
  headBytes: number,
  isPlain: (head: Uint8Array) => boolean,
): Promise<{ readonly compression: Compression | undefined; readonly chunks: AsyncIterable<Uint8Array> }> {
  const stream = source.stream()[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let held = 0;
  while (held < headBytes) {
    const next = await stream.next();
    if (next.done) break;
    pieces.push(next.value);
    held += next.value.length;
  }
  const head = joinBytes(pieces).subarray(0, headBytes);
  const compression = isPlain(head) ? undefined : compressionOf(head);
  const chunks = resumed(pieces, stream);
  return { compression, chunks: compression ? inflated(chunks, compression) : chunks };
}

/** What was read already, then the rest; closes the stream however reading ends. */
async function* resumed(
  pieces: readonly Uint8Array[],
  stream: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
    for (let next = await stream.next(); !next.done; next = await stream.next()) yield next.value;
  } finally {
    await stream.return?.();
  }
}

async function* inflated(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = [];
  let read = 0;
  let pushed = 0;
  let memberAt = 0;
  const inflate = new Gunzip((bytes) => void made.push(bytes));
  inflate.onmember = (offset) => {
    memberAt = offset;
  };
  const push = (piece: Uint8Array): Uint8Array[] => {
    made = [];
    try {
      inflate.push(piece, false);
    } catch (cause) {
      throw broken(compression, read, cause instanceof Error ? cause.message : String(cause), cause);
    }
    pushed += piece.length;
    return made;
  };
  // A zlib stream is a gzip member but for its ends: 2 bytes before, 4 after.
  let toDrop = compression === "zlib" ? 2 : 0;
  if (compression === "zlib") yield* push(emptyMember.subarray(0, 10));
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      const body = slice.subarray(toDrop);
      toDrop -= slice.length - body.length;
      yield* push(body);
      read += slice.length;
    }
  }
  // The inflater does not tell a file that is cut from one that is whole. One member more, which must begin just
  // where the file ends, does.
  const last = compression === "zlib" ? push(new Uint8Array(4)) : [];
  const end = pushed;
  push(emptyMember);
  if (memberAt !== end) throw broken(compression, read, "it is cut short there");
  yield* last;
}

function broken(compression: Compression, read: number, reason: string, cause?: unknown): MnistError {
  const at = read.toLocaleString("en-US");
  return new MnistError("BAD_DATA", `its ${compression} stream cannot be inflated at byte ${at}: ${reason}`, {
    cause,
  });
}
