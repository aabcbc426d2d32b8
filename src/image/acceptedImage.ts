import { MnistError } from "../core/errors.ts";
import { formatCount } from "../core/numberText.ts";
import { type ImageFormat, type ImageType, imageFormats, imageType } from "./imageType.ts";

/** The most pixels that are decoded: a photo of 5,000 x 5,000. */
export const MAX_PIXELS = 25_000_000;

/** The longest side that is decoded: a JPEG's can be no longer. */
const LONGEST_SIDE = 65_535;

/** What a decoder is told besides the bytes and their name. */
export interface DecodeOptions {
  /** Formats that are read besides PNG and JPEG, which always are; none unless given. */
  readonly allowFormats?: readonly ImageFormat[] | undefined;
}

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

/** PNG and JPEG, which are always read, and what else is allowed. */
export function acceptedFormats(allowFormats: readonly ImageFormat[] = []): ImageFormat[] {
  return imageFormats.filter((one) => one === "png" || one === "jpeg" || allowFormats.includes(one));
}

/**
 * The format of the image in `bytes`, if it is one that is read; else an error, BAD_IMAGE, that says what was found.
 * `name` is the path or the URL that the message begins with.
 */
export function acceptedImageType(
  bytes: Uint8Array,
  name: string,
  allowFormats: readonly ImageFormat[] = [],
): ImageFormat {
  const accepted = acceptedFormats(allowFormats);
  const choice = listOf(accepted, "or");
  const fail = (found: string) => new MnistError("BAD_IMAGE", `${name}: ${found} ${choice} file`);
  if (bytes.length === 0) throw fail("the file is empty; give a");
  const type = imageType(bytes);
  if (type === undefined) throw fail(`not a ${choice} image (it begins with ${beginning(bytes)}); give a`);
  if (type === "heic") throw fail("a HEIC image, for which there is no decoder here; convert it to a");
  if (accepted.includes(type)) return type;
  const only = `${listOf(accepted, "and")} are read`;
  throw fail(`${anImage(type)}, and only ${only}; allow the format "${type}" as well, or give a`);
}

/** `a WebP image` */
function anImage(format: ImageFormat): string {
  return `${format === "avif" ? "an" : "a"} ${NAMES[format]} image`;
}

/** `PNG, JPEG or WebP` */
function listOf(formats: readonly ImageFormat[], word: string): string {
  const names = formats.map((one) => NAMES[one]);
  return `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
}

/** Throws BAD_IMAGE for a picture of no size, of more than {@link MAX_PIXELS}, or of an endless side. */
export function checkSize(name: string, width: number, height: number): void {
  const size = `${name}: the picture is ${width} x ${height} pixels`;
  if (width <= 0 || height <= 0) throw new MnistError("BAD_IMAGE", `${size}; get a whole copy of it`);
  const [most, longest] = [MAX_PIXELS, LONGEST_SIDE].map(formatCount);
  if (width * height > MAX_PIXELS)
    throw new MnistError("BAD_IMAGE", `${size}, and at most ${most} are decoded; make it smaller`);
  if (Math.max(width, height) > LONGEST_SIDE)
    throw new MnistError("BAD_IMAGE", `${size}, and at most ${longest} a side are decoded; make it smaller`);
}

/** The error for an image of a kind that is decoded as a whole, and is too large for that. */
export function tooMuchMemory(name: string, format: ImageFormat, width: number, height: number): MnistError {
  return new MnistError(
    "BAD_IMAGE",
    `${name}: the picture is ${width} x ${height} pixels, too many for this kind of ${NAMES[format]}, which is decoded as a whole; make it smaller`,
  );
}

/** The error for an image that its decoder refuses, for the `reason` it gave. */
export function undecodable(name: string, format: ImageFormat, reason: string, cause?: unknown): MnistError {
  return new MnistError(
    "BAD_IMAGE",
    `${name}: the ${NAMES[format]} image cannot be decoded (${reason}); it may be cut short or damaged: get a whole copy of it`,
    { cause },
  );
}

/** The error for an image of a kind, `found`, that no decoder here knows. */
export function unsupported(name: string, format: ImageFormat, found: string, cause?: unknown): MnistError {
  return new MnistError("BAD_IMAGE", `${name}: ${anImage(format)} ${found}; convert it to a PNG`, {
    cause,
  });
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
