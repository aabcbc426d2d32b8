import { unzlibSync, zlibSync } from "fflate";
import { MnistError } from "../core/errors.ts";
import { joinBytes } from "../core/joinBytes.ts";
import { deflateRuns, deflateRunsBound } from "./deflateRuns.ts";

// PNG (https://www.w3.org/TR/png-3/) as a data set holds it: 8-bit grey, not interlaced. Made for tens of thousands
// of small pictures; pictures from people, of every kind, go another way (`src/node`, `src/browser`). What is drawn for
// people is written in colour.

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const headerType = 0x49484452; // IHDR
const dataType = 0x49444154; // IDAT
const endType = 0x49454e44; // IEND
const dataOffset = 33; // the signature, then IHDR with its 13 bytes of data

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) {
    crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[i] as number)) & 0xff] as number);
  }
  return ~crc >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; ) {
    const end = Math.min(i + 3800, bytes.length); // as many as leave b below 2^31
    for (; i < end; i++) {
      a += bytes[i] as number;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/**
 * A function that encodes the grey pixels of pictures of one size, `[height, width]`, as PNGs. What it works on is
 * made once, since for small pictures allocating costs more than encoding.
 */
export function greyPngEncoder(height: number, width: number): (pixels: Uint8Array) => Uint8Array {
  const rows = new Uint8Array(height * (width + 1)); // each row begins with its filter, 0: none
  const png = new Uint8Array(dataOffset + 8 + 2 + deflateRunsBound(rows.length) + 4 + 4 + 12);
  const view = new DataView(png.buffer);
  png.set(signature);
  view.setUint32(16, width);
  view.setUint32(20, height);
  png[24] = 8; // bits; colour type 0 (grey), no interlacing: the zeros that are there
  endChunk(view, png, 8, headerType, 29);
  const zlib = dataOffset + 8;
  view.setUint16(zlib, 0x7801); // deflate, window of 32 KiB, fastest

  return (pixels) => {
    for (let y = 0, from = 0, to = 0; y < height; y++) {
      to++;
      for (let x = 0; x < width; x++) rows[to++] = pixels[from++] as number;
    }
    const deflated = deflateRuns(rows, png, zlib + 2);
    view.setUint32(deflated, adler32(rows));
    endChunk(view, png, dataOffset, dataType, deflated + 4);
    endChunk(view, png, deflated + 8, endType, deflated + 16);
    return png.slice(0, deflated + 20);
  };
}

/** Encodes `pixels`, `[height, width, 3]`, red, green and blue, as a PNG. */
export function encodeRgbPng(height: number, width: number, pixels: Uint8Array): Uint8Array {
  const rowBytes = width * 3;
  const rows = new Uint8Array(height * (rowBytes + 1)); // each row begins with its filter, 0: none
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  const data = zlibSync(rows, { level: 3 });
  const png = new Uint8Array(dataOffset + 12 + data.length + 12);
  const view = new DataView(png.buffer);
  png.set(signature);
  view.setUint32(16, width);
  view.setUint32(20, height);
  png[24] = 8; // bits
  png[25] = 2; // colour type
  endChunk(view, png, 8, headerType, 29);
  png.set(data, dataOffset + 8);
  endChunk(view, png, dataOffset, dataType, dataOffset + 8 + data.length);
  endChunk(view, png, dataOffset + 12 + data.length, endType, png.length - 4);
  return png;
}

/** Completes the chunk at `start` whose data ends at `end`: length, type and CRC. */
function endChunk(view: DataView, png: Uint8Array, start: number, type: number, end: number): void {
  view.setUint32(start, end - start - 8);
  view.setUint32(start + 4, type);
  view.setUint32(end, crc32(png, start + 4, end));
}

/** Whether bytes that begin as a PNG are one that {@link decodeGreyPng} reads, by its header. */
export function isGreyPng(png: Uint8Array): boolean {
  return png.length < dataOffset || (png[24] === 8 && png[25] === 0 && png[28] === 0);
}

/**
 * Decodes an 8-bit grey PNG of the given size into `pixels`, `[height, width]`, from `offset` on.
 *
 * Throws an {@link MnistError} `BAD_DATA` where the bytes are no such PNG or damaged, `UNSUPPORTED` where the
 * PNG is of another kind. Whatever the bytes claim, it writes no more than `height * width` pixels.
 */
export function decodeGreyPng(
  png: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
  pixels: Uint8Array,
  offset = 0,
): void {
  const rowBytes = width + 1;
  // One byte more than fits shows a stream that is too long; fflate never writes past the array it is given.
  const rows = inflate(joinData(png, height, width), new Uint8Array(height * rowBytes + 1));
  if (rows.length !== height * rowBytes) {
    throw damaged(
      `its pixel data has ${rows.length > height * rowBytes ? "more" : "fewer"} bytes than ` +
        `${height} rows of ${width} pixels take`,
    );
  }
  for (let y = 0; y < height; y++) {
    unfilterRow(rows, y * rowBytes, width, pixels, offset + y * width, y === 0);
  }
}

/** The data of all IDAT chunks, after the header and each CRC have been checked. */
function joinData(png: Uint8Array, height: number, width: number): Uint8Array {
  if (png.length < dataOffset || signature.some((byte, i) => png[i] !== byte)) {
    throw new MnistError("BAD_DATA", `expected a PNG, found ${png.length} bytes that do not begin as one`);
  }
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = signature.length; ; ) {
    if (at + 12 > png.length) throw damaged(`it ends at byte ${png.length}, within its chunks`);
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    const end = at + 8 + length;
    if (end + 4 > png.length) {
      throw damaged(`the chunk at byte ${at} claims ${length} bytes, ${png.length - at - 12} are left`);
    }
    if (view.getUint32(end) !== crc32(png, at + 4, end))
      throw damaged(`the CRC of the chunk at byte ${at} is wrong`);
    if (at === signature.length) checkHeader(view, type, length, height, width);
    else if (type === dataType) parts.push(png.subarray(at + 8, end));
    else if (type === endType) break;
    at = end + 4;
  }
  const [only, ...others] = parts;
  if (only === undefined) throw damaged("it has no pixel data");
  if (others.length === 0) return only;
  return joinBytes(parts);
}

function checkHeader(view: DataView, type: number, length: number, height: number, width: number): void {
  if (type !== headerType || length !== 13) throw damaged("its first chunk is no IHDR");
  const foundWidth = view.getUint32(16);
  const foundHeight = view.getUint32(20);
  if (foundWidth !== width || foundHeight !== height) {
    throw new MnistError(
      "BAD_DATA",
      `expected a PNG ${width} pixels wide and ${height} high, found ${foundWidth} and ${foundHeight}`,
    );
  }
  const [bits, colorType, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  if (bits !== 8 || colorType !== 0 || interlaced !== 0) {
    throw new MnistError(
      "UNSUPPORTED",
      "expected an 8-bit grey PNG without interlacing, " +
        `found ${bits} bits of colour type ${colorType}${interlaced === 0 ? "" : ", interlaced"}`,
    );
  }
}

function inflate(data: Uint8Array, rows: Uint8Array): Uint8Array {
  try {
    return unzlibSync(data, { out: rows });
  } catch (error) {
    throw new MnistError("BAD_DATA", "the PNG is damaged: its pixel data cannot be inflated", {
      cause: error,
    });
  }
}

/** Undoes the filter of one row (PNG, 9.2), whose first byte names it; "up" is the row decoded before. */
function unfilterRow(
  rows: Uint8Array,
  start: number,
  width: number,
  pixels: Uint8Array,
  to: number,
  isFirst: boolean,
): void {
  const filter = rows[start];
  if (filter === 0) {
    pixels.set(rows.subarray(start + 1, start + 1 + width), to);
    return;
  }
  if (filter === undefined || filter > 4) throw damaged(`a row has filter ${filter}, expected 0 to 4`);
  for (let x = 0; x < width; x++) {
    const left = x === 0 ? 0 : (pixels[to + x - 1] as number);
    const up = isFirst ? 0 : (pixels[to + x - width] as number);
    const upLeft = x === 0 || isFirst ? 0 : (pixels[to + x - width - 1] as number);
    const predicted =
      filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, upLeft);
    pixels[to + x] = (rows[start + 1 + x] as number) + predicted;
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [
    Math.abs(estimate - left),
    Math.abs(estimate - up),
    Math.abs(estimate - upLeft),
  ];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function damaged(reason: string): MnistError {
  return new MnistError("BAD_DATA", `the PNG is damaged: ${reason}`);
}
