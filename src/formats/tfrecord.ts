import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { joinBytes } from "../core/joinBytes.ts";
import { crc32c, maskCrc } from "./crc32c.ts";
import { type Compression, openInflated } from "./inflate.ts";

/** u64 length, u32 CRC of the length. */
const HEADER_BYTES = 12;
/** u32 CRC of the data. */
const FOOTER_BYTES = 4;
/** What one record may hold: it bounds the memory where the length of the source is not known. */
const MAX_DATA_BYTES = 2 ** 28;

const defaultRemedy = "run mnist prepare again";

/** One record of a TFRecord file. */
export interface TFRecord {
  /** What the record holds; often a view into a larger buffer, so copy what you keep for long. */
  readonly data: Uint8Array;
  /** Which record of the source this is, from 0. */
  readonly index: number;
  /** Where the record (its length field) begins in the source, in bytes. */
  readonly offset: number;
}

/** A record that cannot be read. */
export interface RecordDamage {
  /** Which record of the source this is, from 0; damaged ones count. */
  readonly index: number;
  /** Where the record begins, in bytes. */
  readonly offset: number;
  /** What is wrong with it. */
  readonly fault: string;
  /** The sentence of an error: where, what, and what to do. */
  readonly message: string;
  /**
   * How many bytes from `offset` on cannot be read as records: all of them, where the length itself is damaged, since
   * nothing tells where the next record begins; Infinity where the length of the source is not known. Absent where only
   * this record's data are damaged.
   */
  readonly unread?: number;
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
 * checksums of each; gzip and zlib are recognised by the first bytes and inflated. Memory holds one chunk and one
 * unfinished record, whatever the length of the source.
 *
 * @param remedy what the reader of the message should do about a damaged file.
 * @param onDamage is told of damage in place of an error; a record whose data are damaged is left out, and reading ends
 *   at a length that is damaged.
 * @throws MnistError `BAD_DATA` at the first damaged or cut record, after the good ones before it were given.
 */
export async function* readRecords(
  source: ByteSource,
  remedy = defaultRemedy,
  onDamage?: (damage: RecordDamage) => void,
): AsyncGenerator<readonly TFRecord[]> {
  for await (const items of scanRecords(source, remedy)) {
    const records: TFRecord[] = [];
    for (const item of items) {
      if ("data" in item) records.push(item);
      else if (onDamage) onDamage(item);
      else {
        if (records.length > 0) yield records;
        throw new MnistError("BAD_DATA", item.message);
      }
    }
    if (records.length > 0) yield records;
  }
}

/** As {@link readRecords}, with the damaged records in their places among the good ones. */
export async function* scanRecords(
  source: ByteSource,
  remedy = defaultRemedy,
): AsyncGenerator<readonly (TFRecord | RecordDamage)[]> {
  let index = 0;
  let offset = 0;
  /** Bytes that came and are not part of a record yet; joined only when they are as many as `wanted`. */
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;

  const { compression, chunks } = await openInflated(source, HEADER_BYTES, isHeader);
  const left = () => ((compression ? undefined : source.byteLength) ?? Number.POSITIVE_INFINITY) - offset;

  const damaged = (damage: Damage, unread?: number): RecordDamage => {
    const message = describeDamage({ source, compression, index, offset, remedy }, damage);
    return { index, offset, fault: damage.fault, message, ...(unread !== undefined && { unread }) };
  };
  /** Damage after which nothing more can be read. */
  let end: Damage | undefined;

  try {
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      held += chunk.length;
      pieces.push(chunk);
      if (held < wanted) continue;
      const buffer = pieces.length === 1 ? chunk : joinBytes(pieces);
      const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      const items: (TFRecord | RecordDamage)[] = [];
      let at = 0;
      for (;;) {
        const frame = readFrame(buffer, view, at, left());
        if ("wanted" in frame) {
          wanted = frame.wanted;
          break;
        }
        if ("fault" in frame && frame.size === undefined) {
          end = frame;
          break;
        }
        const { size = 0 } = frame;
        items.push("data" in frame ? { data: frame.data, index, offset } : damaged(frame));
        index += 1;
        offset += size;
        at += size;
      }
      if (items.length > 0) yield items;
      if (end) break;
      held -= at;
      pieces = held > 0 ? [buffer.subarray(at)] : [];
    }
  } catch (error) {
    end ??= damageOfStream(error);
  }
  if (!end && held > 0) end = cutAfter(held, wanted);
  if (end) yield [damaged(end, left())];
}

/**
 * The number of records in a TFRecord file: only lengths and their checksums are looked at.
 *
 * @throws MnistError `BAD_DATA` where a length is damaged or the file is cut short, as {@link readRecords}.
 */
