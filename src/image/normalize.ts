import { unionOf } from "./boxes.ts";
import { type Component, connectedComponents } from "./components.ts";
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
  /** The first column with ink in row `y` from `from` on, by steps of 1 or -1; `to` where there is none before. */
  const findInk = (y: number, from: number, to: number, step: number): number => {
    let x = from;
    while (x !== to && data[y * width + x]! <= threshold) x += step;
    return x;
  };
  const endX = within.x + within.width;
  const endY = within.y + within.height;
  let top = within.y;
  while (top < endY && findInk(top, within.x, endX, 1) === endX) top++;
  if (top === endY) return undefined;
  let bottom = endY - 1;
  while (findInk(bottom, within.x, endX, 1) === endX) bottom--;
  // From both sides, and no further than to what was found in the rows above.
  let left = endX;
  let right = within.x - 1;
  for (let y = top; y <= bottom; y++) {
    left = findInk(y, within.x, left, 1);
    right = findInk(y, endX - 1, right, -1);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The image with only its large pieces of ink, and a box around these; `undefined` where there is no ink. */
function largePieces(ink: GreyImage): { readonly ink: GreyImage; readonly box: Box } | undefined {
  const components = connectedComponents(ink, 0);
  const least = SPECK_SHARE * components.reduce((most, { mass }) => Math.max(most, mass), 0);
  const isLarge = ({ mass }: Component) => mass >= least;
  const [first, ...others] = components.filter(isLarge);
  if (first === undefined) return undefined;
  const box = unionOf([first, ...others].map((one) => one.box));
  if (others.length + 1 === components.length) return { ink, box };
  const data = ink.data.slice();
  for (const { ends } of components.filter((one) => !isLarge(one))) {
    for (let k = 0; k < ends.length; k += 2) data.fill(0, ends[k], ends[k + 1]);
  }
  return { ink: { width: ink.width, height: ink.height, data }, box };
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
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  return Uint8Array.from(data, (value) => Math.round((255 * value) / most));
}

/** Where a digit of `length` begins, in whole pixels, so that its centre of mass is central and it fits. */
function offset(centre: number, length: number): number {
  const wanted = CENTRE - Math.round(centre - 0.5);
  return Math.min(Math.max(0, wanted), Math.floor(SIDE - length));
}

/** The centre of mass in coordinates that count from the image's edge (a pixel's middle is at a half). */
function centreOfMass({ width, data }: GreyImage, box: Box): { readonly x: number; readonly y: number } {
  let mass = 0;
  let x = 0;
  let y = 0;
  for (let row = box.y; row < box.y + box.height; row++) {
    for (let column = box.x; column < box.x + box.width; column++) {
      const value = data[row * width + column]!;
      if (value === 0) continue; // most are
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  return { x: x / mass, y: y / mass };
}
