// Convolution and its gradient with respect to the input: a matrix product whose left side is the windows of a
// patch of the image, read where they lie; nothing is unrolled (im2col) in memory.
import { PACKED, PACKED_CELLS, PATCH, PATCH_CELLS, PIXEL_TABLE, PIXEL_TABLE_ENTRIES } from "./layout";
import { PANEL, STRIP } from "./microKernel";
import { Activation } from "./opcodes";
import { packRows, packTransposed } from "./pack";
import { copyPatch, setSource } from "./patch";
import { finishTile, rowsStrip } from "./tile";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, number } from "./vector";
import {
  channels,
  height,
  images,
  kernelHeight,
  kernelWidth,
  outputHeight,
  outputWidth,
  paddingLeft,
  paddingTop,
  readWindow,
  strideHeight,
  strideWidth,
  turnWindow,
  width,
} from "./window";
import { winogradConv2d } from "./winograd";

/** Elements of K that a block covers: a panel of B is 32 kB then. */
const DEPTH: i32 = 1024;
/** With fewer tasks than this the tiles are made smaller. */
const ENOUGH_TASKS: i32 = 16;

/** y = f(conv(x, weights) + bias) */
export function conv2d(args: usize): void {
  readWindow(args, 4);
  const x = address(args, 0);
  const bias = address(args, 2);
  const y = address(args, 3);
  const activation = number(args, 17);
  const transformed = address(args, 18);
  columns = number(args, 16);
  if (transformed != 0) return winogradConv2d(x, transformed, bias, y, columns, activation, number(args, 19));
  setSource(height, width, channels, 1, 1);
  sourceCells = height * width * channels;
  sourceChannels = channels;
  stepY = strideHeight;
  stepX = strideWidth;
  top = paddingTop;
  left = paddingLeft;
  targetHeight = outputHeight;
  targetWidth = outputWidth;
  flipped = false;
  convolve(x, address(args, 1), bias, y, activation);
}

/** dx is dy, stretched by the strides, convolved with the weights turned by half a turn. */
export function conv2dInputGradient(args: usize): void {
  readWindow(args, 3);
  const filters = number(args, 15);
  const transformed = address(args, 16);
  columns = channels;
  if (transformed != 0) {
    turnWindow(filters);
    const block = number(args, 17);
    return winogradConv2d(address(args, 0), transformed, 0, address(args, 2), columns, Activation.Linear, block);
  }
  setSource(outputHeight, outputWidth, filters, strideHeight, strideWidth);
  sourceCells = outputHeight * outputWidth * filters;
  sourceChannels = filters;
  stepY = 1;
  stepX = 1;
  top = kernelHeight - 1 - paddingTop;
  left = kernelWidth - 1 - paddingLeft;
  targetHeight = height;
  targetWidth = width;
  flipped = true;
  convolve(address(args, 0), address(args, 1), 0, address(args, 2), Activation.Linear);
}

// What is convolved: set by the two functions above.
let sourceCells: i32 = 0;
let sourceChannels: i32 = 0;
let stepY: i32 = 1;
let stepX: i32 = 1;
let top: i32 = 0;
let left: i32 = 0;
let targetHeight: i32 = 0;
let targetWidth: i32 = 0;
let columns: i32 = 0;
let flipped: bool = false;

// How it is cut. A tile is some columns of some pixels: several whole images, or rows of one, or a part of one row.
let columnTile: i32 = 0;
let tileImages: i32 = 0;
let tileRows: i32 = 0;
let tileWidth: i32 = 0;
// A block of K is some rows and columns of the kernel and some channels.
let blockRows: i32 = 0;
let blockColumns: i32 = 0;
let blockChannels: i32 = 0;

function cutDepth(): void {
  blockChannels = min(sourceChannels, DEPTH);
  blockColumns = blockChannels < sourceChannels ? 1 : min(kernelWidth, max(DEPTH / sourceChannels, 1));
  blockRows = blockColumns < kernelWidth ? 1 : min(kernelHeight, max(DEPTH / (kernelWidth * sourceChannels), 1));
}

