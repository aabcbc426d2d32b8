// Convolution by Winograd's minimal filtering, for square kernels of 3 to 6 taps and strides of 1: tiles of 8x8 input
// pixels become 64 places, at each place all tiles are one matrix product over the channels, and the places become
// m x m output pixels, m = 9 - taps. For 5x5 that is 4.8 times fewer multiplications than the definition, for 3x3 five times.
import { PACKED, PATCH } from "./layout";
import { PANEL } from "./microKernel";
import { PANEL_ROWS, rowsPanels } from "./rowsPanels";
import { copyPatch } from "./patch";
import { scratch } from "./threads";
import { ceilDivide, storeFirst, zeroCells } from "./vector";
import {
  LINES_BYTES,
  PLACES,
  spread,
  TILE,
  transformTile,
  vanishingAtHalf,
  vanishingAtInfinity,
} from "./winogradTransforms";
import { channels, height, paddingLeft, paddingTop, width } from "./window";

/** Tiles down and across an image, and pixels that each gives, one way. */
export let downTiles: i32 = 0;
export let acrossTiles: i32 = 0;
export let outputs: i32 = 0;

// Where the last tiles of a row or column have two results too many, their last two pixels may be chosen, and are so that
// the values at the last two points are zero: these places need no products for such tiles. The tiles of a block lie in
// the order right edge, inner, bottom edge, corner, so that those that a place has products for lie side by side.
let isRightCut: bool = false;
let isBottomCut: bool = false;
let innerDown: i32 = 0;
let innerAcross: i32 = 0;
/** Where in a block inner tiles, those of the bottom edge, and corners begin, and where all end. */
let inner0: i32 = 0;
let bottom0: i32 = 0;
let corner0: i32 = 0;
export let allTiles: i32 = 0;
/** Places of a line that cut tiles have. */
const CUT_TILE: i32 = TILE - 2;

/** Cuts images of which `rows` by `columns` pixels are wanted into tiles. */
export function cutTiles(taps: i32, rows: i32, columns: i32): void {
  outputs = TILE + 1 - taps;
  downTiles = ceilDivide(rows, outputs);
  acrossTiles = ceilDivide(columns, outputs);
  isRightCut = acrossTiles * outputs - columns >= 2;
  isBottomCut = downTiles * outputs - rows >= 2;
  innerAcross = isRightCut ? acrossTiles - 1 : acrossTiles;
  innerDown = isBottomCut ? downTiles - 1 : downTiles;
}

/** Arranges the tiles of a block of `count` images. */
export function arrangeTiles(count: i32): void {
  inner0 = isRightCut ? count * innerDown : 0;
  bottom0 = inner0 + count * innerDown * innerAcross;
  corner0 = bottom0 + (isBottomCut ? count * innerAcross : 0);
  allTiles = count * downTiles * acrossTiles;
}

/** Which of the block's tiles that of image `i` in line `ty`, column `tx` is. */
export function tileIndex(i: i32, ty: i32, tx: i32): i32 {
  if (tx < innerAcross) {
    return ty < innerDown ? inner0 + (i * innerDown + ty) * innerAcross + tx : bottom0 + i * innerAcross + tx;
  }
  return ty < innerDown ? i * innerDown + ty : corner0 + i;
}

/** Chooses the pixels 6 and 7, `step` bytes apart from pixel 0 at `from`, of `cells` lines side by side. */
function choosePixels(from: usize, step: usize, cells: i32): void {
  for (let i = 0; i < cells; i += 4) {
    const d1 = v128.load(from + step);
    const d2 = v128.load(from + 2 * step);
    const d3 = v128.load(from + 3 * step);
    const d4 = v128.load(from + 4 * step);
    const d5 = v128.load(from + 5 * step);
    storeFirst(from + 6 * step, vanishingAtHalf(d1, d2, d3, d4, d5), cells - i);
    storeFirst(from + 7 * step, vanishingAtInfinity(d1, d3, d5), cells - i);
    from += 16;
  }
}

/** Where place 0 of the transformed input begins; the image with its padding lies behind it. */
function placesOf(): usize {
  return scratch() + PATCH;
}

