/** The longest side of a picture as decoded, pixels: larger ones are made smaller on the way, by averaging. */
export const MAX_SIDE = 2400;

/** A decoded picture; a browser's `ImageData` is one as it stands. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** sRGB and alpha (not premultiplied), 4 bytes a pixel, row by row: `[height, width, 4]`; or `[height, width, 3]` where all is opaque. */
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