function patchCells(): i32 {
  const rows = (tileRows - 1) * stepY + blockRows;
  return tileImages * rows * ((tileWidth - 1) * stepX + blockColumns) * blockChannels;
}

/** Tiles of about `pixels` pixels whose patch fits into scratch. */
function cutPixels(pixels: i32): void {
  const perImage = targetHeight * targetWidth;
  tileImages = 1;
  tileRows = targetHeight;
  tileWidth = targetWidth;
  if (perImage <= pixels) {
    tileImages = min(images, pixels / perImage);
  } else {
    tileRows = ceilDivide(targetHeight, ceilDivide(perImage, pixels));
    if (tileRows == 1) tileWidth = ceilDivide(targetWidth, ceilDivide(targetWidth, pixels));
  }
  while (patchCells() > PATCH_CELLS && tileImages > 1) tileImages = ceilDivide(tileImages, 2);
  while (patchCells() > PATCH_CELLS && tileRows > 1) tileRows = ceilDivide(tileRows, 2);
  while (patchCells() > PATCH_CELLS && tileWidth > 1) tileWidth = ceilDivide(tileWidth, 2);
}

function pixelTiles(): i32 {
  return ceilDivide(images, tileImages) * ceilDivide(targetHeight, tileRows) * ceilDivide(targetWidth, tileWidth);
}

function tasksNow(): i32 {
  return pixelTiles() * ceilDivide(columns, columnTile);
}

function convolve(source: usize, weights: usize, bias: usize, target: usize, activation: i32): void {
  if (images == 0) return;
  cutDepth();
  columnTile = 64;
  cutPixels(256);
  if (tasksNow() < ENOUGH_TASKS) columnTile = 32;
  if (tasksNow() < ENOUGH_TASKS) columnTile = 16;
  if (tasksNow() < ENOUGH_TASKS) cutPixels(64);

  const depth = kernelHeight * kernelWidth * sourceChannels;
  const keep = depth <= PACKED_CELLS / columnTile;
  const tiles = pixelTiles();
  const acrossTiles = ceilDivide(targetWidth, tileWidth);
  const downTiles = ceilDivide(targetHeight, tileRows);
  const tasks = tasksNow();
  const end = endTask(tasks);
  let packedTile = -1;
  for (let task = firstTask(tasks); task < end; task++) {
    const column0 = (task / tiles) * columnTile;
    const tile = task % tiles;
    const x0 = (tile % acrossTiles) * tileWidth;
    const y0 = ((tile / acrossTiles) % downTiles) * tileRows;
    const image0 = (tile / acrossTiles / downTiles) * tileImages;
    convolveTile(source, weights, bias, target, activation, image0, y0, x0, column0, keep, packedTile == column0);
    packedTile = keep ? column0 : -1;
  }
}

