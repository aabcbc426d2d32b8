import { toGrey } from "../image/grey.ts";
import type { Picture } from "../image/picture.ts";
import { shrink } from "../image/resample.ts";

/** Grey pixels of a preview. */
export interface GreyPixels {
  readonly width: number;
  readonly height: number;
  /** Grey levels, `[height, width]`, 0..255. */
  readonly pixels: Uint8Array;
}

/** One picture of a data set, for people to look at; no side is longer than 28 pixels. */
export interface LabelledPicture extends GreyPixels {
  /** Which picture of the file this is, from 0. */
  readonly index: number;
  /** Absent where the file has none. */
  readonly label?: number;
  /** What stands with the picture, where it is not the label. */
  readonly caption?: string;
}

/** An MNIST picture is shown as it is; what is larger is made as small. */
const previewSide = 28;

/** Grey pixels, `[height, width]`, at the size of a preview. */
export function greyPreview(
  { width, height }: { readonly width: number; readonly height: number },
  pixels: Uint8Array,
): GreyPixels {
  if (Math.max(width, height) <= previewSide) return { width, height, pixels };
  return shrunk(
    width,
    height,
    Float32Array.from(pixels, (level) => level / 255),
  );
}

/** The same of a picture in colour. */
export function decodedPreview(picture: Picture): GreyPixels {
  const { width, height, data } = toGrey(picture);
  return shrunk(width, height, data);
}

function shrunk(width: number, height: number, data: Float32Array): GreyPixels {
  const small = shrink({ width, height, data }, previewSide);
  const pixels = Uint8Array.from(small.data, (brightness) => Math.round(brightness * 255));
  return { width: small.width, height: small.height, pixels };
}
