// The convolutions that Winograd's way computes: see winogradTiles.ts.
import { PACKED } from "./layout";
import { PANEL } from "./microKernel";
import { setSource } from "./patch";
import { maxPoolStore } from "./poolStore";
import { endTask, firstTask, scratch } from "./threads";
import { activate } from "./tile";
import { address, ceilDivide, number, storeFirst } from "./vector";
import {
  acrossTiles,
  allTiles,
  arrangeTiles,
  cutTiles,
  downTiles,
  multiplyPlaces,
  outputs,
  productsOf,
  tileIndex,
  transformImage,
} from "./winogradTiles";
import { collect, LINE, LINES_BYTES, spread, TILE } from "./winogradTransforms";
import {
  channels,
  height,
  images,
  kernelHeight,
  outputHeight,
  outputWidth,
  readWindow,
  width,
} from "./window";

// What is computed: set by the functions that begin.
let source: usize = 0;
let transformed: usize = 0;
let biases: usize = 0;
let target: usize = 0;
let winners: usize = 0;
let filters: i32 = 0;
let activation: i32 = 0;

/** Conv2dMaxPool for weights that winogradWeights has transformed. */
export function winogradMaxPool(args: usize): void {
  readWindow(args, 6);
  source = address(args, 0);
  transformed = address(args, 2);
  biases = address(args, 3);
  target = address(args, 4);
  winners = address(args, 5);
  filters = number(args, 18);
  activation = number(args, 19);
  cutTiles(kernelHeight, outputHeight & ~1, outputWidth & ~1);
  convolveBlocks(number(args, 20), true);
}

/** y = f(conv(x) + bias) in the window that has been read, for weights that winogradWeights has transformed. */
export function winogradConv2d(
  x: usize,
  weights: usize,
  bias: usize,
  y: usize,
  filterCount: i32,
  f: i32,
  blockImages: i32,
): void {
  source = x;
  transformed = weights;
  biases = bias;
  target = y;
  filters = filterCount;
  activation = f;
  cutTiles(kernelHeight, outputHeight, outputWidth);
  convolveBlocks(blockImages, false);
}

function convolveBlocks(blockImages: i32, isPooled: bool): void {
  const blocks = ceilDivide(images, blockImages);
  if (blocks == 0) return;
  // So few images that there would be no work for other threads are cut by filters too.
  const panels = ceilDivide(filters, PANEL);
  const groupPanels = blocks >= 8 ? panels : ceilDivide(panels, min(8 / blocks, 4));
  const groups = ceilDivide(panels, groupPanels);
  setSource(height, width, channels, 1, 1);
  const end = endTask(blocks * groups);
  let ready = -1;
  for (let task = firstTask(blocks * groups); task < end; task++) {
    const block = task / groups;
    const image0 = block * blockImages;
    const count = min(blockImages, images - image0);
    const panel0 = (task % groups) * groupPanels;
    const taskPanels = min(groupPanels, panels - panel0);
    arrangeTiles(count);
    if (ready != block) {
      for (let i = 0; i < count; i++) transformImage(source, image0 + i, i, blockImages);
      ready = block;
    }
    multiplyPlaces(transformed, panel0, taskPanels, filters);
    if (isPooled) poolTiles(image0, count, panel0, taskPanels);
    else storeTiles(image0, count, panel0, taskPanels);
  }
}

/** Four filters of a tile from its 64 places back to pixels: the first `columns` of 8 lines of vectors in scratch. */
// @ts-ignore: decorator
@inline
function collectTile(from: usize, productBytes: usize, lines: usize, columns: i32): void {
  for (let line: usize = 0; line < LINES_BYTES; line += LINE) {
    collect(outputs, from, productBytes, lines + line, 16);
    from += <usize>TILE * productBytes;
  }
  for (let column = 0; column < columns; column++) {
    const at = lines + (<usize>column << 4);
    collect(outputs, at, LINE, at, LINE);
  }
}

// @ts-ignore: decorator
@inline
function biasOf(filter: i32): v128 {
  return biases == 0 ? f32x4.splat(0) : v128.load(biases + (<usize>filter << 2));
}

/** Some panels of filters of some images, back to pixels: bias, f and pooling. */
function poolTiles(image0: i32, count: i32, panel0: i32, panels: i32): void {
  const lines = scratch() + PACKED;
  const ldc = <usize>(panels * PANEL) << 2;
  const productBytes = spread(<usize>allTiles * ldc);
  const pooledHeight = outputHeight / 2;
  const pooledWidth = outputWidth / 2;
  const filter0 = panel0 * PANEL;
  const half = outputs / 2;
  for (let i = 0; i < count; i++) {
    for (let ty = 0; ty < downTiles; ty++) {
      for (let tx = 0; tx < acrossTiles; tx++) {
        const tile = productsOf() + <usize>tileIndex(i, ty, tx) * ldc;
        const rows = min(half, pooledHeight - ty * half);
        const columns = min(half, pooledWidth - tx * half);
        for (let filter = 0; filter < min(panels * PANEL, filters - filter0); filter += 4) {
          collectTile(tile + (<usize>filter << 2), productBytes, lines, 2 * columns);
          const bias = biasOf(filter0 + filter);
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
                target + offset,
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

/** Some panels of filters of some images, back to pixels: bias and f. */
function storeTiles(image0: i32, count: i32, panel0: i32, panels: i32): void {
  const lines = scratch() + PACKED;
  const ldc = <usize>(panels * PANEL) << 2;
  const productBytes = spread(<usize>allTiles * ldc);
  const filter0 = panel0 * PANEL;
  const pixelBytes = <usize>filters << 2;
  for (let i = 0; i < count; i++) {
    for (let ty = 0; ty < downTiles; ty++) {
      for (let tx = 0; tx < acrossTiles; tx++) {
        const tile = productsOf() + <usize>tileIndex(i, ty, tx) * ldc;
        const rows = min(outputs, outputHeight - ty * outputs);
        const columns = min(outputs, outputWidth - tx * outputs);
        const corner = ((image0 + i) * outputHeight + ty * outputs) * outputWidth + tx * outputs;
        for (let filter = 0; filter < min(panels * PANEL, filters - filter0); filter += 4) {
          collectTile(tile + (<usize>filter << 2), productBytes, lines, columns);
          const bias = biasOf(filter0 + filter);
          const left = filters - filter0 - filter;
          let row = target + <usize>corner * pixelBytes + (<usize>(filter0 + filter) << 2);
          for (let y = 0; y < rows; y++) {
            let to = row;
            for (let x = 0; x < columns; x++) {
              const z = f32x4.add(v128.load(lines + (<usize>(y * TILE + x) << 4)), bias);
              storeFirst(to, activate(z, activation), left);
              to += pixelBytes;
            }
            row += <usize>outputWidth * pixelBytes;
          }
        }
      }
    }
  }
}