function convolveTile(
  source: usize,
  weights: usize,
  bias: usize,
  target: usize,
  activation: i32,
  image0: i32,
  y0: i32,
  x0: i32,
  column0: i32,
  keep: bool,
  isPacked: bool,
): void {
  const imageCount = min(tileImages, images - image0);
  const rowCount = min(tileRows, targetHeight - y0);
  const pixelColumns = min(tileWidth, targetWidth - x0);
  const pixels = imageCount * rowCount * pixelColumns;
  const tileColumns = min(columnTile, columns - column0);
  const panelCells = ceilDivide(tileColumns, PANEL) * PANEL;
  const ldc = <usize>columns << 2;
  // The pixels of a tile follow one another in the target.
  const c = target + <usize>((image0 * targetHeight + y0) * targetWidth + x0) * ldc + (<usize>column0 << 2);
  const tileBias = bias != 0 ? bias + (<usize>column0 << 2) : 0;
  const base = scratch();
  let block = base + PACKED;
  let isFirst = true;

  for (let ky = 0; ky < kernelHeight; ky += blockRows) {
    const tapRows = min(blockRows, kernelHeight - ky);
    for (let kx = 0; kx < kernelWidth; kx += blockColumns) {
      const tapColumns = min(blockColumns, kernelWidth - kx);
      for (let channel = 0; channel < sourceChannels; channel += blockChannels) {
        const tapChannels = min(blockChannels, sourceChannels - channel);
        const depth = tapRows * tapColumns * tapChannels;
        const panelBytes = <usize>(depth * PANEL) << 2;
        if (!isPacked) {
          packTaps(weights, ky, tapRows, kx, tapColumns, channel, tapChannels, column0, tileColumns, block, panelBytes);
        }

        const patchRows = (rowCount - 1) * stepY + tapRows;
        const patchColumns = (pixelColumns - 1) * stepX + tapColumns;
        const patchRow = <usize>(patchColumns * tapChannels) << 2;
        const patchImage = <usize>patchRows * patchRow;
        for (let i = 0; i < imageCount; i++) {
          copyPatch(
            base + PATCH + <usize>i * patchImage,
            source + (<usize>((image0 + i) * sourceCells) << 2),
            y0 * stepY - top + ky,
            1,
            patchRows,
            x0 * stepX - left + kx,
            patchColumns,
            channel,
            tapChannels,
          );
        }
        listPixels(base, imageCount, patchImage, rowCount, patchRow, pixelColumns, <usize>(stepX * tapChannels) << 2);

        const isLast =
          ky + tapRows == kernelHeight && kx + tapColumns == kernelWidth && channel + tapChannels == sourceChannels;
        const run = tapColumns * tapChannels;
        for (let i = 0; i < pixels; i += STRIP) {
          const rows = min(STRIP, pixels - i);
          const entry = base + PIXEL_TABLE + (<usize>i << 2);
          const at = c + <usize>i * ldc;
          rowsStrip(
            rows,
            load<u32>(entry),
            load<u32>(entry, 4),
            load<u32>(entry, 8),
            load<u32>(entry, 12),
            load<u32>(entry, 16),
            load<u32>(entry, 20),
            tapRows,
            run,
            patchRow,
            block,
            panelBytes,
            tileColumns,
            at,
            ldc,
            !isFirst,
          );
          if (isLast) finishTile(at, ldc, rows, tileColumns, tileBias, activation);
        }
        isFirst = false;
        if (keep) block += <usize>(depth * panelCells) << 2;
      }
    }
  }
}

/** Writes where each pixel's window begins in the patch, and the first once more to fill the last strip. */
function listPixels(
  base: usize,
  imageCount: i32,
  patchImage: usize,
  rowCount: i32,
  patchRow: usize,
  pixelColumns: i32,
  pixelStep: usize,
): void {
  let entry = base + PIXEL_TABLE;
  for (let i: usize = 0; i < <usize>imageCount; i++) {
    for (let y: usize = 0; y < <usize>rowCount; y++) {
      let at = base + PATCH + i * patchImage + y * <usize>stepY * patchRow;
      for (let x = 0; x < pixelColumns; x++) {
        store<u32>(entry, <u32>at);
        entry += 4;
        at += pixelStep;
      }
    }
  }
  for (let i = 1; i < STRIP; i++) {
    store<u32>(entry, <u32>(base + PATCH));
    entry += 4;
  }
}

/** Packs the rows of B that some taps of the kernel and some channels make. */
function packTaps(
  weights: usize,
  ky: i32,
  tapRows: i32,
  kx: i32,
  tapColumns: i32,
  channel: i32,
  tapChannels: i32,
  column0: i32,
  tileColumns: i32,
  to: usize,
  panelBytes: usize,
): void {
  const taps = kernelHeight * kernelWidth;
  for (let y = ky; y < ky + tapRows; y++) {
    for (let x = kx; x < kx + tapColumns; x++) {
      const tap = y * kernelWidth + x;
      if (flipped) {
        const from = ((taps - 1 - tap) * columns + column0) * sourceChannels + channel;
        packTransposed(
          weights + (<usize>from << 2),
          <usize>sourceChannels << 2,
          tapChannels,
          tileColumns,
          to,
          panelBytes,
        );
      } else {
        const from = (tap * sourceChannels + channel) * columns + column0;
        packRows(weights + (<usize>from << 2), <usize>columns << 2, tapChannels, tileColumns, to, panelBytes);
      }
      to += <usize>(tapChannels * PANEL) << 2;
    }
  }
}
