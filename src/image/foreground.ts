import { type Paper, type PaperOptions, paperAt, paperOfRow, paperUnder } from "./paper.ts";
import type { GreyImage } from "./picture.ts";
import { otsuLevel } from "./polarity.ts";
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
  const paper = paperUnder(light, options);
  const ink = { width, height, data: new Float32Array(width * height) };
  for (let pass = 0; ; pass++) {
    const noise = inkOver(ink, light, paper, options.isInkDark);
    if (noise < MOST_NOISE || pass === MOST_SMOOTHINGS) return ink;
    light = smoothed(light);
  }
}

/** Fills `ink`; gives the level up to which all is paper, as a share of full ink. */
function inkOver(ink: GreyImage, light: GreyImage, paper: Paper, isInkDark: boolean): number {
  const { width, height, data } = ink;
  const floor = noiseFloor(contrastSample(light, paper));
  const typical = isInkDark ? 0 : 1 - quantile(paperSample(light, paper), 0.5);
  const histogram = new Uint32Array(256);
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    paperOfRow(paper, y, row);
    if (isInkDark) darkInk(data, light.data, y * width, row, floor, histogram);
    else lightInk(data, light.data, y * width, row, floor, typical, histogram);
  }
  const full = fullInk(ink, histogram);
  if (full < LEAST_CONTRAST) {
    data.fill(0);
    return 0;
  }
  for (let y = 0; y < height; y++) stretch(data, y * width, (y + 1) * width, full);
  return floor / full;
}

// One row: what is above the floor, and its histogram on 256 levels.

/** Shade darkens ink and paper alike: ink counts as a share of the light that its paper gives. */
function darkInk(
  ink: Float32Array,
  light: Float32Array,
  from: number,
  paper: Float32Array,
  floor: number,
  histogram: Uint32Array,
): void {
  for (let x = 0; x < paper.length; x++) {
    const value = Math.fround(paper[x]! - light[from + x]!) - floor;
    if (value > 0) {
      const share = Math.min(1, value / Math.max(paper[x]! - floor, LEAST_CONTRAST));
      ink[from + x] = share;
      histogram[(share * 255 + 0.5) | 0]!++;
    } else ink[from + x] = 0;
  }
}

function lightInk(
  ink: Float32Array,
  light: Float32Array,
  from: number,
  paper: Float32Array,
  floor: number,
  typical: number,
  histogram: Uint32Array,
): void {
  for (let x = 0; x < paper.length; x++) {
    const value = Math.fround(paper[x]! - light[from + x]!) - floor;
    if (value > 0) {
      const share = Math.min(1, value * lightening(typical, 1 - paper[x]!));
      ink[from + x] = share;
      histogram[(share * 255 + 0.5) | 0]!++;
    } else ink[from + x] = 0;
  }
}

function stretch(ink: Float32Array, from: number, to: number, full: number): void {
  for (let i = from; i < to; i++) if (ink[i]! > 0) ink[i] = Math.min(1, ink[i]! / full);
}

/** What light ink counts for on a board of brightness `here`, where boards of the picture have mostly `typical`. */
function lightening(typical: number, here: number): number {
  const ratio = typical / Math.max(here, 1e-3);
  return typical < LEAST_BOARD || ratio <= 1 ? 1 : Math.min(MOST_LIGHTENING, ratio ** 0.7);
}

function turnedRound(data: Float32Array): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = 1 - data[i]!;
  return result;
}

/** The level that the ink has for certain, which becomes 1; too little contrast is none. */
function fullInk({ width, height, data }: GreyImage, histogram: Uint32Array): number {
  let all = 0;
  for (let level = 0; level < 256; level++) all += histogram[level]!;
  const level = otsuLevel(histogram, all);
  let count = 0;
  for (let above = level + 1; above < 256; above++) count += histogram[above]!;
  const step = stepOf(count);
  const sample = new Float32Array(Math.ceil(count / step));
  let seen = 0;
  for (let y = 0; y < height; y++)
    seen = sampleAbove((level + 0.5) / 255, data, y * width, (y + 1) * width, sample, step, seen);
  return quantile(sample.subarray(0, Math.ceil(seen / step)).sort(), FULL_INK_QUANTILE);
}

/** Puts every `step`-th value above `threshold` into `sample`; `seen` of them came before. How many it is then. */
function sampleAbove(
  threshold: number,
  values: Float32Array,
  from: number,
  to: number,
  sample: Float32Array,
  step: number,
  seen: number,
): number {
  let count = seen;
  for (let i = from; i < to; i++) {
    if (values[i]! <= threshold) continue;
    if (count % step === 0) sample[count / step] = values[i]!;
    count++;
  }
  return count;
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

// An even sample of the pixels, in order.

function contrastSample({ width, data }: GreyImage, paper: Paper): Float32Array {
  const step = stepOf(data.length);
  const sample = new Float32Array(Math.ceil(data.length / step));
  for (let i = 0; i < sample.length; i++)
    sample[i] = paperAt(paper, (i * step) % width, Math.floor((i * step) / width)) - data[i * step]!;
  return sample.sort();
}

function paperSample({ width, data }: GreyImage, paper: Paper): Float32Array {
  const step = stepOf(data.length);
  const sample = new Float32Array(Math.ceil(data.length / step));
  for (let i = 0; i < sample.length; i++)
    sample[i] = paperAt(paper, (i * step) % width, Math.floor((i * step) / width));
  return sample.sort();
}

/** Every so-manyth of `count` values; odd, so that columns take turns. */
function stepOf(count: number): number {
  return Math.max(1, Math.floor(count / SAMPLES)) | 1;
}

/** The value below which `share` of the `sorted` ones lie. */
function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}