export async function countRecords(source: ByteSource, remedy = defaultRemedy): Promise<number> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  let count = 0;
  let offset = 0;
  /** Bytes of the record that have come, and how many it needs. */
  let held = 0;
  let wanted = HEADER_BYTES;
  let end: Damage | undefined;

  const { compression, chunks } = await openInflated(source, HEADER_BYTES, isHeader);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !end; ) {
        const step = Math.min(wanted - held, chunk.length - at);
        if (held < HEADER_BYTES) header.set(chunk.subarray(at, at + step), held);
        held += step;
        at += step;
        if (held < wanted) continue;
        if (wanted === HEADER_BYTES) {
          const left = ((compression ? undefined : source.byteLength) ?? Number.POSITIVE_INFINITY) - offset;
          const length = readLength(header, view, 0, left);
          if (typeof length === "number") wanted = HEADER_BYTES + length + FOOTER_BYTES;
          else end = length;
        } else {
          count++;
          offset += wanted;
          held = 0;
          wanted = HEADER_BYTES;
        }
      }
      if (end) break;
    }
  } catch (error) {
    end = damageOfStream(error);
  }
  if (!end && held > 0) end = cutAfter(held, wanted);
  if (end)
    throw new MnistError(
      "BAD_DATA",
      describeDamage({ source, compression, index: count, offset, remedy }, end),
    );
  return count;
}

/** Whether the file begins with a record's length and its checksum, so that it is no compressed file. */
function isHeader(head: Uint8Array): boolean {
  if (head.length < HEADER_BYTES) return false;
  return new DataView(head.buffer).getUint32(8, true) === maskCrc(crc32c(head, 0, 8));
}

interface Damage {
  readonly fault: string;
  /** TensorFlow's word for it, so that its users find what they know. */
  readonly word: "truncated" | "corrupted";
  /** Bytes of the whole record, where its length is right and only its data are damaged. */
  readonly size?: number;
}

interface Place {
  readonly source: ByteSource;
  readonly compression: Compression | undefined;
  readonly index: number;
  readonly offset: number;
  readonly remedy: string;
}

function describeDamage(
  { source, compression, index, offset, remedy }: Place,
  { fault, word }: Damage,
): string {
  const hint = offset === 0 && word === "corrupted" ? ". Is this even a TFRecord file?" : "";
  const inflated = compression ? " of what it inflates to" : "";
  const place = `${source.name}: record ${grouped(index)} at offset ${grouped(offset)}${inflated}`;
  return `${place}: ${fault}; the file is damaged: ${remedy} (${word} record at ${offset}${hint})`;
}

/** What cannot be inflated is damage; that a file cannot be read at all is not. */
function damageOfStream(error: unknown): Damage {
  if (error instanceof MnistError && error.code === "BAD_DATA")
    return { fault: error.message, word: "corrupted" };
  throw error;
}

function cutAfter(held: number, wanted: number): Damage {
  const least = wanted === HEADER_BYTES ? "at least " : "";
  const fault = `the file ends after ${bytes(held)} of it, expected ${least}${grouped(wanted)}`;
  return { fault, word: "truncated" };
}

type Frame = { readonly data: Uint8Array; readonly size: number } | { readonly wanted: number } | Damage;

/**
 * The record that begins at `at`; or how many bytes it needs, where `buffer` ends before it does; or what is wrong
 * with it. `left` is how many bytes the source has from `at` on. Nothing is believed of a length before its CRC fits.
 */
function readFrame(buffer: Uint8Array, view: DataView, at: number, left: number): Frame {
  const start = at + HEADER_BYTES;
  if (start > buffer.length) return { wanted: HEADER_BYTES };
  const length = readLength(buffer, view, at, left);
  if (typeof length !== "number") return length;
  const end = start + length;
  if (end + FOOTER_BYTES > buffer.length) return { wanted: HEADER_BYTES + length + FOOTER_BYTES };
  const size = HEADER_BYTES + length + FOOTER_BYTES;
  const dataFault = crcFault("data", crc32c(buffer, start, end), view.getUint32(end, true));
  return dataFault ? { ...dataFault, size } : { data: buffer.subarray(start, end), size };
}

/** The length of the data of the record that begins at `at`, or what is wrong with it. */
function readLength(buffer: Uint8Array, view: DataView, at: number, left: number): number | Damage {
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
  return length;
}

function crcFault(part: "length" | "data", crc: number, expected: number): Damage | undefined {
  const found = maskCrc(crc);
  if (found === expected) return undefined;
  return { fault: `${part} CRC is ${hex(found)}, expected ${hex(expected)}`, word: "corrupted" };
}

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, "0")}`;
const grouped = (count: number): string => count.toLocaleString("en-US");
const bytes = (count: number): string => `${grouped(count)} byte${count === 1 ? "" : "s"}`;
