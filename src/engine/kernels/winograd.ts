// Convolution by Winograd's minimal filtering, for square kernels of 3 to 6 taps and strides of 1: tiles of 8x8 input
// pixels become 64 places, at each place all tiles are one matrix product over the channels, and the places become
// m x m output pixels, m = 9 - taps. For 5x5 that is 4.8 times fewer multiplications than the definition.
import { PACKED, PATCH } from "./layout";
import { PANEL } from "./microKernel";
import { PANEL_ROWS, rowsPanels } from "./rowsPanels";
import { copyPatch, setSource } from "./patch";
import { maxPoolStore } from "./poolStore";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, number, storeFirst, zeroCells } from "./vector";
import {
  collect,
  evaluate,
  LINE,
  PLACES,
  TILE,
  transformData,
  vanishingAtHalf,
  vanishingAtInfinity,
  weightScale,
} from "./winogradTransforms";
import {
  channels,
  height,
  images,
  kernelHeight,
  outputHeight,
  outputWidth,
  paddingLeft,
  paddingTop,
  readWindow,
  width,
} from "./window";

/** Tiles of one line of vectors between the two directions of a transform: 8 x 8 vectors. */
const LINES_BYTES: usize = 8 * LINE;

/** weights [taps, taps, channels, filters] to [64 places][filters / 8][channels][8], with zeros beyond the last filter. */
export function winogradWeights(args: usize): void {
  const weights = address(args, 0);
  const to = address(args, 1);
  const taps = number(args, 2);
  const inputs = number(args, 3);
  const filters = number(args, 4);
  const panels = ceilDivide(filters, PANEL);
  const placeBytes = <usize>(panels * inputs * PANEL) << 2;
  const tapBytes = <usize>(inputs * filters) << 2;
  const lines = scratch() + PACKED;
  const taken = lines + LINES_BYTES;
  const end = endTask(inputs);
  for (let channel = firstTask(inputs); channel < end; channel++) {
    for (let filter = 0; filter < panels * PANEL; filter += 4) {
      const from = weights + (<usize>(channel * filters + filter) << 2);
      for (let y = 0; y < taps; y++) {
        for (let x = 0; x < taps; x++) {
          const at = taken + (<usize>(y * TILE + x) << 4);
          const tap = from + <usize>(y * taps + x) * tapBytes;
          const count = filters - filter;
          // What lies beyond the last filter belongs to the next channel.
          v128.store(at, count >= 4 ? v128.load(tap) : f32x4.splat(0));
          for (let i = 0; count < 4 && i < count; i++) {
            store<f32>(at + (<usize>i << 2), load<f32>(tap + (<usize>i << 2)));
          }
        }
      }
      for (let y = 0; y < taps; y++) {
        evaluate(taps, taken + (<usize>(y * TILE) << 4), 16, lines + (<usize>(y * TILE) << 4), 16);
      }
      for (let x = 0; x < TILE; x++) {
        const column = lines + (<usize>x << 4);
        evaluate(taps, column, LINE, column, LINE);
      }
      let out = to + (<usize>(((filter / PANEL) * inputs + channel) * PANEL + (filter % PANEL)) << 2);
      for (let y = 0; y < TILE; y++) {
        for (let x = 0; x < TILE; x++) {
          const scale = f32x4.splat(weightScale(y) * weightScale(x));
          v128.store(out, f32x4.mul(v128.load(lines + (<usize>(y * TILE + x) << 4)), scale));
          out += placeBytes;
        }
      }
    }
  }
}

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
let allTiles: i32 = 0;
/** Places of a line that cut tiles have. */
const CUT_TILE: i32 = TILE - 2;

/** Sets the variables above for a block of `count` images. */
function arrangeTiles(count: i32, downTiles: i32, acrossTiles: i32, outputs: i32): void {
  isRightCut = acrossTiles * outputs - (outputWidth & ~1) >= 2;
  isBottomCut = downTiles * outputs - (outputHeight & ~1) >= 2;
  innerAcross = isRightCut ? acrossTiles - 1 : acrossTiles;
  innerDown = isBottomCut ? downTiles - 1 : downTiles;
  inner0 = isRightCut ? count * innerDown : 0;
  bottom0 = inner0 + count * innerDown * innerAcross;
  corner0 = bottom0 + (isBottomCut ? count * innerAcross : 0);
  allTiles = count * downTiles * acrossTiles;
}

