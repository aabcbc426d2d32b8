import { MAX_SIDE, type Picture } from "../image/picture.ts";

const headerType = 0x49484452; // IHDR
const paletteType = 0x504c5445; // PLTE
const transparencyType = 0x74524e53; // tRNS
const dataType = 0x49444154; // IDAT
const endType = 0x49454e44; // IEND

/** Chunks that change no pixel: bKGD, cHRM, gAMA, pHYs, sRGB, tEXt, tIME. */
const idleTypes: readonly number[] = [
  0x624b4744, 0x6348524d, 0x67414d41, 0x70485973, 0x73524742, 0x74455874, 0x74494d45,
];

/** Bytes a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * The pixels of a plain PNG, as `decodePicture` gives them: 8 bits a channel, any colour type, not interlaced, without
 * a colour profile or an orientation (https://www.w3.org/TR/png-3/), and of a size that need not be made smaller. `undefined` for every other one and for any that
 * is damaged, except in its signature, which is not looked at: these are for a complete decoder to judge, which takes longer to load than all the rest of a prediction.
 */
export function decodePlainPng(png: Uint8Array): Picture | undefined {
  const chunks = readChunks(png);
  const [header, palette, transparency] = [headerType, paletteType, transparencyType].map(
    (type) => chunks?.get(type)?.[0],
  );
  const data = chunks?.get(dataType);
  if (header?.length !== 13 || data === undefined) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const [width, height, colorType] = [view.getUint32(0), view.getUint32(4), view.getUint8(9)];
  const channels = channelsOf[colorType];
  // 8 bits; compression, filters and interlacing of the kind 0.
  const isPlain = view.getUint8(8) === 8 && header[10] === 0 && header[11] === 0 && header[12] === 0;
  const fits = Math.min(width, height) > 0 && Math.max(width, height) <= MAX_SIDE;
  if (!isPlain || !fits || channels === undefined) return undefined;
  if (transparency !== undefined && colorType !== 3) return undefined;

  const rows = inflate(data, height * (width * channels + 1));
  const pixels = rows && unfilter(rows, width * channels, height, channels);
  if (pixels === undefined) return undefined;
  if (colorType === 6) return { width, height, data: pixels };
  const rgba = new Uint8Array(width * height * 4);
  if (colorType === 2) spreadRgb(pixels, rgba);
  else if (colorType === 4) spreadGreyAlpha(pixels, rgba);
  else {
    const colors = colorType === 0 ? greys() : colorsOf(palette, transparency);
    if (colors === undefined || !lookUp(pixels, colors, rgba)) return undefined;
  }
  return { width, height, data: rgba };
}

/** Loaded where there is a PNG: it takes 3 ms. */
const zlib = () => process.getBuiltinModule("node:zlib");

/** The chunks' data by type, if they come in their order, with right CRCs, and all mean something or nothing here. */
function readChunks(png: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> | undefined {
  const chunks = new Map<number, Uint8Array[]>();
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const { crc32 } = zlib();
  let before = 0;
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    const end = at + 8 + length;
    if (end + 4 > png.length || view.getUint32(end) !== crc32(png.subarray(at + 4, end))) return undefined;
    if ((before === 0) !== (type === headerType)) return undefined;
    if (type === endType) return length === 0 ? chunks : undefined;
    if (!idleTypes.includes(type)) {
      const isKnown = [headerType, paletteType, transparencyType, dataType].includes(type);
      const isAgain = chunks.has(type) && (type !== dataType || before !== dataType);
      const isLate = type !== dataType && chunks.has(dataType);
      if (!isKnown || isAgain || isLate) return undefined;
      const same = chunks.get(type);
      if (same) same.push(png.subarray(at + 8, end));
      else chunks.set(type, [png.subarray(at + 8, end)]);
    }
    before = type;
    at = end + 4;
  }
  return undefined;
}

