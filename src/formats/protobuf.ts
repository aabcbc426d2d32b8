import { type BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MnistError } from "../core/errors.ts";

/** Begins a message (or packed numbers) as field `field` of the one being written; `writer.join()` ends it. */
export function beginMessage(writer: BinaryWriter, field: number): void {
  writer.tag(field, WireType.LengthDelimited).fork();
}

/**
 * Reads the length of a message within one that ends at `end`.
 *
 * @returns where the inner message ends.
 */
export function readEnd(reader: BinaryReader, end: number): number {
  const length = reader.uint32();
  if (length > end - reader.pos)
    throw new RangeError(`a length is ${length}, but ${end - reader.pos} bytes are left`);
  return reader.pos + length;
}

/** Checks that the fields of a message end where its length says, at `end`. */
export function checkEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError(`a field runs past byte ${end}, the end of its message`);
}

/** An int64 that a JavaScript number holds exactly. */
export function readInt64(reader: BinaryReader): number {
  const value = reader.int64();
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`an int64 is ${value}, expected one within ±(2^53 - 1)`);
  return number;
}

/**
 * What `decode` gives for `reader`; what it throws becomes a `BAD_DATA` that says where in the message.
 *
 * @param what the message in the words of the error: which record of which file, as far as it is known.
 */
export function decodeMessage<T>(what: string, reader: BinaryReader, decode: (reader: BinaryReader) => T): T {
  try {
    return decode(reader);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MnistError("BAD_DATA", `${what} is malformed at byte ${reader.pos}: ${reason}`, { cause });
  }
}
