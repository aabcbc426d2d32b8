import type { Box, GreyImage } from "./picture.ts";

/** A connected piece of ink. */
export interface Component {
  /** The sum of the ink in it, in pixels' worth of full ink. */
  readonly mass: number;
  readonly box: Box;
  /** Its pixels: where each run of ink begins and ends, in turn, top to bottom. Plain numbers: noise has millions. */
  readonly ends: Int32Array;
}

/** Ink without a gap in one row: the pixels `from` .. `to` - 1 of `[height, width]`. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Which pieces are wanted of an image. */
export interface WantedComponents {
  /** The longer side of the smallest, pixels. */
  readonly leastSide?: number;
  /** No more than these, the heaviest first; without it all come, in the order of their first pixels. */
  readonly most?: number;
}

/**
 * Parts the pixels with more than `threshold` ink into pieces that touch at sides or corners: runs of ink in a row
 * are joined with those that they touch in the row above (Rosenfeld and Pfaltz, 1966), so that a pixel is looked at
 * once.
 */
export function connectedComponents(
  image: GreyImage,
  threshold: number,
  { leastSide = 1, most = Infinity }: WantedComponents = {},
): readonly Component[] {
  const runs = runsOfRows(image, threshold);
  const pieces = gathered(runs, rootsOf(runs, image.width), image.width);
  const wanted: number[] = [];
  for (let piece = 0; piece < pieces.count; piece++) {
    const { left, right, top, bottom } = pieces;
    const side = Math.max(right[piece]! - left[piece]!, bottom[piece]! - top[piece]! + 1);
    if (side >= leastSide) wanted.push(piece);
  }
  if (wanted.length > most) {
    wanted.sort((a, b) => pieces.mass[b]! - pieces.mass[a]!);
    wanted.length = most;
  }
  return componentsOf(wanted, pieces, runs);
}

/** All runs of an image, top to bottom and left to right. */
interface Runs {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly mass: Float64Array;
  /** The number of runs before each row; one more than there are rows. */
  readonly before: Int32Array;
}

function runsOfRows({ width, height, data }: GreyImage, threshold: number): Runs {
  const most = (width + 1) >> 1;
  let from = new Int32Array(most + 2 * height);
  let to = new Int32Array(from.length);
  let mass = new Float64Array(from.length);
  const before = new Int32Array(height + 1);
  let count = 0;
  for (let y = 0; y < height; y++) {
    if (count + most > from.length) {
      [from, to, mass] = [longer(from, most), longer(to, most), longerSums(mass, most)];
    }
    count = runsOfRow(data, y * width, (y + 1) * width, threshold, from, to, mass, count);
    before[y + 1] = count;
  }
  return { count, from, to, mass, before };
}

function longer(values: Int32Array, by: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(2 * values.length + by);
  result.set(values);
  return result;
}

function longerSums(values: Float64Array, by: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(2 * values.length + by);
  result.set(values);
  return result;
}

function runsOfRow(
  data: Float32Array,
  begin: number,
  end: number,
  threshold: number,
  from: Int32Array,
  to: Int32Array,
  masses: Float64Array,
  before: number,
): number {
  let count = before;
  for (let i = begin; i < end; i++) {
    if (data[i]! <= threshold) continue;
    from[count] = i;
    let mass = 0;
    for (; i < end && data[i]! > threshold; i++) mass += data[i]!;
    to[count] = i;
    masses[count++] = mass;
  }
  return count;
}

/** For each run the first one that it hangs together with. */
function rootsOf({ count, from, to, before }: Runs, width: number): Int32Array {
  const parents = new Int32Array(count);
  for (let run = 0; run < count; run++) parents[run] = run;
  for (let y = 1; y + 1 < before.length; y++) {
    let first = before[y - 1]!;
    const end = before[y]!;
    for (let run = end; run < before[y + 1]!; run++) {
      // In the row's own columns; corners touch, too.
      while (first < end && to[first]! + width < from[run]!) first++;
      for (let k = first; k < end && from[k]! + width <= to[run]!; k++) join(parents, k, run);
    }
  }
  // Earlier runs have theirs already.
  for (let run = 0; run < count; run++) parents[run] = parents[parents[run]!]!;
  return parents;
}

function rootOf(parents: Int32Array, run: number): number {
  let one = run;
  while (parents[one] !== one) {
    parents[one] = parents[parents[one]!]!; // halves the path for the next who comes
    one = parents[one]!;
  }
  return one;
}

/** The earlier root stays, so that roots come before what they are the root of. */
function join(parents: Int32Array, a: number, b: number): void {
  const rootA = rootOf(parents, a);
  const rootB = rootOf(parents, b);
  if (rootA < rootB) parents[rootB] = rootA;
  else parents[rootA] = rootB;
}

/** What is known of each piece, by its number. */
interface Pieces {
  readonly count: number;
  /** The number of each run's piece. */
  readonly ofRun: Int32Array;
  readonly runs: Int32Array;
  readonly mass: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly top: Int32Array;
  readonly bottom: Int32Array;
}

function gathered(
  { count: all, from, to, mass: masses, before }: Runs,
  roots: Int32Array,
  width: number,
): Pieces {
  const ofRun = new Int32Array(all);
  let count = 0;
  for (let run = 0; run < all; run++) ofRun[run] = roots[run] === run ? count++ : ofRun[roots[run]!]!;
  const [runs, mass] = [new Int32Array(count), new Float64Array(count)];
  const [left, right] = [new Int32Array(count).fill(width), new Int32Array(count)];
  const [top, bottom] = [new Int32Array(count), new Int32Array(count)];
  for (let y = 0; y + 1 < before.length; y++) {
    for (let run = before[y]!; run < before[y + 1]!; run++) {
      const piece = ofRun[run]!;
      if (runs[piece]!++ === 0) top[piece] = y;
      mass[piece]! += masses[run]!;
      left[piece] = Math.min(left[piece]!, from[run]! - y * width);
      right[piece] = Math.max(right[piece]!, to[run]! - y * width);
      bottom[piece] = y;
    }
  }
  return { count, ofRun, runs, mass, left, right, top, bottom };
}

function componentsOf(wanted: readonly number[], pieces: Pieces, { count, from, to }: Runs): Component[] {
  const { ofRun, runs, mass, left, right, top, bottom } = pieces;
  // Where the ends of each wanted piece begin among those of all wanted ones.
  const next = new Int32Array(pieces.count).fill(-1);
  let length = 0;
  for (const piece of wanted) {
    next[piece] = length;
    length += 2 * runs[piece]!;
  }
  const ends = new Int32Array(length);
  for (let run = 0; run < count; run++) {
    const at = next[ofRun[run]!]!;
    if (at < 0) continue;
    ends[at] = from[run]!;
    ends[at + 1] = to[run]!;
    next[ofRun[run]!] = at + 2;
  }
  return wanted.map((piece) => {
    const [x, y] = [left[piece]!, top[piece]!];
    const box = { x, y, width: right[piece]! - x, height: bottom[piece]! - y + 1 };
    return { mass: mass[piece]!, box, ends: ends.subarray(next[piece]! - 2 * runs[piece]!, next[piece]!) };
  });
}
