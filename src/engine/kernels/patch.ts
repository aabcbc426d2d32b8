// Copies a rectangle of an image, padding and all, into scratch, so that a convolution needs no test for edges.
import { copyCells, zeroCells } from "./vector";

let sourceHeight: i32 = 0;
let sourceWidth: i32 = 0;
let sourceChannels: i32 = 0;
let gapHeight: i32 = 1;
let gapWidth: i32 = 1;

/**
 * Says what the images are like that copyPatch takes from. With gaps over 1 the image is stretched: pixel (y, x)
 * comes to (y * gapHeight, x * gapWidth) and all between is zero, as the gradient of a strided convolution wants.
 */
export function setSource(height: i32, width: i32, channels: i32, gapY: i32, gapX: i32): void {
  sourceHeight = height;
  sourceWidth = width;
  sourceChannels = channels;
  gapHeight = gapY;
  gapWidth = gapX;
}

/**
 * Copies `rows` rows, `rowStep` apart, of `columns` pixels from (`y`, `x`), `channels` channels from `channel` on.
 * What lies outside the image is zero.
 */
export function copyPatch(
  to: usize,
  image: usize,
  y: i32,
  rowStep: i32,
  rows: i32,
  x: i32,
  columns: i32,
  channel: i32,
  channels: i32,
): void {
  const rowCells = columns * channels;
  for (; rows > 0; rows--) {
    const row = y / gapHeight;
    if (y < 0 || row >= sourceHeight || row * gapHeight != y) zeroCells(to, rowCells);
    else {
      const from = image + (<usize>(row * sourceWidth * sourceChannels + channel) << 2);
      if (gapWidth == 1) copyRow(to, from, x, columns, channels);
      else copyStretchedRow(to, from, x, columns, channels);
    }
    to += <usize>rowCells << 2;
    y += rowStep;
  }
}

function copyRow(to: usize, row: usize, x: i32, columns: i32, channels: i32): void {
  const first = min(max(-x, 0), columns);
  const end = max(min(sourceWidth - x, columns), first);
  zeroCells(to, first * channels);
  to += <usize>(first * channels) << 2;
  let from = row + (<usize>((x + first) * sourceChannels) << 2);
  if (channels == sourceChannels) {
    copyCells(to, from, (end - first) * channels);
    to += <usize>((end - first) * channels) << 2;
  } else {
    for (let i = first; i < end; i++) {
      copyCells(to, from, channels);
      to += <usize>channels << 2;
      from += <usize>sourceChannels << 2;
    }
  }
  zeroCells(to, (columns - end) * channels);
}

function copyStretchedRow(to: usize, row: usize, x: i32, columns: i32, channels: i32): void {
  for (; columns > 0; columns--) {
    const column = x / gapWidth;
    if (x < 0 || column >= sourceWidth || column * gapWidth != x) zeroCells(to, channels);
    else copyCells(to, row + (<usize>(column * sourceChannels) << 2), channels);
    to += <usize>channels << 2;
    x++;
  }
}
