import { MnistError } from "../core/errors.ts";
import {
  acceptedFormats,
  acceptedImageType,
  checkSize,
  type DecodeOptions,
  MAX_PIXELS,
  tooMuchMemory,
  undecodable,
  unsupported,
} from "../image/acceptedImage.ts";
import type { ImageFormat } from "../image/imageType.ts";
import { MAX_SIDE, type Picture } from "../image/picture.ts";
import { decodeBmp } from "./decodeBmp.ts";
import { decodePlainPng } from "./decodePng.ts";
import { decoderMemory, MAX_DECODER_MEMORY } from "./decoderMemory.ts";
import { firstFrame } from "./firstFrame.ts";
import { plainJpegHeader } from "./plainJpeg.ts";
import { requireSharp, type Sharp } from "./requireSharp.ts";

let loaded: Sharp | undefined;
let onlyFormats: readonly ImageFormat[] | undefined;

/** libvips' decoders of bytes in memory, for the formats that it has. */
const LOADERS: Readonly<Partial<Record<ImageFormat, string>>> = {
  png: "VipsForeignLoadPngBuffer",
  jpeg: "VipsForeignLoadJpegBuffer",
  webp: "VipsForeignLoadWebpBuffer",
  gif: "VipsForeignLoadNsgifBuffer",
  tiff: "VipsForeignLoadTiffBuffer",
  avif: "VipsForeignLoadHeifBuffer",
};

/**
 * The pixels of a PNG or JPEG image, or of another format that `allowFormats` lists: sRGB, with alpha if it has any, 8 bits a channel,
 * turned as its Exif orientation says, its first frame where it has several. The kind comes from the first bytes,
 * never from `name`, which is for messages only. An image with a side longer than {@link MAX_SIDE} is made smaller.
 *
 * Throws BAD_IMAGE for bytes of any other kind, that are cut short or damaged, or hold more than 25 million pixels;
 * nothing is allocated by what the header claims before that is checked.
 */
export async function decodePicture(
  bytes: Uint8Array,
  name: string,
  { allowFormats }: DecodeOptions = {},
): Promise<Picture> {
  const format = acceptedImageType(bytes, name, allowFormats);
  if (format === "bmp") return decodeBmp(bytes, name);
  const plain = format === "png" ? decodePlainPng(bytes) : undefined;
  if (plain) return plain;
  const sharp = loadSharp();
  try {
    const first = firstFrame(bytes, format);
    const large = isPlainSmallJpeg(first, format) ? undefined : await largeSize(sharp, first, name, format);
    const whole = sharp(first, { limitInputPixels: MAX_PIXELS, failOn: "error", autoOrient: true });
    const fitting = large
      ? whole.resize({ width: MAX_SIDE, height: MAX_SIDE, fit: "inside", kernel: "linear" })
      : whole;
    const { data, info } = await fitting
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3 && info.channels !== 4)
      throw unsupported(name, format, `of ${info.channels} channels, which is not read`);
    return {
      width: info.width,
      height: info.height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
      ...(large && { fullWidth: large.width, fullHeight: large.height }),
    };
  } catch (error) {
    if (error instanceof MnistError) throw error;
    throw undecodable(name, format, reasonOf(error), error);
  }
}

/** Whether the first bytes alone say that it can be decoded as it is, without another thread that looks at them first. */
function isPlainSmallJpeg(bytes: Uint8Array, format: ImageFormat): boolean {
  const { width, height } = (format === "jpeg" && plainJpegHeader(bytes)) || { width: 0, height: 0 };
  return Math.min(width, height) > 0 && Math.max(width, height) <= MAX_SIDE;
}

/**
 * The size of an image that has to be made smaller while it is decoded, turned as it will be. Throws BAD_IMAGE where the
 * image is too large, or its decoder would need too much memory.
 */
async function largeSize(
  sharp: Sharp,
  bytes: Uint8Array,
  name: string,
  format: ImageFormat,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height } = metadata.autoOrient;
  checkSize(name, width, height);
  if (decoderMemory(metadata) > MAX_DECODER_MEMORY) throw tooMuchMemory(name, format, width, height);
  return Math.max(width, height) > MAX_SIDE ? { width, height } : undefined;
}

/**
 * Blocks every image decoder of this process but those in memory for PNG, JPEG and `formats`, at once or as soon as
 * one is needed, and keeps none of what they made. For programs that read strangers' pictures and own their process, like `mnist`; inside of a larger
 * program it would also take away that program's own use of sharp, so that the library leaves it to its caller.
 */
export function allowOnlyFormats(formats: readonly ImageFormat[] = []): void {
  onlyFormats = acceptedFormats(formats);
  if (loaded !== undefined) restrict(loaded);
}

/** sharp, loaded at the first picture that needs it: it takes longer than all else of a prediction. */
function loadSharp(): Sharp {
  if (loaded === undefined) {
    loaded = requireSharp();
    restrict(loaded);
  }
  return loaded;
}

/**
 * Bytes that begin as one of the formats go to no decoder but its own, with one exception: a JPEG with a gain map
 * goes to libultrahdr, which gives high dynamic range, not the picture that is meant to be seen.
 */
function restrict(sharp: Sharp): void {
  sharp.block({ operation: [onlyFormats ? "VipsForeignLoad" : "VipsForeignLoadUhdr"] });
  if (onlyFormats === undefined) return;
  sharp.unblock({ operation: onlyFormats.flatMap((format) => LOADERS[format] ?? []) });
  sharp.cache(false); // it would hold what was decoded last while digits are looked for
}

/** The decoder's own reason in one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .trim()
    .replace(/\s*\n\s*/g, "; ")
    .replace(/:$/, "");
}
