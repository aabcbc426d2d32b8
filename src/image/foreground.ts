import { paperUnder } from "./paper.ts";
import type { GreyImage } from "./picture.ts";
import { isInkDark, otsuThreshold } from "./polarity.ts";
import { shrink } from "./resample.ts";

/** What is drawn in a picture. */
export interface Foreground {
  /** 0 paper .. 1 full ink, with soft edges kept. */
  readonly ink: GreyImage;
  /** The picture was dark ink on light paper and had to be turned round to MNIST's light on dark. */
  readonly inverted: boolean;
}

/** Side of the copy on which light and dark are told apart, pixels. */
const POLARITY_SIDE = 96;

/** How many standard deviations of the paper's noise ink has to stand out. */
const NOISE_DEVIATIONS = 4;

/** The least contrast, of black to white, that is taken for ink. */
const LEAST_CONTRAST = 0.06;

/** The level, among the values of what is ink for certain, that becomes full ink; the rest above it saturates. */
const FULL_INK_QUANTILE = 0.95;

/** How many values a quantile is read from: enough for a percent, and quick to sort. */
const SAMPLES = 1 << 14;

/**
 * Parts the ink from the paper: finds out whether the ink is dark or light, takes away the paper and its uneven
 * light, cuts the paper's noise and stretches the contrast to 0..1. A picture in MNIST's own form (light on
 * black) comes out nearly as it is; one without ink comes out all 0.
 */
export function foreground(grey: GreyImage): Foreground {
  const { width, height } = grey;
  const inverted = isInkDark(shrink(grey, POLARITY_SIDE));
  const light = inverted ? grey : { width, height, data: grey.data.map((value) => 1 - value) };
  const paper = paperUnder(light).data;
  const contrast = light.data.map((value, i) => paper[i]! - value);
  const floor = noiseFloor(contrast);
  for (let i = 0; i < contrast.length; i++) {
    // Shade darkens ink and paper alike: dark ink counts as a share of the light that its paper gives.
    const range = inverted ? Math.max(paper[i]! - floor, LEAST_CONTRAST) : 1;
    contrast[i] = Math.min(1, Math.max(0, contrast[i]! - floor) / range);
  }
  return { ink: { width, height, data: stretched(contrast) }, inverted };
}

/** Contrast to ink: the level that the ink has for certain becomes 1; all 0 where there is too little contrast. */
function stretched(contrast: Float32Array): Float32Array {
  const above = contrast.filter((value) => value > 0);
  const threshold = otsuThreshold(above);
  const full = quantile(
    above.filter((value) => value > threshold),
    FULL_INK_QUANTILE,
  );
  return full < LEAST_CONTRAST
    ? new Float32Array(contrast.length)
    : contrast.map((value) => Math.min(1, value / full));
}

/**
 * The contrast up to which a pixel is paper. The level and the noise are read from the lower part of the values,
 * which is paper even where ink covers half of the picture: the 30 % and the 5 % quantile, that a normal
 * distribution has at 0.524 and 1.645 deviations below its middle. Without noise the floor is the paper itself.
 */
function noiseFloor(contrast: Float32Array): number {
  const low = quantile(contrast, 0.05);
  const middle = quantile(contrast, 0.3);
  const deviation = (middle - low) / (1.645 - 0.524);
  return Math.max(0, middle + (0.524 + NOISE_DEVIATIONS) * deviation);
}

/** The value below which `share` of `values` lies, from an even sample where there are many. */
function quantile(values: Float32Array, share: number): number {
  const step = Math.max(1, Math.floor(values.length / SAMPLES)) | 1;
  const sample = new Float32Array(Math.ceil(values.length / step)).map((_, i) => values[i * step]!).sort();
  return sample[Math.floor(share * sample.length)] ?? 0;
}
