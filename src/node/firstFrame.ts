import type { ImageFormat } from "../image/imageType.ts";

/**
 * The image with nothing after its first frame: only that is read, and a decoder that looks at all of a million first
 * takes minutes. Bytes that are not in order stay as they are, for the decoder to judge.
 */
export function firstFrame(bytes: Uint8Array, format: ImageFormat): Uint8Array {
  try {
    if (format === "gif") return firstOfGif(bytes);
    if (format === "tiff") return firstOfTiff(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // of DataView: it ends within its structure
  }
  return bytes;
}

/** Up to the end of the first image's data (GIF89a, 15 to 26), and the trailer. */
function firstOfGif(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tableAfter = (at: number) => {
    const flags = view.getUint8(at);
    return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
  };
  let at = 13 + tableAfter(10);
  for (;;) {
    const kind = view.getUint8(at);
    const isImage = kind === 0x2c;
    if (!isImage && kind !== 0x21) return bytes;
    at += isImage ? 10 + tableAfter(at + 9) + 1 : 2;
    while (view.getUint8(at) !== 0) at += view.getUint8(at) + 1;
    at++;
    if (!isImage) continue;
    const first = new Uint8Array(at + 1);
    first.set(bytes.subarray(0, at));
    first[at] = 0x3b;
    return first;
  }
}

/** With a first directory that no other follows (TIFF 6.0, 2). */
function firstOfTiff(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const isLittle = view.getUint8(0) === 0x49;
  const directory = view.getUint32(4, isLittle);
  view.setUint32(directory + 2 + view.getUint16(directory, isLittle) * 12, 0, isLittle);
  return copy;
}
