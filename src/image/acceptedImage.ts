import { MnistError } from "../core/errors.ts";
import { type ImageType, imageType } from "./imageType.ts";

/** The most pixels that are decoded: a photo of 4,900 x 3,200; 64 MB as RGBA. */
export const MAX_PIXELS = 16_000_000;

const NAMES: Readonly<Record<ImageType, string>> = {
  png: "PNG",
  jpeg: "JPEG",
  webp: "WebP",
  gif: "GIF",
  bmp: "BMP",
  tiff: "TIFF",
  avif: "AVIF",
  heic: "HEIC",
};

/**
 * The kind of image in `bytes`, if it is one that is decoded; else an error, BAD_IMAGE, that says what was found.
 * `name` is the path or the URL that the message begins with.
 */
export function acceptedImageType(bytes: Uint8Array, name: string): "PNG" | "JPEG" {
  if (bytes.length === 0) {
    throw new MnistError("BAD_IMAGE", `${name}: the file is empty; give a PNG or JPEG file`);
  }
  const type = imageType(bytes);
  if (type === "png") return "PNG";
  if (type === "jpeg") return "JPEG";
  const found =
    type === undefined
      ? `not a PNG or JPEG image (it begins with ${beginning(bytes)})`
      : `a ${NAMES[type]} image, and only PNG and JPEG are read`;
  throw new MnistError("BAD_IMAGE", `${name}: ${found}; give a PNG or JPEG file`);
}

/** The error for a picture of more than {@link MAX_PIXELS}. */
export function tooManyPixels(name: string, width: number, height: number): MnistError {
  return new MnistError(
    "BAD_IMAGE",
    `${name}: the picture is ${width} x ${height} pixels, and at most ${MAX_PIXELS.toLocaleString("en")} are decoded; make it smaller`,
  );
}

/** The error for an image that its decoder refuses, for the `reason` it gave. */
export function undecodable(name: string, type: string, reason: string, cause: unknown): MnistError {
  return new MnistError(
    "BAD_IMAGE",
    `${name}: the ${type} image cannot be decoded (${reason}); it may be cut short or damaged: get a whole copy of it`,
    { cause },
  );
}

/** The first bytes for people: as text where they are text, else in hexadecimal. */
export function beginning(bytes: Uint8Array): string {
  const first = bytes.subarray(0, 9);
  const more = bytes.length > first.length ? "…" : "";
  const isText = first.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText) return `"${String.fromCharCode(...first)}${more}"`;
  const hex = Array.from(first.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `the bytes ${hex}${bytes.length > 8 ? "…" : ""}`;
}
