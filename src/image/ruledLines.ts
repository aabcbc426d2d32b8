import type { GreyImage } from "./picture.ts";

/** Ink above this is looked at. */
const FAINTEST_INK = 0.1;

/** Slopes that lines are looked for in: up to 8 degrees either way, since paper is photographed askew. */
const STEEPEST = 0.14;
const SLOPES = 57;

/** A ruled line is there along at least this share of the picture; a row of digits is not. */
const LEAST_SHARE = 0.3;

/** How far from its straight course a line may be, pixels: lenses bend. */
const TOLERANCE = 2;

/** Lines in one direction, at most. */
const MOST_LINES = 120;

/** Ink is looked at in about so many places along a line. */
const PLACES = 500;

/**
 * Takes the lines of ruled and squared paper out of the ink, leaving strokes whole that cross them. A line is found as
 * a straight course that thin ink keeps to over much of the picture (Hough, 1962); of a crossing stroke more ink lies
 * across the line than the line is thick, by which it is known (as staff lines are removed from music; Dalitz et al., 2008).
 */
export function withoutRuledLines(ink: GreyImage): GreyImage {
  const { width, height } = ink;
  const data = ink.data.slice();
  const across = { data, along: width, over: height, stepAlong: 1, stepOver: width };
  const down = { data, along: height, over: width, stepAlong: width, stepOver: 1 };
  const lines = [across, down].map((view) => ({ view, lines: findLines(view) }));
  if (lines.every((one) => one.lines.length === 0)) return ink;
  for (const { view, lines: found } of lines) for (const line of found) erase(view, line);
  return { width, height, data };
}

/** An image as lines run through it: `along` them and `over` them. */
interface View {
  readonly data: Float32Array;
  readonly along: number;
  readonly over: number;
  readonly stepAlong: number;
  readonly stepOver: number;
}

/** At `x` along it, its middle is at `at` + `slope` * x + `bend` * (x - `middle`)^2. */
interface Line {
  readonly at: number;
  readonly slope: number;
  readonly bend: number;
  readonly middle: number;
  readonly thickness: number;
}

function middleOf({ at, slope, bend, middle }: Line, x: number): number {
  return at + slope * x + bend * (x - middle) ** 2;
}

/** Ink across a line's direction, as thin as a line may be. */
interface Crossing {
  readonly x: number;
  readonly y: number;
  readonly thickness: number;
}

function findLines(view: View): Line[] {
  const step = Math.max(1, Math.floor(view.along / PLACES));
  const crossings = thinCrossings(view, step);
  const places = Math.ceil(view.along / step);
  const least = LEAST_SHARE * places;
  if (crossings.length < least) return [];
  const lowest = -Math.ceil(STEEPEST * view.along);
  const bins = Math.ceil((view.over - 2 * lowest) / TOLERANCE) + 2;
  const votes = new Uint16Array(SLOPES * bins);
  const slopes = Float64Array.from({ length: SLOPES }, (_, i) => STEEPEST * ((2 * i) / (SLOPES - 1) - 1));
  const vote = ({ x, y }: Crossing, by: number): void => {
    for (let i = 0; i < SLOPES; i++)
      votes[i * bins + Math.floor((y - slopes[i]! * x - lowest) / TOLERANCE)]! += by;
  };
  for (const crossing of crossings) vote(crossing, 1);
  const lines: Line[] = [];
  let left = crossings;
  while (lines.length < MOST_LINES && left.length >= least) {
    // Two bins beside each other, so that no line falls between.
    let best = 0;
    let most = 0;
    for (let i = 0; i + 1 < votes.length; i++) {
      const both = votes[i]! + votes[i + 1]!;
      if (both > most) [best, most] = [i, both];
    }
    if (most < least * 0.7) break;
    const slope = slopes[Math.floor(best / bins)]!;
    const at = ((best % bins) + 1) * TOLERANCE + lowest;
    const near = left.filter(({ x, y }) => Math.abs(y - at - slope * x) <= 2 * TOLERANCE);
    const line = fitted(near);
    const own = left.filter(({ x, y }) => Math.abs(y - middleOf(line, x)) <= TOLERANCE);
    const gone = new Set([...own, ...near]);
    for (const crossing of gone) vote(crossing, -1);
    left = left.filter((crossing) => !gone.has(crossing));
    if (new Set(own.map(({ x }) => x)).size >= least) lines.push(line);
  }
  return lines;
}

function thinCrossings({ data, along, over, stepAlong, stepOver }: View, step: number): Crossing[] {
  const thickest = Math.max(3, Math.min(10, Math.round(along / 200)));
  const crossings: Crossing[] = [];
  for (let x = 0; x < along; x += step) {
    const begin = x * stepAlong;
    for (let y = 0; y < over; y++) {
      if (data[begin + y * stepOver]! <= FAINTEST_INK) continue;
      const from = y;
      while (y < over && data[begin + y * stepOver]! > FAINTEST_INK) y++;
      const thickness = y - from;
      if (thickness <= thickest) crossings.push({ x, y: (from + y - 1) / 2, thickness });
    }
  }
  return crossings;
}

/** A parabola by least squares; the terms 1, x and x^2 about the middle are taken one after another. */
function fitted(crossings: readonly Crossing[]): Line {
  const n = crossings.length;
  const middle = crossings.reduce((sum, { x }) => sum + x, 0) / n;
  let [sy, s2, s3, s4, sxy, sxxy] = [0, 0, 0, 0, 0, 0];
  for (const { x, y } of crossings) {
    const u = x - middle;
    sy += y;
    s2 += u * u;
    s3 += u ** 3;
    s4 += u ** 4;
    sxy += u * y;
    sxxy += u * u * y;
  }
  const mean = sy / n;
  // u^2, freed of its mean and of what u explains.
  const lean = s2 > 0 ? s3 / s2 : 0;
  const norm = s4 - (s2 * s2) / n - lean * s3;
  const bend = norm > 1e-6 * s4 ? (sxxy - (s2 * sy) / n - lean * sxy) / norm : 0;
  const slope = s2 > 0 ? sxy / s2 - bend * lean : 0;
  const sorted = crossings.map(({ thickness }) => thickness).sort((a, b) => a - b);
  return {
    at: mean - (bend * s2) / n - slope * middle,
    slope,
    bend,
    middle,
    thickness: sorted[Math.floor(0.75 * n)]!,
  };
}

function erase({ data, along, over, stepAlong, stepOver }: View, line: Line): void {
  const { thickness } = line;
  const reach = Math.ceil(thickness / 2);
  for (let x = 0; x < along; x++) {
    const middle = Math.round(middleOf(line, x));
    const begin = x * stepAlong;
    for (let y = Math.max(0, middle - reach); y <= Math.min(over - 1, middle + reach); y++) {
      if (data[begin + y * stepOver]! === 0) continue;
      let from = y;
      while (from > 0 && data[begin + (from - 1) * stepOver]! > 0) from--;
      let to = y;
      while (to < over && data[begin + to * stepOver]! > 0) to++;
      const isAlone = Math.abs((from + to - 1) / 2 - middle) <= thickness / 2 + 1;
      if (to - from <= thickness + 2 && isAlone)
        for (let k = from; k < to; k++) data[begin + k * stepOver] = 0;
      y = to;
    }
  }
}
