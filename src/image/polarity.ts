import type { GreyRows } from "./grey.ts";
import { addressOf, computed } from "./kernels.ts";
import { borderPixels, type GreyImage } from "./picture.ts";
import { lookAt, shrink } from "./resample.ts";

/** Side of the copy on which light and dark are told apart, pixels. */
const SIDE = 96;

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
export function isInkDark(picture: GreyImage): boolean {
  const grey = shrink(picture, SIDE);
  const rest = withoutSlowLight(grey);
  const skewness = computed((kernels) => kernels.skewness(addressOf(rest), rest.length));
  if (Math.abs(skewness) >= CERTAIN_SKEWNESS) return skewness < 0;
  const threshold = otsuThreshold(grey.data);
  const border = borderPixels(grey.width, grey.height);
  const light = border.filter((i) => grey.data[i]! > threshold).length / border.length;
  if (light >= CERTAIN_BORDER) return true;
  if (light <= 1 - CERTAIN_BORDER) return false;
  return skewness < 0;
}

/**
 * What is left of the brightness when the quadratic surface that fits it best is taken away. On a full grid the six
 * terms 1, x, y, xy, x^2 and y^2, the squares less their mean, are orthogonal, so that each is a projection of its
 * own. All six are summed in one pass over the rows.
 */
function withoutSlowLight({ width, height, data }: GreyImage): Float32Array {
  const xs = centred(width);
  const ys = centred(height);
  const sums = { one: 0, x: 0, y: 0, xy: 0, xx: 0, yy: 0 };
  for (let row = 0; row < height; row++) {
    const { one, x, xx } = momentsOf(data.subarray(row * width, (row + 1) * width), xs);
    const y = ys.values[row]!;
    sums.one += one;
    sums.x += x;
    sums.y += y * one;
    sums.xy += y * x;
    sums.xx += xx;
    sums.yy += ys.squares[row]! * one;
  }
  // A term that is 0 everywhere, as x is in a picture of one column, takes nothing away.
  const share = (sum: number, norm: number) => (norm > 0 ? sum / norm : 0);
  const rest = data.slice();
  for (let row = 0; row < height; row++) {
    const y = ys.values[row]!;
    const constant =
      share(sums.one, width * height) +
      share(sums.y, width * ys.norm) * y +
      share(sums.yy, width * ys.squaresNorm) * ys.squares[row]!;
    const slope = share(sums.x, height * xs.norm) + share(sums.xy, xs.norm * ys.norm) * y;
    const curve = share(sums.xx, height * xs.squaresNorm);
    takeAway(rest.subarray(row * width, (row + 1) * width), xs, constant, slope, curve);
  }
  return rest;
}

/** Positions along a side, counted from its middle, their squares less the squares' mean, and the norms of both. */
interface Centred {
  readonly values: Float64Array;
  readonly squares: Float64Array;
  readonly norm: number;
  readonly squaresNorm: number;
}

function centred(length: number): Centred {
  const values = Float64Array.from({ length }, (_, i) => i - (length - 1) / 2);
  const squares = values.map((value) => value * value - (length * length - 1) / 12);
  const norm = (all: Float64Array) => all.reduce((sum, value) => sum + value * value, 0);
  return { values, squares, norm: norm(values), squaresNorm: norm(squares) };
}

function momentsOf(row: Float32Array, { values, squares }: Centred) {
  let [one, x, xx] = [0, 0, 0];
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    one += value;
    x += value * values[i]!;
    xx += value * squares[i]!;
  }
  return { one, x, xx };
}

function takeAway(
  row: Float32Array,
  { values, squares }: Centred,
  constant: number,
  slope: number,
  curve: number,
): void {
  for (let i = 0; i < row.length; i++) row[i]! -= constant + slope * values[i]! + curve * squares[i]!;
}

/**
 * The threshold that best parts `values` (0..1) in two classes: the variance between the classes is greatest
 * (Otsu, 1979), found on 256 levels. Values above it are the upper class.
 */
export function otsuThreshold(values: Float32Array): number {
  const histogram = new Uint32Array(256);
  for (let i = 0; i < values.length; i++) histogram[Math.round(values[i]! * 255)]!++;
  return (otsuLevel(histogram, values.length) + 0.5) / 255;
}

/** The level up to which the lower class goes, of a histogram of `all` values. */
export function otsuLevel(histogram: ArrayLike<number>, all: number): number {
  let total = 0;
  for (let level = 0; level < 256; level++) total += level * histogram[level]!;
  let best = 0;
  let result = 0;
  let count = 0;
  let sum = 0;
  for (let level = 0; level < 255; level++) {
    count += histogram[level]!;
    sum += level * histogram[level]!;
    const rest = all - count;
    if (count === 0 || rest === 0) continue;
    const between = count * rest * (sum / count - (total - sum) / rest) ** 2;
    if (between > best) {
      best = between;
      result = level;
    }
  }
  return result;
}

/** Side of the copy on which strokes are told from their surroundings, and the reach of these, pixels. */
const STROKES_SIDE = 256;
const SURROUNDINGS = 32;

/** Skewness of strokes above which they tell, and above which nothing else has to be tried. */
const TELLING_SKEWNESS = 0.3;
const SURE_SKEWNESS = 0.7;

/** Which side of the brightness the ink is on. */
export interface Polarity {
  readonly isInkDark: boolean;
  /** Otherwise the contrary is possible, and worth a try. */
  readonly isSure: boolean;
}

/**
 * Tells whether ink is dark or light on pictures with much around their strokes: the long tail of the brightness, less
 * that of its surroundings, is the strokes', whatever tables and shadows there are; where it is short, as for a digit that
 * fills its picture, {@link isInkDark} judges.
 */
export function inkPolarity(picture: GreyImage | GreyRows): Polarity {
  const look = lookAt(picture);
  const skewness = computed((kernels) => {
    const { width, height, data } = shrink(look, STROKES_SIDE);
    const [grey, rest] = [addressOf(data), kernels.reserve(data.byteLength)];
    kernels.surroundings(grey, width, height, SURROUNDINGS, rest);
    kernels.lessOf(grey, rest, data.length);
    return kernels.skewness(rest, data.length);
  });
  const isDark = Math.abs(skewness) > TELLING_SKEWNESS ? skewness < 0 : isInkDark(look);
  return { isInkDark: isDark, isSure: Math.abs(skewness) > SURE_SKEWNESS };
}
