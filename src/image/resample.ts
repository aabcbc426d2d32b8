import type { GreyRows } from "./grey.ts";
import type { Kernels } from "./kernelExports.ts";
import { addressOf, computed, imageOf } from "./kernels.ts";
import type { GreyImage } from "./picture.ts";

/** A grid of windows over an image: window (i, j) begins at `x + i * stepX`, `y + j * stepY`, in source pixels. */
export interface Grid {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The mean of `source` over each window of `grid`: exact area averaging where it makes the image smaller. A
 * window narrower than a source pixel is widened to one around its middle, which is linear interpolation, so
 * the same rule enlarges smoothly. What lies outside of the source counts as 0. A grid of step 1 on whole
 * pixels copies.
 */
export function resample(source: GreyImage, { x, y, stepX, stepY, width, height }: Grid): GreyImage {
  return imageOf(width, height, (kernels, to) => {
    const columns = kernels.windows(x, stepX, width, source.width);
    const rows = kernels.windows(y, stepY, height, source.height);
    kernels.resample(addressOf(source.data), source.width, source.height, columns, rows, to);
  });
}

/**
 * The image made smaller by averaging, if need be, so that no side is longer than `maxSide` pixels. Of rows that are yet to be
 * computed, only a few are in memory at once.
 */
export function shrink(source: GreyImage | GreyRows, maxSide: number): GreyImage {
  const longest = Math.max(source.width, source.height);
  if (longest <= maxSide) return "data" in source ? source : allRows(source);
  const width = Math.max(1, Math.round((source.width * maxSide) / longest));
  const height = Math.max(1, Math.round((source.height * maxSide) / longest));
  const [stepX, stepY] = [source.width / width, source.height / height];
  if ("data" in source) return resample(source, { x: 0, y: 0, stepX, stepY, width, height });
  return imageOf(width, height, (kernels, to) => {
    const columns = kernels.windows(0, stepX, width, source.width);
    const rows = kernels.windows(0, stepY, height, source.height);
    eachStrip(kernels, source, height, stepY, (strip, top, from, end) =>
      kernels.shrinkRows(strip, source.width, top, columns, rows, from, end, to),
    );
  });
}

function allRows(source: GreyRows): GreyImage {
  return imageOf(source.width, source.height, (_, to) => source.write(0, source.height, to));
}

/** So many pixels of rows are in memory at once, unless those of one window are more. */
const STRIP = 1 << 16;

/** Computes the rows, from number `top` on, that `from` .. `end` - 1 of `count` windows of `step` rows need, strip by strip. */
function eachStrip(
  kernels: Kernels,
  source: GreyRows,
  count: number,
  step: number,
  work: (strip: number, top: number, from: number, end: number) => void,
): void {
  const windows = Math.max(1, Math.floor(STRIP / source.width / step));
  const strip = kernels.reserve(source.width * (Math.ceil(windows * step) + 3) * 4);
  for (let from = 0; from < count; from += windows) {
    const end = Math.min(count, from + windows);
    // One more at both ends, where a sum was rounded.
    const top = Math.max(0, Math.floor(from * step) - 1);
    const bottom = Math.min(source.height, Math.ceil(end * step) + 1);
    computed(() => {
      source.write(top, bottom, strip);
      work(strip, top, from, end);
    });
  }
}

/** The longer side of the copy for a first look at a picture, pixels. */
export const LOOK_SIDE = 512;

const looks = new WeakMap<GreyImage | GreyRows, GreyImage>();

/** A copy of {@link LOOK_SIDE} pixels, or the image itself where it is no larger; a second time it is the first copy, which stays. */
export function lookAt(source: GreyImage | GreyRows): GreyImage {
  if ("data" in source && Math.max(source.width, source.height) <= LOOK_SIDE) return source;
  const known = looks.get(source);
  if (known !== undefined) return known;
  const look = computed(() => {
    const { width, height, data } = shrink(source, LOOK_SIDE);
    return { width, height, data: new Float32Array(data) };
  });
  looks.set(source, look);
  return look;
}
