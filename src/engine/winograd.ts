import { PACKED_CELLS, PATCH_CELLS } from "./kernels/layout.ts";
import type { Window } from "./operations/window.ts";

/** Tiles that are worked on together: enough for whole strips of the matrix kernel, few enough for the cache. */
const BLOCK_TILES = 48;
const TILE = 8;
const PLACES = TILE * TILE;
/** What a place may take beyond its tiles, so that places do not share the cache's sets: up to two lines. */
const SPREAD_CELLS = 32;

/**
 * How many images Winograd's way takes at a time, or 0 where a convolution has to be computed by its definition: it
 * needs square kernels of 3 or 5, strides of 1, enough channels and filters, tiles that are filled, and room in scratch.
 */
export function winogradImages(window: Window, filters: number): number {
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, channels } = window;
  const fits =
    kernelHeight === kernelWidth &&
    (kernelHeight === 3 || kernelHeight === 5) &&
    strideHeight === 1 &&
    strideWidth === 1 &&
    channels >= 6 &&
    filters >= 8 &&
    savesEnough(window);
  if (!fits) return 0;
  const outputs = TILE + 1 - kernelHeight;
  const { down, across } = tilesOf(window);
  const overlap = TILE - outputs;
  const padded = (down * outputs + overlap) * (across * outputs + overlap) * channels;
  const columns = columnsOf(filters);
  const tiles = Math.min(
    BLOCK_TILES,
    Math.floor(((PATCH_CELLS - padded) / PLACES - SPREAD_CELLS) / vectorsOf(channels)),
    // A strip of rows may reach beyond the last tile.
    Math.floor(((PACKED_CELLS - 1024 - 8 * columns) / PLACES - SPREAD_CELLS) / columns),
  );
  return Math.floor(tiles / (down * across));
}

/** The tiles that an image's output is cut into. */
function tilesOf({ kernelHeight, outputHeight, outputWidth }: Window): { down: number; across: number } {
  const outputs = TILE + 1 - kernelHeight;
  return { down: Math.ceil(outputHeight / outputs), across: Math.ceil(outputWidth / outputs) };
}

/** Whether the products at the tiles' places are so much fewer than those of the definition that the transforms pay. */
function savesEnough(window: Window): boolean {
  const { kernelHeight, kernelWidth, outputHeight, outputWidth } = window;
  const { down, across } = tilesOf(window);
  return 1.5 * down * across * PLACES <= outputHeight * outputWidth * kernelHeight * kernelWidth;
}

/** The window of the convolution that takes the gradient of a convolution of strides of 1 back to its input. */
export function turned(window: Window, filters: number): Window {
  const { height, width, outputHeight, outputWidth, kernelHeight, kernelWidth } = window;
  return {
    ...window,
    ...{ height: outputHeight, width: outputWidth, channels: filters },
    ...{ outputHeight: height, outputWidth: width },
    paddingTop: kernelHeight - 1 - window.paddingTop,
    paddingLeft: kernelWidth - 1 - window.paddingLeft,
  };
}

/** Filters of whole panels of the matrix kernel. */
function columnsOf(filters: number): number {
  return Math.ceil(filters / 8) * 8;
}

/** Channels of whole vectors. */
function vectorsOf(channels: number): number {
  return Math.ceil(channels / 4) * 4;
}

/**
 * Cells from one place to the next where each has `cells`: an odd number of cache lines, as in the kernels, since else they
 * fall into the same sets of the cache.
 */
function spread(cells: number): number {
  return (Math.ceil(cells / 16) | 1) * 16;
}

/** Cells that the transformed weights of a kernel of `channels` by `filters` fill. */
export function winogradCells(channels: number, filters: number): number {
  return PLACES * spread(channels * columnsOf(filters));
}

/**
 * Cells of room that the gradient of a convolution's weights over `images` needs for Winograd's way, or 0 where it has to
 * be computed by its definition.
 */
export function winogradGradientCells(window: Window, filters: number, images: number): number {
  const { kernelHeight, channels } = window;
  if (winogradImages(window, filters) === 0) return 0;
  const { down, across } = tilesOf(window);
  const outputs = TILE + 1 - kernelHeight;
  if (down * across * outputs * outputs * filters > PATCH_CELLS) return 0;
  const tiles = images * down * across;
  const columns = columnsOf(filters);
  const input = spread(tiles * vectorsOf(channels));
  return PLACES * (input + spread(tiles * columns) + spread(channels * columns));
}
