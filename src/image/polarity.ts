import { borderPixels, type GreyImage } from "./picture.ts";

/** Skewness beyond which the rare tail is the ink for certain: two levels, at most 28 % of the pixels ink. */
const CERTAIN_SKEWNESS = 1;

/** The share of the border that has to be on one side before the border tells which side is paper. */
const CERTAIN_BORDER = 0.7;

/**
 * Whether the ink is dark on light paper; otherwise it is light on dark.
 *
 * Ink covers less than paper does, so that the brightness, freed of slow changes of the light, has its long
 * tail on the ink's side: the sign of the third moment tells. For broad digits that fill their picture the tail
 * is no longer one, and then the border, which is mostly paper, is asked: on which side of Otsu's threshold
 * does it lie?
 */
export function isInkDark(grey: GreyImage): boolean {
  const skewness = skewnessOf(withoutSlowLight(grey));
  if (Math.abs(skewness) >= CERTAIN_SKEWNESS) return skewness < 0;
  const threshold = otsuThreshold(grey.data);
  const border = borderPixels(grey.width, grey.height);
  const light = border.filter((i) => grey.data[i]! > threshold).length / border.length;
  if (light >= CERTAIN_BORDER) return true;
  if (light <= 1 - CERTAIN_BORDER) return false;
  return skewness < 0;
}

/**
 * What is left of the brightness when the quadratic surface that fits it best is taken away. On a full grid
 * the six terms below are orthogonal, so that each is a projection of its own.
 */
function withoutSlowLight({ width, height, data }: GreyImage): Float32Array {
  const across = (i: number): number => (i % width) - (width - 1) / 2;
  const down = (i: number): number => Math.floor(i / width) - (height - 1) / 2;
  const meanAcross = (width * width - 1) / 12;
  const meanDown = (height * height - 1) / 12;
  const terms = [
    () => 1,
    across,
    down,
    (i: number) => across(i) * down(i),
    (i: number) => across(i) ** 2 - meanAcross,
    (i: number) => down(i) ** 2 - meanDown,
  ];
  const rest = data.slice();
  for (const term of terms) {
    let product = 0;
    let square = 0;
    for (let i = 0; i < data.length; i++) {
      product += data[i]! * term(i);
      square += term(i) ** 2;
    }
    if (square > 0) for (let i = 0; i < rest.length; i++) rest[i]! -= (product / square) * term(i);
  }
  return rest;
}

/** The standardised third moment of `values`; 0 where all are equal. */
function skewnessOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let second = 0;
  let third = 0;
  for (const value of values) {
    const difference = value - mean;
    second += difference * difference;
    third += difference * difference * difference;
  }
  const variance = second / values.length;
  return variance < 1e-12 ? 0 : third / values.length / variance ** 1.5;
}

/**
 * The threshold that best parts `values` (0..1) in two classes: the variance between the classes is greatest
 * (Otsu, 1979), found on 256 levels. Values above it are the upper class.
 */
export function otsuThreshold(values: Float32Array): number {
  const histogram = new Uint32Array(256);
  for (const value of values) histogram[Math.round(value * 255)]!++;
  let total = 0;
  for (let level = 0; level < 256; level++) total += level * histogram[level]!;
  let best = 0;
  let threshold = 0;
  let count = 0;
  let sum = 0;
  for (let level = 0; level < 255; level++) {
    count += histogram[level]!;
    sum += level * histogram[level]!;
    const rest = values.length - count;
    if (count === 0 || rest === 0) continue;
    const between = count * rest * (sum / count - (total - sum) / rest) ** 2;
    if (between > best) {
      best = between;
      threshold = level;
    }
  }
  return (threshold + 0.5) / 255;
}
