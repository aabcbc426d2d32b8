import type { Metadata } from "sharp";

/** The most that a decoder may hold besides its input and the picture it gives, bytes. */
export const MAX_DECODER_MEMORY = 150_000_000;

/** Of one channel of a pixel, by libvips' name of its type. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
};

/**
 * What libvips holds of an image while it decodes it, bytes, as far as it grows with the image: most are decoded row by
 * row, but some kinds only as a whole. Measured as peaks of whole processes.
 */
export function decoderMemory({ format, width, height, channels, depth, isProgressive }: Metadata): number {
  const sample = SAMPLE_BYTES[depth] ?? 8;
  const pixels = width * height;
  // All coefficients of all scans, 16 bits each.
  if (format === "jpeg") return isProgressive ? pixels * channels * 2 : 0;
  if (format === "png") return isProgressive ? pixels * channels * sample : 0;
  // A strip or a tile, which may be all of the image, as stored and as pixels.
  if (format === "tiff") return pixels * channels * sample * 2;
  // The frame, those that it may refer to, and the same as RGB.
  if (format === "heif") return pixels * sample * 18;
  return 0;
}
