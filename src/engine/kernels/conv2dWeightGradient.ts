// The gradient of a convolution with respect to its weights: the windows of all pixels, transposed, times dy. A task
// is one row of the kernel (one tap of it where there are many channels) by some filters, over all images in order.
import { PACKED, PATCH, PATCH_CELLS } from "./layout";
import { PANEL, STRIP } from "./microKernel";
import { packRows } from "./pack";
import { copyPatch, setSource } from "./patch";
import { columnsStrip } from "./tile";
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
  width,
} from "./window";
import { winogradWeightGradient } from "./winogradWeightGradient";

/** Pixels that a block covers: a panel of dy is 16 kB then. */
const DEPTH: i32 = 512;
/** With fewer tasks than this the tiles are made smaller. */
const ENOUGH_TASKS: i32 = 16;
/** From so many channels on a task is one tap, below it is a whole row of the kernel. */
const MANY_CHANNELS: i32 = 64;
const CHANNEL_TILE: i32 = 192;

export function conv2dWeightGradient(args: usize): void {
  readWindow(args, 3);
  const filters = number(args, 15);
  const room = address(args, 16);
  if (room != 0) return winogradWeightGradient(address(args, 0), address(args, 1), address(args, 2), filters, room);
  setSource(height, width, channels, 1, 1);
  const perTap = channels >= MANY_CHANNELS;
  const tapColumns = perTap ? 1 : kernelWidth;
  const channelTile = perTap ? CHANNEL_TILE : channels;
  const channelTiles = ceilDivide(channels, channelTile);
  const tiles = kernelHeight * (perTap ? kernelWidth : 1) * channelTiles;
  let filterTile = 64;
  if (tiles * ceilDivide(filters, filterTile) < ENOUGH_TASKS) filterTile = 32;
  if (tiles * ceilDivide(filters, filterTile) < ENOUGH_TASKS) filterTile = 16;
  const tasks = tiles * ceilDivide(filters, filterTile);
  const end = endTask(tasks);
  for (let task = firstTask(tasks); task < end; task++) {
    const filter0 = (task / tiles) * filterTile;
    let tile = task % tiles;
    const channel0 = (tile % channelTiles) * channelTile;
    tile /= channelTiles;
    const kx = perTap ? tile % kernelWidth : 0;
    const ky = perTap ? tile / kernelWidth : tile;
    gradientTile(
      address(args, 0),
      address(args, 1),
      address(args, 2),
      ky,
      kx,
      tapColumns,
      channel0,
      min(channelTile, channels - channel0),
      filter0,
      min(filterTile, filters - filter0),
      filters,
    );
  }
}

function gradientTile(
  x: usize,
  dy: usize,
  dweights: usize,
  ky: i32,
  kx: i32,
  tapColumns: i32,
  channel0: i32,
  tapChannels: i32,
  filter0: i32,
  tileFilters: i32,
  filters: i32,
): void {
  const patch = scratch() + PATCH;
  const packed = scratch() + PACKED;
  const ldc = <usize>filters << 2;
  const rows = tapColumns * tapChannels;
  const c = dweights + (<usize>(((ky * kernelWidth + kx) * channels + channel0) * filters + filter0) << 2);

  // Blocks of whole rows of output pixels, or of a part of one row.
  let blockWidth = min(outputWidth, DEPTH);
  while (((blockWidth - 1) * strideWidth + tapColumns) * tapChannels > PATCH_CELLS) blockWidth = ceilDivide(blockWidth, 2);
  const rowCells = ((blockWidth - 1) * strideWidth + tapColumns) * tapChannels;
  const blockRows = blockWidth < outputWidth ? 1 : max(min(DEPTH / blockWidth, PATCH_CELLS / rowCells), 1);

  let accumulate = false;
  for (let image = 0; image < images; image++) {
    const from = x + (<usize>(image * height * width * channels) << 2);
    for (let y0 = 0; y0 < outputHeight; y0 += blockRows) {
      const pixelRows = min(blockRows, outputHeight - y0);
      for (let x0 = 0; x0 < outputWidth; x0 += blockWidth) {
        const pixelColumns = min(blockWidth, outputWidth - x0);
        const patchColumns = (pixelColumns - 1) * strideWidth + tapColumns;
        copyPatch(
          patch,
          from,
          y0 * strideHeight - paddingTop + ky,
          strideHeight,
          pixelRows,
          x0 * strideWidth - paddingLeft + kx,
          patchColumns,
          channel0,
          tapChannels,
        );
        // Whole rows follow one another in dy, and a part of one row does too.
        const depth = pixelRows * pixelColumns;
        const panelBytes = <usize>(depth * PANEL) << 2;
        const pixel = (image * outputHeight + y0) * outputWidth + x0;
        packRows(dy + (<usize>(pixel * filters + filter0) << 2), ldc, depth, tileFilters, packed, panelBytes);
        for (let i = 0; i < rows; i += STRIP) {
          columnsStrip(
            min(STRIP, rows - i),
            patch + (<usize>i << 2),
            pixelRows,
            pixelColumns,
            <usize>(strideWidth * tapChannels) << 2,
            <usize>(patchColumns * tapChannels) << 2,
            packed,
            panelBytes,
            tileFilters,
            c + <usize>i * ldc,
            ldc,
            accumulate,
          );
        }
        accumulate = true;
      }
    }
  }
  if (!accumulate) {
    for (let i = 0; i < rows; i++) memory.fill(c + <usize>i * ldc, 0, <usize>tileFilters << 2);
  }
}