/** Bytes of a tile's channels at one place: whole vectors. */
// @ts-ignore: decorator
@inline
export function tileBytes(): usize {
  return <usize>ceilDivide(channels, 4) << 4;
}

/** The tiles of one image to V [64][all tiles][channels, in whole vectors], as those of image `i` of `most` of the block. */
export function transformImage(x: usize, image: i32, i: i32, most: i32): void {
  const places = placesOf();
  const pixelBytes = <usize>channels << 2;
  const placeBytes = spread(<usize>allTiles * tileBytes());
  const padded = places + <usize>PLACES * spread(<usize>(most * downTiles * acrossTiles) * tileBytes());
  const rows = downTiles * outputs + TILE - outputs;
  const columns = acrossTiles * outputs + TILE - outputs;
  const rowBytes = <usize>columns * pixelBytes;
  const from = x + (<usize>(image * height * width * channels) << 2);
  copyPatch(padded, from, -paddingTop, 1, rows, -paddingLeft, columns, 0, channels);
  if (isRightCut) {
    const last = padded + <usize>((acrossTiles - 1) * outputs) * pixelBytes;
    for (let row: usize = 0; row < <usize>rows; row++) choosePixels(last + row * rowBytes, pixelBytes, channels);
  }
  if (isBottomCut) choosePixels(padded + <usize>((downTiles - 1) * outputs) * rowBytes, rowBytes, columns * channels);
  for (let ty = 0; ty < downTiles; ty++) {
    for (let tx = 0; tx < acrossTiles; tx++) {
      const to = places + <usize>tileIndex(i, ty, tx) * tileBytes();
      const corner = padded + <usize>(ty * outputs) * rowBytes + <usize>(tx * outputs) * pixelBytes;
      // What the last vector has beyond the last channel is the next pixel's, and is never multiplied with.
      for (let channel: usize = 0; channel < pixelBytes; channel += 16) {
        transformTile(corner + channel, pixelBytes, rowBytes, scratch() + PACKED, to + channel, placeBytes);
      }
    }
  }
}

/** Where the products of {@link multiplyPlaces} begin; lines of vectors lie before them. */
export function productsOf(): usize {
  return scratch() + PACKED + 2 * LINES_BYTES;
}

/**
 * The products at each place of the block's tiles and some panels of `filters` filters: [64][all tiles][panels * 8], places
 * spread.
 */
export function multiplyPlaces(transformed: usize, panel0: i32, panels: i32, filters: i32): void {
  const places = placesOf();
  const products = productsOf();
  const ldc = <usize>(panels * PANEL) << 2;
  const placeBytes = spread(<usize>allTiles * tileBytes());
  const productBytes = spread(<usize>allTiles * ldc);
  const panelBytes = <usize>(channels * PANEL) << 2;
  const weightPlace = spread(<usize>ceilDivide(filters, PANEL) * panelBytes);
  const weights = transformed + <usize>panel0 * panelBytes;
  for (let place: usize = 0; place < <usize>PLACES; place++) {
    const a = places + place * placeBytes;
    const b = weights + place * weightPlace;
    const c = products + place * productBytes;
    // The last strip may overlap the one before it: the same products once more. Where there is but one, it reads and
    // writes beyond the last tile, into what nothing is left to be read from.
    const isLastColumn = isRightCut && (<i32>place & (TILE - 1)) >= CUT_TILE;
    const isLastLine = isBottomCut && <i32>place / TILE >= CUT_TILE;
    const begin = isLastColumn ? inner0 : 0;
    const end = isLastLine ? bottom0 : isLastColumn ? corner0 : allTiles;
    for (let t = begin; t < end; t += PANEL_ROWS) {
      const first = max(min(t, end - PANEL_ROWS), begin);
      rowsPanels(
        a + <usize>first * tileBytes(),
        tileBytes(),
        channels,
        b,
        panelBytes,
        panels,
        c + <usize>first * ldc,
        ldc,
        false,
      );
    }
    zeroCells(c, begin * panels * PANEL);
    zeroCells(c + <usize>end * ldc, (allTiles - end) * panels * PANEL);
  }
}
