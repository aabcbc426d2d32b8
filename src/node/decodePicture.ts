import { createRequire } from "node:module";
import { MnistError } from "../core/errors.ts";
import { acceptedImageType, MAX_PIXELS, tooManyPixels, undecodable } from "../image/acceptedImage.ts";
import type { Picture } from "../image/picture.ts";
import { decodePlainPng } from "./decodePng.ts";

type Sharp = typeof import("sharp")["default"];

let loaded: Sharp | undefined;
let onlyPngAndJpeg = false;

/**
 * The pixels of a PNG or JPEG image: sRGB with alpha, 8 bits a channel, turned as its Exif orientation says.
 * The kind comes from the first bytes, never from `name`, which is for messages only.
 *
 * Throws BAD_IMAGE for bytes that are no PNG or JPEG, are cut short or damaged, or hold more than 16 million
 * pixels; nothing is allocated by what the header claims before that is checked.
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  const type = acceptedImageType(bytes, name);
  const plain = type === "PNG" ? decodePlainPng(bytes) : undefined;
  if (plain) return plain;
  const sharp = loadSharp();
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (width * height > MAX_PIXELS) throw tooManyPixels(name, width, height);
    const { data, info } = await sharp(bytes, {
      limitInputPixels: MAX_PIXELS,
      failOn: "error",
      autoOrient: true,
    })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    };
  } catch (error) {
    if (error instanceof MnistError) throw error;
    throw undecodable(name, type, reasonOf(error), error);
  }
}

/**
 * Blocks every image decoder of this process but those for PNG and JPEG in memory, at once or as soon as one is
 * needed. For programs that read strangers' pictures and own their process, like `mnist`; inside of a larger
 * program it would also take away that program's own use of sharp, so that the library leaves it to its caller.
 */
export function allowOnlyPngAndJpeg(): void {
  onlyPngAndJpeg = true;
  if (loaded !== undefined) restrict(loaded);
}

/**
 * sharp, loaded at the first picture that needs it: it takes longer than all else of a prediction. It is required, since
 * to import it takes twice as long: its own imports are of CommonJS packages of some sixty files.
 */
function loadSharp(): Sharp {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)("sharp") as Sharp;
    restrict(loaded);
  }
  return loaded;
}

/**
 * Bytes that begin as a PNG or a JPEG go to no decoder but these two, with one exception: a JPEG with a gain map
 * goes to libultrahdr, which gives high dynamic range, not the picture that is meant to be seen.
 */
function restrict(sharp: Sharp): void {
  sharp.block({ operation: [onlyPngAndJpeg ? "VipsForeignLoad" : "VipsForeignLoadUhdr"] });
  if (onlyPngAndJpeg) sharp.unblock({ operation: ["VipsForeignLoadPngBuffer", "VipsForeignLoadJpegBuffer"] });
}

/** The decoder's own reason in one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .trim()
    .replace(/\s*\n\s*/g, "; ")
    .replace(/:$/, "");
}