/** Which of the block's tiles that of image `i` in line `ty`, column `tx` is. */
function tileIndex(i: i32, ty: i32, tx: i32): i32 {
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

/** Conv2dMaxPool for weights that winogradWeights has transformed. */
export function winogradMaxPool(args: usize): void {
  readWindow(args, 6);
  const filters = number(args, 18);
  const outputs = TILE + 1 - kernelHeight;
  const downTiles = ceilDivide(outputHeight & ~1, outputs);
  const acrossTiles = ceilDivide(outputWidth & ~1, outputs);
  const tiles = downTiles * acrossTiles;
  const blockImages = number(args, 20);
  const blocks = ceilDivide(images, blockImages);
  // So few images that there would be no work for other threads are cut by filters too.
  const panels = ceilDivide(filters, PANEL);
  const groupPanels = blocks >= 8 ? panels : ceilDivide(panels, min(8 / blocks, 4));
  const groups = ceilDivide(panels, groupPanels);
  setSource(height, width, channels, 1, 1);
  const end = endTask(blocks * groups);
  let transformed = -1;
  for (let task = firstTask(blocks * groups); task < end; task++) {
    const block = task / groups;
    const image0 = block * blockImages;
    const count = min(blockImages, images - image0);
    const panel0 = (task % groups) * groupPanels;
    arrangeTiles(count, downTiles, acrossTiles, outputs);
    if (transformed != block) {
      for (let i = 0; i < count; i++) {
        transformImage(address(args, 0), image0 + i, i, blockImages * tiles, downTiles, acrossTiles, outputs);
      }
      transformed = block;
    }
    poolBlock(args, image0, count, panel0, min(groupPanels, panels - panel0), filters, downTiles, acrossTiles, outputs);
  }
}

/**
 * Bytes from one place to the next where each has `bytes`: an odd number of cache lines, so that the 64 places of one
 * tile do not fall into the same few sets of the cache.
 */
// @ts-ignore: decorator
@inline
function spread(bytes: usize): usize {
  return (((bytes + 63) >> 6) | 1) << 6;
}

/** Where place 0 of the transformed input begins; the image with its padding lies behind it. */
function placesOf(): usize {
  return scratch() + PATCH;
}

/** Bytes of a tile's channels at one place: whole vectors. */
// @ts-ignore: decorator
@inline
function tileBytes(): usize {
  return <usize>ceilDivide(channels, 4) << 4;
}

/** The tiles of one image to V [64][all tiles][channels, in whole vectors], as those of the block's image `i`. */
function transformImage(
  x: usize,
  image: i32,
  i: i32,
  mostTiles: i32,
  downTiles: i32,
  acrossTiles: i32,
  outputs: i32,
): void {
  const places = placesOf();
  const pixelBytes = <usize>channels << 2;
  const placeBytes = spread(<usize>allTiles * tileBytes());
  const padded = places + <usize>PLACES * spread(<usize>mostTiles * tileBytes());
  const lines = scratch() + PACKED;
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
        let row = corner + channel;
        for (let line: usize = 0; line < LINES_BYTES; line += LINE) {
          transformData(row, pixelBytes, lines + line, 16);
          row += rowBytes;
        }
        let out = to + channel;
        for (let column: usize = 0; column < LINE; column += 16) {
          transformData(lines + column, LINE, out, <usize>TILE * placeBytes);
          out += placeBytes;
        }
      }
    }
  }
}

/** Some panels of filters of some images: the products at each place, then back to pixels, bias, f and pooling. */
function poolBlock(
  args: usize,
  image0: i32,
  count: i32,
  panel0: i32,
  panels: i32,
  filters: i32,
  downTiles: i32,
  acrossTiles: i32,
  outputs: i32,
): void {
  const places = placesOf();
  const lines = scratch() + PACKED;
  const products = lines + 2 * LINES_BYTES;
  const ldc = <usize>(panels * PANEL) << 2;
  const placeBytes = spread(<usize>allTiles * tileBytes());
  const productBytes = spread(<usize>allTiles * ldc);
  const panelBytes = <usize>(channels * PANEL) << 2;
  const weightPlace = <usize>ceilDivide(filters, PANEL) * panelBytes;
  const weights = address(args, 2) + <usize>panel0 * panelBytes;
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

  const pooledHeight = outputHeight / 2;
  const pooledWidth = outputWidth / 2;
  const filter0 = panel0 * PANEL;
  const biases = address(args, 3);
  const winners = address(args, 5);
  const activation = number(args, 19);
  const half = outputs / 2;
  for (let i = 0; i < count; i++) {
    for (let ty = 0; ty < downTiles; ty++) {
      for (let tx = 0; tx < acrossTiles; tx++) {
        const tile = products + <usize>tileIndex(i, ty, tx) * ldc;
        const rows = min(half, pooledHeight - ty * half);
        const columns = min(half, pooledWidth - tx * half);
        for (let filter = 0; filter < min(panels * PANEL, filters - filter0); filter += 4) {
          let from = tile + (<usize>filter << 2);
          for (let line: usize = 0; line < LINES_BYTES; line += LINE) {
            collect(outputs, from, productBytes, lines + line, 16);
            from += <usize>TILE * productBytes;
          }
          for (let column = 0; column < 2 * columns; column++) {
            const at = lines + (<usize>column << 4);
            collect(outputs, at, LINE, at, LINE);
          }
          const bias = biases == 0 ? f32x4.splat(0) : v128.load(biases + (<usize>(filter0 + filter) << 2));
          for (let py = 0; py < rows; py++) {
            for (let px = 0; px < columns; px++) {
              const corner = lines + (<usize>(py * 2 * TILE + px * 2) << 4);
              const cell = ((image0 + i) * pooledHeight + ty * half + py) * pooledWidth + tx * half + px;
              const offset = <usize>(cell * filters + filter0 + filter) << 2;
              maxPoolStore(
                v128.load(corner),
                v128.load(corner, 16),
                v128.load(corner, 128),
                v128.load(corner, 144),
                bias,
                activation,
                address(args, 4) + offset,
                winners == 0 ? <usize>0 : winners + offset,
                filters - filter0 - filter,
              );
            }
          }
        }
      }
    }
  }
}
