import { Gunzip, Unzlib } from "fflate";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";

/** How a whole file is compressed. */
export type Compression = "gzip" | "zlib";

/** What a file that begins with `head` is compressed by, as far as its first two bytes tell (RFC 1952, RFC 1950). */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const [first = 0, second = 0] = head;
  if (first === 0x1f && second === 0x8b) return "gzip";
  const isZlib = head.length >= 2 && (first & 0x8f) === 8 && ((first << 8) | second) % 31 === 0;
  return isZlib ? "zlib" : undefined;
}

/** Deflate makes at most a thousand bytes of one: so much is inflated before the next of it is looked at. */
const sliceBytes = 1 << 14;

/**
 * What the gzip or zlib file `source` holds, inflated while it is read; memory holds some megabytes at most, whatever
 * the file claims. The members of a gzip file follow each other.
 *
 * Its stream throws an {@link MnistError} `BAD_DATA` for what cannot be inflated.
 */
export function inflated(source: ByteSource): ByteSource {
  return {
    name: source.name,
    async *stream() {
      let made: Uint8Array[] = [];
      let inflate: Gunzip | Unzlib | undefined;
      const attempt = (piece: Uint8Array, isLast: boolean): Uint8Array[] => {
        made = [];
        try {
          inflate ??= new (compressionOf(piece) === "gzip" ? Gunzip : Unzlib)((out) => void made.push(out));
          inflate.push(piece, isLast);
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new MnistError("BAD_DATA", `${source.name}: it cannot be inflated: ${reason}`, { cause });
        }
        return made;
      };
      for await (const chunk of source.stream()) {
        for (let at = 0; at < chunk.length; at += sliceBytes) {
          yield* attempt(chunk.subarray(at, at + sliceBytes), false);
        }
      }
      yield* attempt(new Uint8Array(), true);
    },
  };
}
