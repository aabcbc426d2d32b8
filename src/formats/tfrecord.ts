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

/**
 * `data` framed as one TFRecord: u64 length, u32 masked CRC-32C of the length, the data, u32 masked CRC-32C of the
 * data, all little-endian (TensorFlow, `lib/io/record_writer.h`).
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(recordBytes(data.length));
  writeRecord(data, record, 0);
  return record;
}

/** Writes what {@link encodeRecord} gives to `target` at `start`, which must have room; gives the record's end. */
export function writeRecord(data: Uint8Array, target: Uint8Array, start: number): number {
  const begin = start + HEADER_BYTES;
  const end = begin + data.length;
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  view.setUint32(start, data.length % 2 ** 32, true);
  view.setUint32(start + 4, Math.floor(data.length / 2 ** 32), true);
  view.setUint32(start + 8, maskCrc(crc32c(target, start, start + 8)), true);
  target.set(data, begin);
  view.setUint32(end, maskCrc(crc32c(data)), true);
  return end + FOOTER_BYTES;
}

/** How many bytes the record of `dataBytes` bytes has. */
export function recordBytes(dataBytes: number): number {
  return HEADER_BYTES + dataBytes + FOOTER_BYTES;
}

/**
 * Reads the records of `source` in order, as many at a time as each of its chunks completes, and checks both
 * checksums of each. Memory holds one chunk and one unfinished record, whatever the length of the source.
 *
 * @param remedy what the reader of the message should do about a damaged file.
 * @throws MnistError `BAD_DATA` at the first damaged or cut record, after the good ones before it were given.
 */
export async function* readRecords(
  source: ByteSource,
  remedy = "run mnist prepare again",
): AsyncGenerator<readonly TFRecord[]> {
  let index = 0;
  let offset = 0;
  /** Bytes that came and are not part of a record yet; joined only when they are as many as `wanted`. */
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;

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
    pieces.push(chunk);
    held += chunk.length;
    if (held < wanted) continue;
    const buffer = pieces.length === 1 ? chunk : join(pieces, held);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const records: TFRecord[] = [];
    let at = 0;
    let frame = readFrame(buffer, view, at, (source.byteLength ?? Number.POSITIVE_INFINITY) - offset);
    while ("data" in frame) {
      records.push({ data: frame.data, index, offset });
      const size = HEADER_BYTES + frame.data.length + FOOTER_BYTES;
      index += 1;
      offset += size;
      at += size;
      frame = readFrame(buffer, view, at, (source.byteLength ?? Number.POSITIVE_INFINITY) - offset);
    }
    if (records.length > 0) yield records;
    if ("fault" in frame) throw damaged(frame);
    wanted = frame.wanted;
    held -= at;
    pieces = held > 0 ? [buffer.subarray(at)] : [];
  }
  if (held > 0) {
    const fault = `the file ends after ${bytes(held)} of it, expected ${wanted === HEADER_BYTES ? "at least " : ""}${grouped(wanted)}`;
    throw damaged({ fault, word: "truncated" });
  }
}

interface Damage {
  readonly fault: string;
  /** TensorFlow's word for it, so that its users find what they know. */
  readonly word: "truncated" | "corrupted";
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
  return dataFault ?? { data: buffer.subarray(start, end) };
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
