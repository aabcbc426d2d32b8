import { scaledBox } from "./boxes.ts";
import { foreground } from "./foreground.ts";
import { normalizeDigit } from "./normalize.ts";
import { type Box, type Picture, toGrey } from "./picture.ts";
import { isInkDark } from "./polarity.ts";
import { shrink } from "./resample.ts";

/** Longest side of the copy that is worked on: a digit stays well above 28 pixels, and a photo takes little time. */
const WORKING_SIDE = 1024;

/** The window for paper: broader than the stroke of a marker's digit that fills its picture. */
const PAPER = { window: 0.35, side: 64 } as const;

/** The digit of a picture, as the network takes it. */
export interface PictureDigit {
  /** 28 x 28 bytes in MNIST's form, row by row, 0 paper .. 255 ink. */
  readonly pixels: Uint8Array;
  /** Where the digit is, in the picture's pixels. */
  readonly box: Box;
  /** The picture was dark ink on light paper and had to be turned round to MNIST's light on dark. */
  readonly inverted: boolean;
}

/**
 * The one digit of a picture, dark on light or light on dark, in MNIST's form; `undefined` when nothing is
 * drawn. Throws BAD_IMAGE when the picture's data do not fit its size.
 */
export function digitFromPicture(picture: Picture): PictureDigit | undefined {
  const grey = shrink(toGrey(picture), WORKING_SIDE);
  const inverted = isInkDark(grey);
  const digit = normalizeDigit(foreground(grey, { isInkDark: inverted, ...PAPER }));
  if (digit === undefined) return undefined;
  const box = scaledBox(digit.box, picture.width / grey.width, picture.height / grey.height);
  return { pixels: digit.pixels, box, inverted };
}
