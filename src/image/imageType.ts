/** The formats that can be decoded; how many of them are read is for the caller to say. */
export const imageFormats = ["png", "jpeg", "webp", "gif", "bmp", "tiff", "avif"] as const;

export type ImageFormat = (typeof imageFormats)[number];

/** The kinds of image that {@link imageType} knows by their first bytes. */
export type ImageType = ImageFormat | "heic";

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
  if (found?.[0] === "heic" && brandsOf(bytes).includes("avif")) return "avif";
  if (found !== undefined) return found[0];
  if (startsWith(bytes, "BM") && bytes.length >= 18) {
    const header = new DataView(bytes.buffer, bytes.byteOffset, 18).getUint32(14, true);
    if (BMP_HEADERS.includes(header)) return "bmp";
  }
  return undefined;
}

/** The compatible brands in the first box, as many as there are among the first 64 bytes: `mif1` says little. */
function brandsOf(bytes: Uint8Array): string[] {
  const end = Math.min(bytes.length, 64, new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0));
  const brands: string[] = [];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(String.fromCharCode(...bytes.subarray(at, at + 4)));
  return brands;
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  if (bytes.length < signature.length) return false;
  for (let i = 0; i < signature.length; i++) {
    if (signature[i] !== "." && bytes[i] !== signature.charCodeAt(i)) return false;
  }
  return true;
}
