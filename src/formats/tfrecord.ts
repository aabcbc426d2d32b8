import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { crc32c, maskCrc } from "./crc32c.ts";

/** u64 length, u32 CRC of the length. */
const HEADER_BYTES = 12;
/** u32 CRC of the data. */
const FOOTER_BYTES = 4;
/** What one record may hold: it bounds the memory where the length of the source is not known. */
const MAX_DATA_BYTES = 2 ** 28;

/** One record of a TFRecord file. */
export interface TFRecord {
  /** What the record holds; often a view into a larger buffer, so copy what you keep for long. */
  readonly data: Uint8Array;
  /** Which record of the source this is, from 0. */
  readonly index: number;
  /** Where the record (its length field) begins in the source, in bytes. */
  readonly offset: number;
}

/** What is wrong with a file at one record. */
export interface RecordDamage {
  readonly index: number;
  /** Where the record begins, in bytes. */
  readonly offset: number;
  readonly fault: string;
  /** How many bytes from `offset` on cannot be read as records: all of them, where the length itself is damaged. */
  readonly unread?: number;
}

/**
 * `data` framed as one TFRecord: u64 length, u32 masked CRC-32C of the length, the data, u32 masked CRC-32C of the
 * data, all little-endian (TensorFlow, `lib/io/record_writer.h`).
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const end = HEADER_BYTES + data.length;
  const record = new Uint8Array(end + FOOTER_BYTES);
  const view = new DataView(record.buffer);
  view.setUint32(0, data.length % 2 ** 32, true);
  view.setUint32(4, Math.floor(data.length / 2 ** 32), true);
  view.setUint32(8, maskCrc(crc32c(record, 0, 8)), true);
  record.set(data, HEADER_BYTES);
  view.setUint32(end, maskCrc(crc32c(data)), true);
  return record;
}

/**
 * Reads the records of `source` in order, as many at a time as each of its chunks completes, and checks both
 * checksums of each. Memory holds one chunk and one unfinished record, whatever the length of the source.
 *
 * @param remedy what the reader of the message should do about a damaged file.
 * @param onDamage is told of damage in place of an error; a record whose data are damaged is left out, and reading ends
 *   at a length that is damaged, since nothing tells where the next record begins.
 * @throws MnistError `BAD_DATA` at the first damaged or cut record, after the good ones before it were given.
 */
export async function* readRecords(
  source: ByteSource,
  remedy = "run mnist prepare again",
  onDamage?: (damage: RecordDamage) => void,
): AsyncGenerator<readonly TFRecord[]> {
  let index = 0;
  let offset = 0;
  /** Bytes that came and are not part of a record yet; joined only when they are as many as `wanted`. */
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;

  let end: Damage | undefined;

  const damaged = ({ fault, word }: Damage): MnistError => {
    const hint = offset === 0 && word === "corrupted" ? ". Is this even a TFRecord file?" : "";
    const place = `${source.name}: record ${grouped(index)} at offset ${grouped(offset)}`;
    return new MnistError(
      "BAD_DATA",
      `${place}: ${fault}; the file is damaged: ${remedy} (${word} record at ${offset}${hint})`,
    );
  };

  for await (const chunk of source.stream()) {
    if (chunk.length === 0) continue;
    held += chunk.length;
    if (end) continue; // only to know how much is left
    pieces.push(chunk);
    if (held < wanted) continue;
    const buffer = pieces.length === 1 ? chunk : join(pieces, held);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const records: TFRecord[] = [];
    let at = 0;
    let frame = readFrame(buffer, view, at, (source.byteLength ?? Number.POSITIVE_INFINITY) - offset);
    while ("data" in frame || (onDamage && "size" in frame)) {
      if ("data" in frame) records.push({ data: frame.data, index, offset });
      else onDamage?.({ index, offset, fault: frame.fault });
      const size = "data" in frame ? HEADER_BYTES + frame.data.length + FOOTER_BYTES : (frame.size ?? 0);
      index += 1;
      offset += size;
      at += size;
      frame = readFrame(buffer, view, at, (source.byteLength ?? Number.POSITIVE_INFINITY) - offset);
    }
    if (records.length > 0) yield records;
    held -= at;
    if ("fault" in frame) {
      if (!onDamage) throw damaged(frame);
      end = frame;
      pieces = [];
      continue;
    }
    wanted = frame.wanted;
    pieces = held > 0 ? [buffer.subarray(at)] : [];
  }
  if (end) {
    onDamage?.({ index, offset, fault: end.fault, unread: held });
  } else if (held > 0) {
    const fault = `the file ends after ${bytes(held)} of it, expected ${wanted === HEADER_BYTES ? "at least " : ""}${grouped(wanted)}`;
    if (!onDamage) throw damaged({ fault, word: "truncated" });
    onDamage({ index, offset, fault, unread: held });
  }
}

interface Damage {
  readonly fault: string;
  /** TensorFlow's word for it, so that its users find what they know. */
  readonly word: "truncated" | "corrupted";
  /** Bytes of the whole record, where its length is right and only its data are damaged. */
  readonly size?: number;
}

type Frame = { readonly data: Uint8Array } | { readonly wanted: number } | Damage;

/**
 * The record that begins at `at`; or how many bytes it needs, where `buffer` ends before it does; or what is wrong
 * with it. `left` is how many bytes the source has from `at` on. Nothing is believed of a length before its CRC fits.
 */
function readFrame(buffer: Uint8Array, view: DataView, at: number, left: number): Frame {
  const start = at + HEADER_BYTES;
  if (start > buffer.length) return { wanted: HEADER_BYTES };
  const lengthFault = crcFault("length", crc32c(buffer, at, at + 8), view.getUint32(at + 8, true));
  if (lengthFault) return lengthFault;
  const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  const room = Math.max(left - HEADER_BYTES - FOOTER_BYTES, 0);
  if (length > room) {
    const fault = `its length is ${bytes(length)}, but the file has only ${grouped(room)} left for it`;
    return { fault, word: "truncated" };
  }
  if (length > MAX_DATA_BYTES) {
    const fault = `its length is ${bytes(length)}, expected at most ${grouped(MAX_DATA_BYTES)}`;
    return { fault, word: "corrupted" };
  }
  const end = start + length;
  if (end + FOOTER_BYTES > buffer.length) return { wanted: HEADER_BYTES + length + FOOTER_BYTES };
  const dataFault = crcFault("data", crc32c(buffer, start, end), view.getUint32(end, true));
  if (dataFault) return { ...dataFault, size: end + FOOTER_BYTES - at };
  return { data: buffer.subarray(start, end) };
}

function crcFault(part: "length" | "data", crc: number, expected: number): Damage | undefined {
  const found = maskCrc(crc);
  if (found === expected) return undefined;
  return { fault: `${part} CRC is ${hex(found)}, expected ${hex(expected)}`, word: "corrupted" };
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, "0")}`;
const grouped = (count: number): string => count.toLocaleString("en-US");
const bytes = (count: number): string => `${grouped(count)} byte${count === 1 ? "" : "s"}`;
