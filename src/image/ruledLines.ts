import type { GreyImage } from "./picture.ts";

/** Ink above this is looked at. */
const FAINTEST_INK = 0.1;

/** Slopes that lines are looked for in: up to 8 degrees either way, since paper is photographed askew. */
const STEEPEST = 0.14;
const SLOPES = 57;

/** A ruled line is there along at least this share of the picture; a row of digits is not. */
const LEAST_SHARE = 0.3;

/** And in one piece along this share, but for strokes that cross it: the bars of a row of 7s are not. */
const LEAST_STRETCH = 0.1;

/** What is left has at least this share of the ink. */
const LEAST_REST = 0.02;

/** How far from its straight course a line may be, pixels: lenses bend. */
const TOLERANCE = 2;

/** Lines in one direction, at most. */
const MOST_LINES = 120;

/** Places that a stretch of a line may lack, where faint ink fails. */
const GAP = 3;

/** Ink is looked at in about so many places along a line. */
const PLACES = 500;

/**
 * Takes the lines of ruled and squared paper out of the ink, leaving strokes whole that cross them. A line is found as
 * a straight course that thin ink keeps to over much of the picture (Hough, 1962); of a crossing stroke more ink lies
 * across the line than the line is thick, by which it is known (as staff lines are removed from music; Dalitz et al., 2008).
 */
export function withoutRuledLines(ink: GreyImage): GreyImage {
  const { width, height } = ink;
  const across = { data: ink.data, along: width, over: height, stepAlong: 1, stepOver: width };
  const down = { data: ink.data, along: height, over: width, stepAlong: width, stepOver: 1 };
  const lines = [across, down].map((view) => ({ view, lines: findLines(view) }));
  if (lines.every((one) => one.lines.length === 0)) return ink;
  const data = ink.data.slice();
  for (const { view, lines: found } of lines) for (const line of found) erase({ ...view, data }, line);
  // Where next to nothing else is there, it is no paper's line: a thin 1 is one, too.
  const isMoreThanLines = massOf(data) > LEAST_REST * massOf(ink.data);
  return isMoreThanLines ? { width, height, data } : ink;
}

function massOf(data: Float32Array): number {
  let mass = 0;
  for (let i = 0; i < data.length; i++) mass += data[i]!;
  return mass;
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

/** Places with ink across a line's direction that is as thin as a line may be, by rising `x`. */
interface Crossings {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly thickness: Uint8Array;
}

function findLines(view: View): Line[] {
  const step = Math.max(1, Math.floor(view.along / PLACES));
  const places = Math.ceil(view.along / step);
  const least = LEAST_SHARE * places;
  let left = thinCrossings(view, step, places);
  if (left.count < least) return [];
  const lowest = -Math.ceil(STEEPEST * view.along);
  const bins = Math.ceil((view.over - 2 * lowest) / TOLERANCE) + 2;
  const slopes = Float64Array.from({ length: SLOPES }, (_, i) => STEEPEST * ((2 * i) / (SLOPES - 1) - 1));
  const votes = new Uint16Array(SLOPES * bins);
  for (let k = 0; k < left.count; k++) vote(votes, bins, slopes, left.x[k]!, left.y[k]! - lowest, 1);
  const lines: Line[] = [];
  while (lines.length < MOST_LINES && left.count >= least) {
    const best = strongest(votes);
    if (votes[best]! + votes[best + 1]! < least * 0.7) break;
    const slope = slopes[Math.floor(best / bins)]!;
    const at = ((best % bins) + 1) * TOLERANCE + lowest;
    const isNear = closeTo(left, { at, slope, bend: 0, middle: 0 }, 2 * TOLERANCE);
    const line = fitted(chosen(left, isNear, 1));
    const isOwn = closeTo(left, line, TOLERANCE);
    let [covered, last] = [0, -1];
    let [stretch, longest] = [0, 0];
    for (let k = 0; k < left.count; k++) {
      if (isOwn[k] === 1 && left.x[k] !== last) {
        covered++;
        stretch = last >= 0 && left.x[k]! - last <= GAP * step ? stretch + 1 : 1;
        longest = Math.max(longest, stretch);
        last = left.x[k]!;
      }
      if (isOwn[k] === 0 && isNear[k] === 0) continue;
      isOwn[k] = 1;
      vote(votes, bins, slopes, left.x[k]!, left.y[k]! - lowest, -1);
    }
    left = chosen(left, isOwn, 0);
    if (covered >= least && longest >= LEAST_STRETCH * places) lines.push(line);
  }
  return lines;
}

function vote(
  votes: Uint16Array,
  bins: number,
  slopes: Float64Array,
  x: number,
  y: number,
  by: number,
): void {
  for (let i = 0, first = 0; i < slopes.length; i++, first += bins)
    votes[first + Math.floor((y - slopes[i]! * x) / TOLERANCE)]! += by;
}

/** The first of the two bins beside each other with the most votes: two, so that no line falls between. */
function strongest(votes: Uint16Array): number {
  let best = 0;
  let most = 0;
  for (let i = 0; i + 1 < votes.length; i++) {
    const both = votes[i]! + votes[i + 1]!;
    if (both > most) {
      best = i;
      most = both;
    }
  }
  return best;
}

/** 1 for each of the crossings that is no further than `tolerance` from a course. */
function closeTo(
  { count, x, y }: Crossings,
  { at, slope, bend, middle }: Omit<Line, "thickness">,
  tolerance: number,
): Uint8Array {
  const close = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const aside = x[k]! - middle;
    if (Math.abs(y[k]! - at - slope * x[k]! - bend * aside * aside) <= tolerance) close[k] = 1;
  }
  return close;
}

