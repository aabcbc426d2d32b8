import { imageType } from "../image/imageType.ts";

/** What a picture file says of itself before any pixel is decoded. */
export interface PictureHeader {
  readonly encoding: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey with alpha, 3 colour, 4 colour with alpha or CMYK; a palette is colour. */
  readonly channels: number;
}

/** Channels by a PNG's colour type (PNG 3rd ed., 11.2.1). */
const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** The header of a PNG or JPEG; `undefined` for bytes that are neither, or end before it does. */
export function pictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const type = imageType(bytes);
  if (type === "png") return pngHeader(bytes);
  if (type === "jpeg") return jpegHeader(bytes);
  return undefined;
}

function pngHeader(bytes: Uint8Array): PictureHeader | undefined {
  if (bytes.length < 29) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = pngChannels[view.getUint8(25)];
  if (channels === undefined) return undefined;
  return { encoding: "png", width: view.getUint32(16), height: view.getUint32(20), channels };
}

/** Walks the segments up to the frame header (ITU-T T.81, B.2.2): SOF0 to SOF15 without DHT, JPG and DAC. */
function jpegHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 10 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { encoding: "jpeg", width, height, channels: view.getUint8(at + 9) };
    }
    if (marker === 0xff)
      at++; // fill bytes may precede a marker
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
