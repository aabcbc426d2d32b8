import { PACKED_CELLS, PATCH_CELLS } from "./kernels/layout.ts";
import type { Window } from "./operations.ts";

/** Tiles that are worked on together: enough for whole strips of the matrix kernel, few enough for the cache. */
const BLOCK_TILES = 48;
const TILE = 8;
const PLACES = TILE * TILE;
/** What a place may take beyond its tiles, so that places do not share the cache's sets: up to two lines. */
const SPREAD_CELLS = 32;

/**
 * How many images Winograd's way takes at a time, or 0 where a convolution has to be computed by its definition: it
 * needs square kernels of 3 or 5, strides of 1, enough channels and filters, and room in scratch.
 */
export function winogradImages(window: Window, filters: number): number {
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, channels } = window;
  const fits =
    kernelHeight === kernelWidth &&
    (kernelHeight === 3 || kernelHeight === 5) &&
    strideHeight === 1 &&
    strideWidth === 1 &&
    channels >= 6 &&
    filters >= 8;
  if (!fits) return 0;
  const outputs = TILE + 1 - kernelHeight;
  const down = Math.ceil(window.outputHeight / outputs);
  const across = Math.ceil(window.outputWidth / outputs);
  const overlap = TILE - outputs;
  const padded = (down * outputs + overlap) * (across * outputs + overlap) * channels;
  const columns = Math.ceil(filters / 8) * 8;
  const tiles = Math.min(
    BLOCK_TILES,
    Math.floor(((PATCH_CELLS - padded) / PLACES - SPREAD_CELLS) / (Math.ceil(channels / 4) * 4)),
    // A strip of rows may reach beyond the last tile.
    Math.floor(((PACKED_CELLS - 1024 - 8 * columns) / PLACES - SPREAD_CELLS) / columns),
  );
  return Math.floor(tiles / (down * across));
}
