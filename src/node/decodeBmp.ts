import { checkSize, undecodable, unsupported } from "../image/acceptedImage.ts";
import type { Picture } from "../image/picture.ts";
import { shrinkingRows } from "./shrinkingRows.ts";

/** Bytes of the file's header, before the image's own. */
const FILE_HEADER = 14;

/** Compressions that are none: the pixels stand as they are, in fields of fixed bits or of those that masks give. */
const RGB = 0;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

/** The bits of red, green, blue and alpha where the file does not say. */
const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
};

interface Header {
  /** Of the header itself, bytes. */
  readonly length: number;
  readonly width: number;
  /** Below 0 where the rows stand from top to bottom. */
  readonly height: number;
  readonly bits: number;
  readonly compression: number;
  /** Of the palette; 0 for as many as the bits can tell apart. */
  readonly colors: number;
}

/** Writes the pixels of the row that begins at byte `from`, as RGBA; throws a RangeError for a colour there is not. */
type ReadRow = (from: number, rgba: Uint8Array) => void;

/**
 * The pixels of a BMP image, as `decodePicture` gives them: 1, 4, 8, 16, 24 or 32 bits a pixel, with the headers of
 * Windows and OS/2 (https://learn.microsoft.com/windows/win32/gdi/bitmap-storage). Run lengths and embedded JPEG or
 * PNG are refused. Alpha counts where a mask says which bits it is, unless it is 0 everywhere.
 */
export function decodeBmp(bytes: Uint8Array, name: string): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = readHeader(view);
    const { width, bits, compression } = header;
    const height = Math.abs(header.height);
    checkSize(name, width, height);
    if (!isPlain(header)) {
      throw unsupported(
        name,
        "bmp",
        `of ${bits} bits a pixel with the compression ${compression}, which is not read`,
      );
    }
    const stride = Math.ceil((bits * width) / 32) * 4;
    const start = view.getUint32(10, true);
    // The last row's padding may be missing.
    if (start + stride * (height - 1) + Math.ceil((bits * width) / 8) > bytes.length) {
      throw new RangeError("it ends before its last pixel");
    }
    const rowAt = (y: number) => start + stride * (header.height < 0 ? y : height - 1 - y);
    const readRow = rowReader(view, header, rowAt);
    const rows = shrinkingRows(width, height);
    const rgba = new Uint8Array(width * 4);
    for (let y = 0; y < height; y++) {
      readRow(rowAt(y), rgba);
      rows.add(rgba);
    }
    return rows.picture();
  } catch (error) {
    // Of DataView, too, where the file ends within its header.
    if (error instanceof RangeError) throw undecodable(name, "bmp", error.message, error);
    throw error;
  }
}

function readHeader(view: DataView): Header {
  const length = view.getUint32(FILE_HEADER, true);
  if (length === 12) {
    const [width, height, bits] = [
      view.getUint16(18, true),
      view.getUint16(20, true),
      view.getUint16(24, true),
    ];
    return { length, width, height, bits, compression: RGB, colors: 0 };
  }
  return {
    length,
    width: view.getInt32(18, true),
    height: view.getInt32(22, true),
    bits: view.getUint16(28, true),
    compression: view.getUint32(30, true),
    colors: view.getUint32(46, true),
  };
}

/** Whether pixels and rows have their fixed places. In OS/2's header of 64 bytes, the compression 3 is another. */
function isPlain({ length, bits, compression }: Header): boolean {
  if (compression === RGB) return [1, 4, 8, 16, 24, 32].includes(bits);
  const hasMasks = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  return hasMasks && length !== 64 && (bits === 16 || bits === 32);
}

function rowReader(view: DataView, header: Header, rowAt: (y: number) => number): ReadRow {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (header.bits <= 8) return paletteRows(bytes, header.bits, readPalette(bytes, header));
  if (header.bits === 24) return (from, rgba) => spreadBgr(bytes, from, rgba);
  const [red, green, blue, alpha] = readMasks(view, header).map(fieldOf);
  if (!(red && green && blue)) throw new RangeError("it does not say which bits a colour is");
  const size = header.bits / 8;
  const pixelAt = (at: number) => (size === 2 ? view.getUint16(at, true) : view.getUint32(at, true));
  const isOpaque = !alpha || !hasAlpha();
  return (from, rgba) => {
    for (let at = from, to = 0; to < rgba.length; at += size, to += 4) {
      const pixel = pixelAt(at);
      rgba[to] = red(pixel);
      rgba[to + 1] = green(pixel);
      rgba[to + 2] = blue(pixel);
      rgba[to + 3] = isOpaque ? 255 : alpha(pixel);
    }
  };

  function hasAlpha(): boolean {
    for (let y = 0; y < Math.abs(header.height); y++) {
      for (let x = 0; x < header.width; x++) if (alpha?.(pixelAt(rowAt(y) + x * size))) return true;
    }
    return false;
  }
}

/** After a header of 40 bytes, or within a longer one at the same place. */
function readMasks(view: DataView, { length, bits, compression }: Header): readonly number[] {
  if (compression === RGB) return DEFAULT_MASKS[bits] ?? [];
  const hasAlpha = compression === ALPHA_BIT_FIELDS || length >= 56;
  const places = hasAlpha ? [0, 4, 8, 12] : [0, 4, 8];
  return places.map((place) => view.getUint32(FILE_HEADER + 40 + place, true));
}

/** Reads the bits of `mask`, which stand together, as 0..255; `undefined` where there are none such. */
function fieldOf(mask: number): ((pixel: number) => number) | undefined {
  if (mask === 0) return undefined;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  if ((most & (most + 1)) !== 0) return undefined;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most);
}

/** RGBA of each colour: 4 bytes with a spare one, or 3 after the short header. */
function readPalette(bytes: Uint8Array, { length, bits, colors }: Header): Uint8Array {
  const most = 1 << bits;
  const count = colors === 0 ? most : Math.min(colors, most);
  const size = length === 12 ? 3 : 4;
  const start = FILE_HEADER + length;
  if (start + count * size > bytes.length) throw new RangeError("it ends within its palette");
  const palette = new Uint8Array(count * 4).fill(255);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) palette[i * 4 + c] = bytes[start + i * size + 2 - c]!;
  }
  return palette;
}

/** Pixels of 1, 4 or 8 bits, the first in a byte's highest. */
function paletteRows(bytes: Uint8Array, bits: number, palette: Uint8Array): ReadRow {
  const colors = new Uint32Array(palette.buffer);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  return (from, rgba) => {
    const pixels = new Uint32Array(rgba.buffer);
    for (let x = 0; x < pixels.length; x++) {
      const shift = 8 - bits - (x % perByte) * bits;
      const index = (bytes[from + Math.floor(x / perByte)]! >> shift) & mask;
      if (index >= colors.length) throw new RangeError("it has a colour that is not in its palette");
      pixels[x] = colors[index]!;
    }
  };
}

function spreadBgr(bytes: Uint8Array, from: number, rgba: Uint8Array): void {
  for (let at = from, to = 0; to < rgba.length; at += 3, to += 4) {
    rgba[to] = bytes[at + 2]!;
    rgba[to + 1] = bytes[at + 1]!;
    rgba[to + 2] = bytes[at]!;
    rgba[to + 3] = 255;
  }
}
