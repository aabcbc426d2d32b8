/** What a JPEG's header says. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of a JPEG that is decoded row by row: baseline or extended sequential, Huffman-coded (ITU-T T.81, B.1.1.3 and B.2.2).
 * `undefined` for every other kind, and where anything in its header is unusual.
 */
export function plainJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Segments: a marker of two bytes, then a length that counts itself. SOI has none.
  for (let at = 2; at + 9 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xffc0 || marker === 0xffc1) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    const isIdle = (marker >= 0xffe0 && marker <= 0xffef) || marker === 0xfffe; // applications' and comments
    const isTable = marker === 0xffdb || marker === 0xffc4 || marker === 0xffdd;
    if (!isIdle && !isTable) return undefined;
  }
  return undefined;
}
