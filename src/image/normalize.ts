import type { Address } from "./kernelExports.ts";
import { addressOf, bytesAt, computed, doublesAt, imageIf, intsAt, scoped } from "./kernels.ts";
import type { Box, GreyImage } from "./picture.ts";
import { resample } from "./resample.ts";
import { broadStrokes } from "./stroke.ts";

/** Side of an MNIST image, pixels. */
const SIDE = 28;

/** The longer side of the digit in it, pixels. */
const DIGIT_SIDE = 20;

/** The pixel, counted from 0, whose middle is nearest to the digit's centre of mass, in x and in y. */
const CENTRE = 14;

/** Ink fainter than this is a soft edge and does not make the digit's box longer. */
const BOX_INK = 0.2;

/** Pieces of less ink than this share of the largest piece's are specks. */
const SPECK_SHARE = 0.03;

/** A digit in MNIST's form. */
export interface NormalizedDigit {
  /** 28 x 28 bytes, row by row, 0 paper .. 255 ink. */
  readonly pixels: Uint8Array;
  /** Where in the ink's image the digit was. */
  readonly box: Box;
}

/**
 * MNIST's own normalisation (LeCun, Cortes and Burges, "The MNIST database of handwritten digits"): the digit,
 * without specks and with a pen of at least MNIST's breadth, is scaled, keeping its aspect, so that its longer side is 20 pixels, by area averaging, and
 * put into 28 x 28 with its centre of mass at the centre. As in MNIST's files, the digit is moved by whole
 * pixels, so that the centre of mass, in coordinates that count from the middle of the first pixel, lies in
 * 13.5 .. 14.5. The most ink becomes 255, as there.
 *
 * An image of 28 x 28 whose ink is 19 or 20 pixels long is in MNIST's form already: it is neither scaled nor
 * changed, only moved where its centre of mass asks for it.
 *
 * `ink` is 0 paper .. 1 ink. `undefined` when there is none.
 */
export function normalizeDigit(ink: GreyImage): NormalizedDigit | undefined {
  return scoped(() => normalized(ink));
}

function normalized(ink: GreyImage): NormalizedDigit | undefined {
  if (ink.width === SIDE && ink.height === SIDE) {
    const whole = inkBox(ink, 0, { x: 0, y: 0, width: SIDE, height: SIDE });
    const length = Math.max(whole?.width ?? 0, whole?.height ?? 0);
    if (whole && (length === DIGIT_SIDE || length === DIGIT_SIDE - 1))
      return { pixels: placed(ink, whole, 1), box: whole };
  }
  const pieces = largePieces(ink);
  if (pieces === undefined) return undefined;
  const box = inkBox(pieces.ink, BOX_INK, pieces.box);
  if (box === undefined) return undefined;
  const side = Math.max(box.width, box.height);
  const drawn = broadStrokes(pieces.ink, pieces.box, side, DIGIT_SIDE / side);
  const drawnBox = drawn === pieces.ink ? box : (inkBox(drawn, BOX_INK, wholeOf(drawn)) ?? box);
  return { pixels: placed(drawn, drawnBox, DIGIT_SIDE / Math.max(drawnBox.width, drawnBox.height)), box };
}

function wholeOf({ width, height }: GreyImage): Box {
  return { x: 0, y: 0, width, height };
}

/** The smallest box around all pixels of more than `threshold` ink, which lie `within` a box. */
function inkBox({ width, data }: GreyImage, threshold: number, within: Box): Box | undefined {
  return computed((kernels) => {
    const [left, top, right, bottom] = sidesOf(within);
    const sides = kernels.inkBox(addressOf(data), width, left, top, right, bottom, threshold);
    return sides === 0 ? undefined : boxAt(sides);
  });
}

/** A box's left, top, right and bottom, the latter two beyond it. */
function sidesOf({ x, y, width, height }: Box): readonly [number, number, number, number] {
  return [x, y, x + width, y + height];
}

function boxAt(sides: Address): Box {
  const [left = 0, top = 0, right = 0, bottom = 0] = intsAt(sides, 4);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The image with only its large pieces of ink, and a box around these; `undefined` where there is no ink. */
function largePieces({ width, height, data }: GreyImage) {
  let box: Box | undefined;
  const ink = imageIf(width, height, (kernels, to) => {
    box = boxAt(kernels.largePieces(addressOf(data), width, height, SPECK_SHARE, to));
    return box.width > 0;
  });
  return ink && box && { ink, box };
}

/** The digit in `box` at `scale`, moved to the centre of 28 x 28 by its mass, its most ink at 255. */
function placed(ink: GreyImage, box: Box, scale: number): Uint8Array {
  const centre = centreOfMass(ink, box);
  const left = offset((centre.x - box.x) * scale, box.width * scale);
  const top = offset((centre.y - box.y) * scale, box.height * scale);
  const step = 1 / scale;
  const { data } = resample(ink, {
    x: box.x - left * step,
    y: box.y - top * step,
    stepX: step,
    stepY: step,
    width: SIDE,
    height: SIDE,
  });
  return computed((kernels) => {
    const bytes = kernels.reserve(data.length);
    kernels.toBytes(addressOf(data), data.length, bytes);
    return new Uint8Array(bytesAt(bytes, data.length));
  });
}

/** Where a digit of `length` begins, in whole pixels, so that its centre of mass is central and it fits. */
function offset(centre: number, length: number): number {
  const wanted = CENTRE - Math.round(centre - 0.5);
  return Math.min(Math.max(0, wanted), Math.floor(SIDE - length));
}

/** The centre of mass in coordinates that count from the image's edge (a pixel's middle is at a half). */
function centreOfMass({ width, data }: GreyImage, box: Box): { readonly x: number; readonly y: number } {
  return computed((kernels) => {
    const centre = kernels.centreOfMass(addressOf(data), width, ...sidesOf(box));
    const [x = 0, y = 0] = doublesAt(centre, 2);
    return { x, y };
  });
}