/** Exactly `length` bytes, or nothing. */
function inflate(data: readonly Uint8Array[], length: number): Uint8Array | undefined {
  try {
    const rows = zlib().inflateSync(data.length === 1 && data[0] ? data[0] : Buffer.concat(data), {
      maxOutputLength: length,
      chunkSize: Math.min(Math.max(length, 64), 1 << 20),
    });
    return rows.length === length ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** Undoes the rows' filters (PNG, 9.2); each row begins with the filter's number. */
function unfilter(
  rows: Uint8Array,
  rowBytes: number,
  height: number,
  channels: number,
): Uint8Array | undefined {
  const pixels = new Uint8Array(rowBytes * height);
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1);
    const row = pixels.subarray(y * rowBytes, (y + 1) * rowBytes);
    row.set(rows.subarray(start + 1, start + 1 + rowBytes));
    const filter = rows[start];
    if (filter === 1) addLeft(row, channels);
    else if (filter === 2) addAbove(row, above);
    else if (filter === 3) addAverage(row, above, channels);
    else if (filter === 4) addPaeth(row, above, channels);
    else if (filter !== 0) return undefined;
    above = row;
  }
  return pixels;
}

function addLeft(row: Uint8Array, channels: number): void {
  for (let i = channels; i < row.length; i++) row[i]! += row[i - channels]!;
}

function addAbove(row: Uint8Array, above: Uint8Array): void {
  for (let i = 0; i < row.length; i++) row[i]! += above[i]!;
}

function addAverage(row: Uint8Array, above: Uint8Array, channels: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < channels ? 0 : row[i - channels]!;
    row[i]! += (left + above[i]!) >> 1;
  }
}

function addPaeth(row: Uint8Array, above: Uint8Array, channels: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < channels ? 0 : row[i - channels]!;
    const up = above[i]!;
    const corner = i < channels ? 0 : above[i - channels]!;
    const [toLeft, toUp, toCorner] = [
      Math.abs(up - corner),
      Math.abs(left - corner),
      Math.abs(left + up - 2 * corner),
    ];
    row[i]! += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
  }
}

function spreadRgb(pixels: Uint8Array, rgba: Uint8Array): void {
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    rgba[to] = pixels[from]!;
    rgba[to + 1] = pixels[from + 1]!;
    rgba[to + 2] = pixels[from + 2]!;
    rgba[to + 3] = 255;
  }
}

function spreadGreyAlpha(pixels: Uint8Array, rgba: Uint8Array): void {
  for (let from = 0, to = 0; from < pixels.length; from += 2, to += 4) {
    rgba.fill(pixels[from]!, to, to + 3);
    rgba[to + 3] = pixels[from + 1]!;
  }
}

/** RGBA of each of 256 greys. */
function greys(): Uint8Array {
  const colors = new Uint8Array(1024).fill(255);
  for (let grey = 0; grey < 256; grey++) colors.fill(grey, grey * 4, grey * 4 + 3);
  return colors;
}

/** RGBA of each of a palette's colours. */
function colorsOf(
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): Uint8Array | undefined {
  const count = (palette?.length ?? 0) / 3;
  if (palette === undefined || !Number.isInteger(count) || count > 256) return undefined;
  if (transparency !== undefined && transparency.length > count) return undefined;
  const colors = new Uint8Array(count * 4);
  spreadRgb(palette, colors);
  transparency?.forEach((alpha, i) => {
    colors[i * 4 + 3] = alpha;
  });
  return colors;
}

/** Writes each pixel's colour, four bytes at once; false where a pixel has a number beyond the last colour. */
function lookUp(pixels: Uint8Array, colors: Uint8Array, rgba: Uint8Array): boolean {
  const from = new Uint32Array(colors.buffer);
  const to = new Uint32Array(rgba.buffer);
  for (let i = 0; i < to.length; i++) {
    const index = pixels[i]!;
    if (index >= from.length) return false;
    to[i] = from[index]!;
  }
  return true;
}
