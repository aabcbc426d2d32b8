import type { Address, Kernels } from "./kernelExports.ts";
import { addressOf, computed, floatsAt, imageOf, intsAt } from "./kernels.ts";
import type { GreyImage } from "./picture.ts";
import { otsuLevel } from "./polarity.ts";
import { shrink } from "./resample.ts";

/** How {@link foreground} parts ink from paper. */
export interface ForegroundOptions {
  /** Dark ink on light paper; light on dark otherwise. */
  readonly isInkDark: boolean;
  /** The window for the paper, as a share of the picture's shorter side: broader than any pen's stroke. */
  readonly window: number;
  /** The longer side of the copy that the paper is looked for in, pixels: on a small one noise averages out. */
  readonly side: number;
}

/** How many standard deviations of the paper's noise ink has to stand out. */
const NOISE_DEVIATIONS = 4;

/** The least contrast, of black to white, that is taken for ink. */
const LEAST_CONTRAST = 0.06;

/** Noise of more than this share of the ink breaks strokes. */
const MOST_NOISE = 0.2;

/** More would take thin strokes away, too. */
const MOST_SMOOTHINGS = 2;

/** The level, among the values of what is ink for certain, that becomes full ink; the rest above it saturates. */
const FULL_INK_QUANTILE = 0.95;

/** How many values a quantile is read from: enough for a percent, and quick to sort. */
const SAMPLES = 1 << 14;

/**
 * Parts the ink from the paper: takes away the paper and its uneven light, cuts the paper's noise and stretches the
 * contrast to 0 paper .. 1 full ink, with soft edges kept. A picture in MNIST's own form (light on black) comes out
 * nearly as it is; one without ink comes out all 0. Where the noise is strong, the picture is smoothed first.
 */
export function foreground(grey: GreyImage, options: ForegroundOptions): GreyImage {
  const { width, height, data } = grey;
  return imageOf(width, height, (kernels, ink) => {
    let light = addressOf(data);
    const turned = options.isInkDark ? light : kernels.reserve(data.byteLength);
    if (!options.isInkDark) kernels.turnRound(light, data.length, turned);
    light = turned;
    const paper = paperUnder(kernels, { width, height, data: floatsAt(light, data.length) }, options);
    for (let pass = 0; ; pass++) {
      const noise = inkOver(kernels, ink, light, paper, grey, options.isInkDark);
      if (noise < MOST_NOISE || pass === MOST_SMOOTHINGS) return;
      // The picture itself stays as it is.
      const smooth =
        light === turned && options.isInkDark && pass === 0 ? kernels.reserve(data.byteLength) : light;
      kernels.smooth(light, width, height, smooth);
      light = smooth;
    }
  });
}

/**
 * The brightness that the paper would have without the dark ink on it: a grey-level closing (the greatest value in a window,
 * then the least of these; Serra, 1982) of the rows and then the columns of a small copy, smoothed. It follows uneven
 * light and fills what is narrower than the window: strokes. Paper without ink stays as it is, so that a clean picture
 * has exactly its own paper.
 */
function paperUnder(kernels: Kernels, light: GreyImage, { window, side }: ForegroundOptions): Address {
  const { width, height, data } = shrink(light, side);
  const radius = Math.max(1, Math.round((window * Math.min(width, height)) / 2));
  return kernels.paperUnder(addressOf(data), width, height, radius, light.width, light.height);
}

/** Writes `ink`; gives the level up to which all is paper, as a share of full ink. */
function inkOver(
  kernels: Kernels,
  ink: Address,
  light: Address,
  paper: Address,
  { height, data: { length } }: GreyImage,
  isInkDark: boolean,
): number {
  const floor = noiseFloor(paperSample(paper, light, length));
  const typical = isInkDark ? 0 : 1 - quantile(paperSample(paper, 0, length), 0.5);
  return computed(() => {
    const histogram = kernels.reserve(256 * 4);
    kernels.inkOver(light, paper, height, isInkDark, floor, LEAST_CONTRAST, typical, ink, histogram);
    const full = fullInk(ink, length, intsAt(histogram, 256));
    if (full < LEAST_CONTRAST) {
      kernels.clear(ink, length * 4);
      return 0;
    }
    kernels.stretch(ink, length, full);
    return floor / full;
  });
}

/** The level that the ink has for certain, which becomes 1; too little contrast is none. */
function fullInk(ink: Address, length: number, histogram: Int32Array): number {
  let all = 0;
  for (let level = 0; level < 256; level++) all += histogram[level]!;
  const level = otsuLevel(histogram, all);
  let count = 0;
  for (let above = level + 1; above < 256; above++) count += histogram[above]!;
  const step = stepOf(count);
  const most = Math.ceil(count / step);
  return computed((kernels) => {
    const sample = kernels.reserve(most * 4);
    const found = kernels.sampleAbove(ink, length, (level + 0.5) / 255, step, sample, most);
    return quantile(floatsAt(sample, found).sort(), FULL_INK_QUANTILE);
  });
}

/**
 * The contrast up to which a pixel is paper. The level and the noise are read from the lower part of the values,
 * which is paper even where ink covers half of the picture: the 30 % and the 5 % quantile, that a normal
 * distribution has at 0.524 and 1.645 deviations below its middle. Without noise the floor is the paper itself.
 */
function noiseFloor(sample: Float32Array): number {
  const low = quantile(sample, 0.05);
  const middle = quantile(sample, 0.3);
  const deviation = (middle - low) / (1.645 - 0.524);
  return Math.max(0, middle + (0.524 + NOISE_DEVIATIONS) * deviation);
}

/** An even sample, in order, of the paper under the pixels; of its contrast to them where `light` is their address, not 0. */
function paperSample(paper: Address, light: Address, length: number): Float32Array {
  const step = stepOf(length);
  const count = Math.ceil(length / step);
  return computed((kernels) => {
    const sample = kernels.reserve(count * 4);
    kernels.samplePaper(paper, light, length, step, sample);
    return new Float32Array(floatsAt(sample, count)).sort();
  });
}

/** Every so-manyth of `count` values; odd, so that columns take turns. */
function stepOf(count: number): number {
  return Math.max(1, Math.floor(count / SAMPLES)) | 1;
}

/** The value below which `share` of the `sorted` ones lie. */
function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}
