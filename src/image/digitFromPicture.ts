import { scaledBox } from "./boxes.ts";
import { foreground } from "./foreground.ts";
import { greyRows } from "./grey.ts";
import { inkOfPicture, solidity } from "./inkOfPicture.ts";
import { scoped } from "./kernels.ts";
import { onlyMarks } from "./marks.ts";
import { normalizeDigit } from "./normalize.ts";
import type { Box, GreyImage, Picture } from "./picture.ts";
import { inkPolarity, isInkDark as isSmallInkDark } from "./polarity.ts";
import { shrink } from "./resample.ts";
import { writingScale } from "./writingScale.ts";

/** Longest side of the copy that is worked on, pixels: a digit stays well above 28 pixels, and a photo takes little time. */
const WORKING_SIDE = 1024;

/** Strokes are made about so broad, pixels, if they are broader: their edges stay as soft as they are. */
const STROKE = 12;

/** Pictures no longer than this, pixels, are as good as MNIST's: every level of grey counts. */
const SMALL_SIDE = 128;

/** Where it is not sure which side is ink: what is taken for ink on the other side has to be so much more solid. */
const MUCH_MORE = 1.2;

/** For these: the window for paper is broader than the stroke of a marker's digit that fills its picture. */
const SMALL_PAPER = { window: 0.35, side: 64 } as const;

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
  return scoped(() => digitOf(picture));
}

function digitOf(picture: Picture): PictureDigit | undefined {
  const grey = shrink(greyRows(picture), WORKING_SIDE);
  const { isInkDark, isSure } = inkPolarity(grey);
  const isSmall = Math.max(grey.width, grey.height) <= SMALL_SIDE;
  const side = isSmall ? isSmallInkDark(grey) : isInkDark;
  const { ink, inverted } = isSmall
    ? { ink: foreground(grey, { isInkDark: side, ...SMALL_PAPER }), inverted: side }
    : writtenInk(grey, side, isSure);
  const digit = normalizeDigit(ink);
  if (digit === undefined) return undefined;
  const { fullWidth = picture.width, fullHeight = picture.height } = picture;
  const box = scaledBox(digit.box, fullWidth / ink.width, fullHeight / ink.height);
  return { pixels: digit.pixels, box, inverted };
}

/** All that is written in a picture, and nothing else of its ink; on the other side, where that is much more solid. */
function writtenInk(grey: GreyImage, isInkDark: boolean, isSure: boolean) {
  const found = inkOfPicture(grey, isInkDark, writingScale(grey, isInkDark, STROKE));
  if (isSure) return { ink: onlyMarks(found.ink, found.marks), inverted: isInkDark };
  const other = inkOfPicture(grey, !isInkDark, writingScale(grey, !isInkDark, STROKE));
  const isOther = solidity(other) > MUCH_MORE * solidity(found);
  const { ink, marks } = isOther ? other : found;
  return { ink: onlyMarks(ink, marks), inverted: isOther ? !isInkDark : isInkDark };
}
