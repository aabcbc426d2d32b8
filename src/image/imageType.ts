/** The kinds of image that {@link imageType} knows by their first bytes. */
export type ImageType = "png" | "jpeg" | "webp" | "gif" | "bmp" | "tiff" | "avif" | "heic";

/** Each kind's signature: `.` is any byte, other characters stand for their code. */
const SIGNATURES: readonly (readonly [ImageType, string])[] = [
  ["png", "\x89PNG\r\n\x1a\n"],
  ["jpeg", "\xff\xd8\xff"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["webp", "RIFF....WEBP"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["avif", "....ftypavif"],
  ["avif", "....ftypavis"],
  ["heic", "....ftyphei"],
  ["heic", "....ftyphev"],
  ["heic", "....ftypmif1"],
];

/** Lengths of the header that follows a BMP file's first 14 bytes; "BM" alone may as well begin a text. */
const BMP_HEADERS = [12, 40, 52, 56, 64, 108, 124];

/**
 * The kind of image that `bytes` hold by their first bytes, whatever a name or a Content-Type says; `undefined`
 * for anything else. Signatures: PNG 3rd ed. 5.2, ITU-T T.81 B.1, RFC 9649, GIF89a, TIFF 6.0, ISO/IEC 23008-12.
 */
export function imageType(bytes: Uint8Array): ImageType | undefined {
  const found = SIGNATURES.find(([, signature]) => startsWith(bytes, signature));
  if (found !== undefined) return found[0];
  if (startsWith(bytes, "BM") && bytes.length >= 18) {
    const header = new DataView(bytes.buffer, bytes.byteOffset, 18).getUint32(14, true);
    if (BMP_HEADERS.includes(header)) return "bmp";
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  if (bytes.length < signature.length) return false;
  for (let i = 0; i < signature.length; i++) {
    if (signature[i] !== "." && bytes[i] !== signature.charCodeAt(i)) return false;
  }
  return true;
}
