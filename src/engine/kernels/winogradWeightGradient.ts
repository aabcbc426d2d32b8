// The gradient of a convolution with respect to its weights, Winograd's way: it is a convolution of x with dy, whose m x m
// pixels of a tile are the taps of a kernel, so the same points serve: dy's values at the places are the kernel's, all tiles
// of the batch are summed over in the products, and these become taps x taps sums.
import { PACKED, PATCH } from "./layout";
import { columnsPanels, PANEL_COLUMNS } from "./columnsPanels";
import { PANEL } from "./microKernel";
import { copyPatch, setSource } from "./patch";
import { barrier, endTask, firstTask, scratch } from "./threads";
import { ceilDivide, storeFirst } from "./vector";
import { acrossTiles, cutTiles, downTiles, outputs, tileBytes } from "./winogradTiles";
import {
  collect,
  evaluate,
  LINE,
  LINES_BYTES,
  PLACES,
  spread,
  TILE,
  transformTile,
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
  width,
} from "./window";

/** Tiles that are summed over at a time: a panel of dy is 16 kB then. */
const DEPTH: i32 = 256;

let filters: i32 = 0;

/**
 * In the window that has been read. `room` holds x at its places [64][tiles][channels], dy [64][filters / 8][tiles][8] and
 * the products [64][channels][filters in eights], places spread.
 */
export function winogradWeightGradient(x: usize, dy: usize, dweights: usize, filterCount: i32, room: usize): void {
  filters = filterCount;
  cutTiles(kernelHeight, outputHeight, outputWidth);
  const tiles = images * downTiles * acrossTiles;
  const panels = ceilDivide(filters, PANEL);
  const panelBytes = <usize>(tiles * PANEL) << 2;
  const inputPlace = spread(<usize>tiles * tileBytes());
  const gradientPlace = spread(<usize>panels * panelBytes);
  const ldc = <usize>(panels * PANEL) << 2;
  const productPlace = spread(<usize>channels * ldc);
  const gradients = room + <usize>PLACES * inputPlace;
  const products = gradients + <usize>PLACES * gradientPlace;

  const endImage = endTask(images);
  for (let image = firstTask(images); image < endImage; image++) {
    transformInput(x, image, room, inputPlace);
    transformGradient(dy, image, gradients, panelBytes, gradientPlace);
  }
  barrier();

  const endPlace = endTask(PLACES);
  for (let place = firstTask(PLACES); place < endPlace; place++) {
    const c = products + <usize>place * productPlace;
    for (let i = 0; i < channels; i += PANEL_COLUMNS) {
      // The last strip may overlap the one before it: the same sums once more.
      const first = min(i, channels - PANEL_COLUMNS);
      // Also where there are no images: the products are then zero.
      for (let tile = 0; tile == 0 || tile < tiles; tile += DEPTH) {
        const a = room + <usize>place * inputPlace + <usize>tile * tileBytes() + (<usize>first << 2);
        const b = gradients + <usize>place * gradientPlace + (<usize>(tile * PANEL) << 2);
        const depth = min(DEPTH, tiles - tile);
        columnsPanels(a, tileBytes(), depth, b, panelBytes, panels, c + <usize>first * ldc, ldc, tile > 0);
      }
    }
  }
  barrier();

  const lines = scratch() + PACKED;
  const endChannel = endTask(channels);
  for (let channel = firstTask(channels); channel < endChannel; channel++) {
    for (let filter = 0; filter < filters; filter += 4) {
      const from = products + <usize>channel * ldc + (<usize>filter << 2);
      const to = dweights + (<usize>(channel * filters + filter) << 2);
      collectTaps(from, productPlace, lines, to, filters - filter);
    }
  }
}

/** The tiles of an image of x, with its padding. */
function transformInput(x: usize, image: i32, to: usize, placeBytes: usize): void {
  const padded = scratch() + PATCH;
  const lines = scratch() + PACKED;
  const rows = downTiles * outputs + TILE - outputs;
  const columns = acrossTiles * outputs + TILE - outputs;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>columns * pixelBytes;
  setSource(height, width, channels, 1, 1);
  const from = x + (<usize>(image * height * width * channels) << 2);
  copyPatch(padded, from, -paddingTop, 1, rows, -paddingLeft, columns, 0, channels);
  let tile = to + <usize>(image * downTiles * acrossTiles) * tileBytes();
  for (let ty = 0; ty < downTiles; ty++) {
    for (let tx = 0; tx < acrossTiles; tx++) {
      const corner = padded + <usize>(ty * outputs) * rowBytes + <usize>(tx * outputs) * pixelBytes;
      for (let channel: usize = 0; channel < pixelBytes; channel += 16) {
        transformTile(corner + channel, pixelBytes, rowBytes, lines, tile + channel, placeBytes);
      }
      tile += tileBytes();
    }
  }
}

/** The tiles of an image of dy, with zeros beyond its edge. */
function transformGradient(dy: usize, image: i32, to: usize, panelBytes: usize, placeBytes: usize): void {
  const padded = scratch() + PATCH;
  const lines = scratch() + PACKED;
  const columns = acrossTiles * outputs;
  const pixelBytes = <usize>filters << 2;
  const rowBytes = <usize>columns * pixelBytes;
  setSource(outputHeight, outputWidth, filters, 1, 1);
  const from = dy + (<usize>(image * outputHeight * outputWidth * filters) << 2);
  copyPatch(padded, from, 0, 1, downTiles * outputs, 0, columns, 0, filters);
  let tile = to + (<usize>(image * downTiles * acrossTiles * PANEL) << 2);
  for (let ty = 0; ty < downTiles; ty++) {
    for (let tx = 0; tx < acrossTiles; tx++) {
      const corner = padded + <usize>(ty * outputs) * rowBytes + <usize>(tx * outputs) * pixelBytes;
      for (let filter = 0; filter < filters; filter += 4) {
        let row = corner + (<usize>filter << 2);
        for (let y = 0; y < outputs; y++) {
          evaluate(outputs, row, pixelBytes, lines + <usize>y * LINE, 16);
          row += rowBytes;
        }
        let out = tile + <usize>(filter / PANEL) * panelBytes + (<usize>(filter % PANEL) << 2);
        for (let column: usize = 0; column < LINE; column += 16) {
          evaluate(outputs, lines + column, LINE, out, <usize>TILE * placeBytes);
          out += placeBytes;
        }
      }
      tile += <usize>PANEL << 2;
    }
  }
}

/** The products of one channel and four filters to the sums at the kernel's taps. */
function collectTaps(from: usize, placeBytes: usize, lines: usize, to: usize, count: i32): void {
  const scaled = lines + LINES_BYTES;
  const tapBytes = <usize>(channels * filters) << 2;
  for (let y = 0; y < TILE; y++) {
    for (let x = 0; x < TILE; x++) {
      const scale = f32x4.splat(weightScale(y) * weightScale(x));
      v128.store(scaled + (<usize>x << 4), f32x4.mul(v128.load(from), scale));
      from += placeBytes;
    }
    collect(kernelHeight, scaled, 16, lines + <usize>y * LINE, 16);
  }
  for (let x = 0; x < kernelHeight; x++) {
    const column = lines + (<usize>x << 4);
    collect(kernelHeight, column, LINE, column, LINE);
    for (let y = 0; y < kernelHeight; y++) {
      storeFirst(to + <usize>(y * kernelHeight + x) * tapBytes, v128.load(column + <usize>y * LINE), count);
    }
  }
}
