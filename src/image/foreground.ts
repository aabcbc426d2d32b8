import { type PaperOptions, paperUnder } from "./paper.ts";
import type { GreyImage } from "./picture.ts";
import { otsuThreshold } from "./polarity.ts";
import { smoothed } from "./smooth.ts";

/** How {@link foreground} parts ink from paper. */
export interface ForegroundOptions extends PaperOptions {
  /** Dark ink on light paper; light on dark otherwise. */
  readonly isInkDark: boolean;
}

/** How many standard deviations of the paper's noise ink has to stand out. */
const NOISE_DEVIATIONS = 4;

/** The least contrast, of black to white, that is taken for ink. */
const LEAST_CONTRAST = 0.06;

/** Noise of more than this share of the ink breaks strokes. */
const MOST_NOISE = 0.2;

/** More would take thin strokes away, too. */
const MOST_SMOOTHINGS = 2;

/** Darker boards than this say nothing about the light on them. */
const LEAST_BOARD = 0.02;

/** Light ink on a dark board in the shade counts for at most so many times what it is. */
const MOST_LIGHTENING = 3;

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
  const { width, height } = grey;
  let light = options.isInkDark ? grey : { width, height, data: turnedRound(grey.data) };
  const paper = paperUnder(light, options).data;
  for (let pass = 0; ; pass++) {
    const { ink, noise } = inkOver(light.data, paper, options.isInkDark);
    if (noise < MOST_NOISE || pass === MOST_SMOOTHINGS) return { width, height, data: ink };
    light = smoothed(light);
  }
}

interface Ink {
  readonly ink: Float32Array;
  /** The level up to which all is paper, as a share of full ink. */
  readonly noise: number;
}

function inkOver(light: Float32Array, paper: Float32Array, isInkDark: boolean): Ink {
  const contrast = new Float32Array(paper.length);
  for (let i = 0; i < contrast.length; i++) contrast[i] = paper[i]! - light[i]!;
  const floor = noiseFloor(contrast);
  const typical = isInkDark ? 0 : 1 - quantile(sortedSample(paper), 0.5);
  // What is above the floor, by pixel: mostly few, so that all that follows is little work.
  const where = new Uint32Array(contrast.length);
  const above = new Float32Array(contrast.length);
  let count = 0;
  for (let i = 0; i < contrast.length; i++) {
    const value = contrast[i]! - floor;
    if (value <= 0) continue;
    // Shade darkens ink and paper alike: ink counts as a share of the light that its paper gives.
    above[count] = isInkDark
      ? Math.min(1, value / Math.max(paper[i]! - floor, LEAST_CONTRAST))
      : Math.min(1, value * lightening(typical, 1 - paper[i]!));
    where[count++] = i;
  }
  const full = fullInk(above.subarray(0, count));
  const ink = new Float32Array(contrast.length);
  if (full >= LEAST_CONTRAST) for (let k = 0; k < count; k++) ink[where[k]!] = Math.min(1, above[k]! / full);
  return { ink, noise: full < LEAST_CONTRAST ? 0 : floor / full };
}

/** What light ink counts for on a board of brightness `here`, where boards of the picture have mostly `typical`. */
function lightening(typical: number, here: number): number {
  if (typical < LEAST_BOARD) return 1;
  return Math.min(MOST_LIGHTENING, Math.max(1, typical / Math.max(here, 1e-3)) ** 0.7);
}

function turnedRound(data: Float32Array): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = 1 - data[i]!;
  return result;
}

/** The level that the ink has for certain, which becomes 1; too little contrast is none. */
function fullInk(above: Float32Array): number {
  return quantile(sortedSample(valuesAbove(otsuThreshold(above), above)), FULL_INK_QUANTILE);
}

function valuesAbove(threshold: number, values: Float32Array): Float32Array {
  const above = new Float32Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > threshold) above[count++] = values[i]!;
  return above.subarray(0, count);
}

/**
 * The contrast up to which a pixel is paper. The level and the noise are read from the lower part of the values,
 * which is paper even where ink covers half of the picture: the 30 % and the 5 % quantile, that a normal
 * distribution has at 0.524 and 1.645 deviations below its middle. Without noise the floor is the paper itself.
 */
function noiseFloor(contrast: Float32Array): number {
  const sample = sortedSample(contrast);
  const low = quantile(sample, 0.05);
  const middle = quantile(sample, 0.3);
  const deviation = (middle - low) / (1.645 - 0.524);
  return Math.max(0, middle + (0.524 + NOISE_DEVIATIONS) * deviation);
}

/** The values in order, or an even sample of them where there are many. */
function sortedSample(values: Float32Array): Float32Array {
  const step = Math.max(1, Math.floor(values.length / SAMPLES)) | 1;
  const sample = new Float32Array(Math.ceil(values.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = values[i * step]!;
  return sample.sort();
}

/** The value below which `share` of the `sorted` ones lie. */
function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}
