import { MnistError } from "../core/errors.ts";

/** The longest side of a picture as decoded, pixels: larger ones are made smaller on the way, by averaging. */
export const MAX_SIDE = 2400;

/** A decoded picture; a browser's `ImageData` is one as it stands. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** sRGB and alpha (not premultiplied), 4 bytes a pixel, row by row: `[height, width, 4]`. */
  readonly data: Uint8ClampedArray | Uint8Array;
  /** The size of the image that it is a smaller copy of, where it is one: boxes are told in its pixels. */
  readonly fullWidth?: number;
  readonly fullHeight?: number;
}

/** Decodes an image file of any kind; `name` is for messages. */
export type DecodePicture = (bytes: Uint8Array, name: string) => Promise<Picture>;

/** One number a pixel, row by row: `[height, width]`. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** Brightness from 0 (black) to 1 (white), or ink from 0 (paper) to 1, as the maker of the image says. */
  readonly data: Float32Array;
}

/** A rectangle of whole pixels; `x`, `y` is its top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

// The luma of Rec. ITU-R BT.601, the one that JPEG stores: weights of the gamma-coded channels.
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/**
 * A picture's brightness, 0 black .. 1 white (BT.601 luma). Where the picture is transparent, the paper shows
 * through. Its brightness is the median of the border where at least half of the border is opaque; otherwise
 * what is drawn is ink, and the paper is white under dark ink and black under light ink.
 *
 * Throws BAD_IMAGE when the data do not fit the width and the height.
 */
export function toGrey(picture: Picture): GreyImage {
  const { width, height, data } = picture;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new MnistError(
      "BAD_IMAGE",
      `picture: its size is ${width} x ${height}, expected whole numbers above 0`,
    );
  }
  if (data.length !== width * height * 4) {
    throw new MnistError(
      "BAD_IMAGE",
      `picture: ${data.length} bytes of pixels, expected ${width * height * 4} (${width} x ${height} x 4, RGBA)`,
    );
  }
  const grey = new Float32Array(width * height);
  let isOpaque = true;
  for (let y = 0; y < height; y++) if (!greyRow(grey, data, y * width, (y + 1) * width)) isOpaque = false;
  if (!isOpaque) showPaper(grey, picture);
  return { width, height, data: grey };
}

/**
 * Fills the pixels `from` .. `to` - 1, as if they were opaque; whether they are. A function of its own: most processes
 * read one picture, and V8 optimizes what is called for every row long before a loop that runs once.
 */
function greyRow(grey: Float32Array, data: Picture["data"], from: number, to: number): boolean {
  let alpha = 255;
  for (let i = from, at = from * 4; i < to; i++, at += 4) {
    grey[i] = (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!) / 255;
    alpha &= data[at + 3]!;
  }
  return alpha === 255;
}

function showPaper(grey: Float32Array, picture: Picture): void {
  const paper = brightnessBehind(picture);
  const { data } = picture;
  for (let i = 0; i < grey.length; i++) {
    const at = i * 4;
    const alpha = data[at + 3]!;
    if (alpha === 255) continue;
    const luma = (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!) / 255;
    grey[i] = paper + (alpha / 255) * (luma - paper);
  }
}

/** The brightness of the paper behind a picture that is transparent in places. */
function brightnessBehind({ width, height, data }: Picture): number {
  const histogram = new Uint32Array(256);
  let opaque = 0;
  const border = borderPixels(width, height);
  for (const i of border) {
    if (data[i * 4 + 3]! < 128) continue;
    const luma = RED * data[i * 4]! + GREEN * data[i * 4 + 1]! + BLUE * data[i * 4 + 2]!;
    histogram[Math.round(luma)]!++;
    opaque++;
  }
  if (opaque * 2 >= border.length) {
    let level = 0;
    for (let below = histogram[0]!; below * 2 < opaque; below += histogram[level]!) level++;
    return level / 255;
  }
  let ink = 0;
  let weight = 0;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!;
    ink += alpha * (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!);
    weight += alpha;
  }
  return ink < 127.5 * weight ? 1 : 0;
}

/** The indices of the pixels in the first and last row and column, each once. */
export function borderPixels(width: number, height: number): number[] {
  const indices: number[] = [];
  for (let x = 0; x < width; x++) {
    indices.push(x);
    if (height > 1) indices.push((height - 1) * width + x);
  }
  for (let y = 1; y < height - 1; y++) {
    indices.push(y * width);
    if (width > 1) indices.push(y * width + width - 1);
  }
  return indices;
}