/** The crossings that are marked with `mark`. */
function chosen(all: Crossings, marks: Uint8Array, mark: number): Crossings {
  const [x, y] = [new Float64Array(all.count), new Float64Array(all.count)];
  const thickness = new Uint8Array(all.count);
  let count = 0;
  for (let k = 0; k < all.count; k++) {
    if (marks[k] !== mark) continue;
    x[count] = all.x[k]!;
    y[count] = all.y[k]!;
    thickness[count++] = all.thickness[k]!;
  }
  return { count, x, y, thickness };
}

function thinCrossings(view: View, step: number, places: number): Crossings {
  const { along, over } = view;
  const thickest = Math.max(3, Math.min(10, Math.round(along / 200)));
  const isInk = inkAtPlaces(view, step, places);
  const x: number[] = [];
  const y: number[] = [];
  const thickness: number[] = [];
  for (let place = 0; place < places; place++) {
    const end = (place + 1) * over;
    for (let at = place * over; at < end; at++) {
      if (isInk[at] === 0) continue;
      const from = at;
      while (at < end && isInk[at] === 1) at++;
      if (at - from > thickest) continue;
      x.push(place * step);
      y.push((from + at - 1) / 2 - place * over);
      thickness.push(at - from);
    }
  }
  const count = x.length;
  return { count, x: Float64Array.from(x), y: Float64Array.from(y), thickness: Uint8Array.from(thickness) };
}

/** [places, over], 1 where there is ink: read in the image's order, since memory is slow to jump about in. */
function inkAtPlaces({ data, over, stepAlong, stepOver }: View, step: number, places: number): Uint8Array {
  const isInk = new Uint8Array(places * over);
  if (stepOver === 1) {
    for (let place = 0; place < places; place++)
      markInk(isInk, place * over, 1, data, place * step * stepAlong, 1, over);
  } else {
    for (let y = 0; y < over; y++) markInk(isInk, y, over, data, y * stepOver, step, places);
  }
  return isInk;
}

function markInk(
  isInk: Uint8Array,
  to: number,
  stepTo: number,
  data: Float32Array,
  from: number,
  stepFrom: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) if (data[from + k * stepFrom]! > FAINTEST_INK) isInk[to + k * stepTo] = 1;
}

/** A parabola by least squares; the terms 1, x and x^2 about the middle are taken one after another. */
function fitted({ count: n, x, y, thickness }: Crossings): Line {
  let middle = 0;
  for (let k = 0; k < n; k++) middle += x[k]!;
  middle /= n;
  let [sy, s2, s3, s4, sxy, sxxy] = [0, 0, 0, 0, 0, 0];
  for (let k = 0; k < n; k++) {
    const u = x[k]! - middle;
    const square = u * u;
    sy += y[k]!;
    s2 += square;
    s3 += square * u;
    s4 += square * square;
    sxy += u * y[k]!;
    sxxy += square * y[k]!;
  }
  const mean = sy / n;
  // u^2, freed of its mean and of what u explains.
  const lean = s2 > 0 ? s3 / s2 : 0;
  const norm = s4 - (s2 * s2) / n - lean * s3;
  const bend = norm > 1e-6 * s4 ? (sxxy - (s2 * sy) / n - lean * sxy) / norm : 0;
  const slope = s2 > 0 ? sxy / s2 - bend * lean : 0;
  return {
    at: mean - (bend * s2) / n - slope * middle,
    slope,
    bend,
    middle,
    thickness: thickness.slice(0, n).sort()[Math.floor(0.75 * n)]!,
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
