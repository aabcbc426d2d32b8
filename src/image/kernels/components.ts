import { f32At, i32At, mark, release, reserve, setI32 } from "./arena";
import { notAbove } from "./vector";

// Runs of ink in a row are joined with those that they touch in the row above (Rosenfeld and Pfaltz, 1966), so that a pixel
// is looked at once. A run is the pixels `from` .. `to` - 1.

/** The pieces of an image's ink that are large enough, in the order of their first pixels, each value in an array. */
// @ts-ignore: decorator
@unmanaged
export class Pieces {
  count: i32;
  runs: i32;
  /** i32[runs], top to bottom. */
  from: usize;
  to: usize;
  /** i32[runs]: the number of each run's piece; -1 where that is too small. */
  ofRun: usize;
  /** f64[count]: the ink in each piece. */
  mass: usize;
  /** i32[count]: how many runs each has. */
  runsOf: usize;
  /** i32[count]: boxes; `right` and `bottom` are the first pixels beyond. */
  left: usize;
  top: usize;
  right: usize;
  bottom: usize;
}

/** Parts the pixels with more than `threshold` ink into pieces that touch at sides or corners, the longer side `leastSide` at least. */
export function pieces(image: usize, width: i32, height: i32, threshold: f64, leastSide: i32): Pieces {
  const bound = notAbove(threshold);
  const result = changetype<Pieces>(reserve(offsetof<Pieces>()));
  const runs = countRuns(image, width, height, bound);
  const bytes = <usize>runs << 2;
  result.runs = runs;
  result.from = reserve(bytes);
  result.to = reserve(bytes);
  result.ofRun = reserve(bytes);
  findRuns(image, width, height, bound, result);
  const count = number(result);
  boxes(result, width, count, leastSide);
  measure(result, image);
  return result;
}

function countRuns(image: usize, width: i32, height: i32, bound: f32): i32 {
  const bounds = f32x4.splat(bound);
  let count = 0;
  for (let y = 0; y < height; y++) {
    let at = image + (<usize>(y * width) << 2);
    const end = at + (<usize>width << 2);
    let before = 0;
    // Runs begin where a pixel is ink and the one before is not.
    for (; at + 16 <= end; at += 16) {
      const ink = i32x4.bitmask(f32x4.gt(v128.load(at), bounds));
      count += popcnt(ink & ~((ink << 1) | before));
      before = (ink >> 3) & 1;
    }
    for (; at < end; at += 4) {
      const ink = i32(load<f32>(at) > bound);
      count += ink & ~before;
      before = ink;
    }
  }
  return count;
}

/** Fills the runs and joins each with those above it that it touches: then `ofRun` leads to earlier runs of its piece. */
function findRuns(image: usize, width: i32, height: i32, bound: f32, all: Pieces): void {
  const bounds = f32x4.splat(bound);
  const from = all.from;
  const to = all.to;
  let count = 0;
  let above = 0;
  for (let y = 0; y < height; y++) {
    const first = count;
    const begin = y * width;
    const end = begin + width;
    for (let i = begin; i < end; ) {
      if (i + 4 <= end && !v128.any_true(f32x4.gt(v128.load(image + (<usize>i << 2)), bounds))) {
        i += 4;
        continue;
      }
      if (f32At(image, i) <= bound) {
        i++;
        continue;
      }
      setI32(from, count, i);
      while (i < end && f32At(image, i) > bound) i++;
      setI32(to, count, i);
      setI32(all.ofRun, count, count);
      // In the row's own columns; corners touch, too.
      while (above < first && i32At(to, above) + width < i32At(from, count)) above++;
      for (let k = above; k < first && i32At(from, k) + width <= i; k++) join(all.ofRun, k, count);
      count++;
    }
    above = first;
  }
}

function rootOf(parents: usize, run: i32): i32 {
  let one = run;
  let parent = i32At(parents, one);
  while (parent != one) {
    const next = i32At(parents, parent);
    setI32(parents, one, next); // halves the path for the next who comes
    one = next;
    parent = i32At(parents, one);
  }
  return one;
}

/** The earlier root stays, so that roots come before what they are the root of. */
function join(parents: usize, a: i32, b: i32): void {
  const rootA = rootOf(parents, a);
  const rootB = rootOf(parents, b);
  if (rootA < rootB) setI32(parents, rootB, rootA);
  else setI32(parents, rootA, rootB);
}

/** Numbers all pieces; how many there are. */
function number(all: Pieces): i32 {
  const ofRun = all.ofRun;
  let count = 0;
  for (let run = 0; run < all.runs; run++) {
    // Earlier runs have their numbers already.
    const parent = i32At(ofRun, run);
    setI32(ofRun, run, parent == run ? count++ : i32At(ofRun, parent));
  }
  return count;
}

/** Fills the boxes of the pieces that are large enough, and numbers these anew. */
function boxes(all: Pieces, width: i32, count: i32, leastSide: i32): void {
  const bytes = <usize>count << 2;
  const left = reserve(bytes);
  const right = reserve(bytes);
  const top = reserve(bytes);
  const bottom = reserve(bytes);
  for (let piece = 0; piece < count; piece++) {
    setI32(left, piece, width);
    setI32(right, piece, 0);
    setI32(bottom, piece, 0);
  }
  let y = 0;
  for (let run = 0; run < all.runs; run++) {
    const from = i32At(all.from, run);
    while (from >= (y + 1) * width) y++;
    const piece = i32At(all.ofRun, run);
    if (i32At(bottom, piece) == 0) setI32(top, piece, y);
    setI32(left, piece, min(i32At(left, piece), from - y * width));
    setI32(right, piece, max(i32At(right, piece), i32At(all.to, run) - y * width));
    setI32(bottom, piece, y + 1);
  }
  let wanted = 0;
  const renumbered = reserve(bytes);
  for (let piece = 0; piece < count; piece++) {
    const side = max(
      i32At(right, piece) - i32At(left, piece),
      i32At(bottom, piece) - i32At(top, piece),
    );
    if (side < leastSide) {
      setI32(renumbered, piece, -1);
      continue;
    }
    setI32(renumbered, piece, wanted);
    setI32(left, wanted, i32At(left, piece));
    setI32(right, wanted, i32At(right, piece));
    setI32(top, wanted, i32At(top, piece));
    setI32(bottom, wanted, i32At(bottom, piece));
    wanted++;
  }
  for (let run = 0; run < all.runs; run++)
    setI32(all.ofRun, run, i32At(renumbered, i32At(all.ofRun, run)));
  all.count = wanted;
  all.left = left;
  all.right = right;
  all.top = top;
  all.bottom = bottom;
}

/** Counts each piece's runs and ink. */
function measure(all: Pieces, image: usize): void {
  const mass = reserve(<usize>all.count << 3);
  const runsOf = reserve(<usize>all.count << 2);
  memory.fill(mass, 0, <usize>all.count << 3);
  memory.fill(runsOf, 0, <usize>all.count << 2);
  for (let run = 0; run < all.runs; run++) {
    const piece = i32At(all.ofRun, run);
    if (piece < 0) continue;
    let own: f64 = 0;
    for (let i = i32At(all.from, run); i < i32At(all.to, run); i++) own += <f64>f32At(image, i);
    const at = mass + (<usize>piece << 3);
    store<f64>(at, load<f64>(at) + own);
    setI32(runsOf, piece, i32At(runsOf, piece) + 1);
  }
  all.mass = mass;
  all.runsOf = runsOf;
}

/**
 * Writes where the runs of some pieces begin and end, in turn. `next`, i32[pieces.count], says where the ends of each
 * begin, counted in numbers; -1 for those that are not wanted. It says where they end afterwards.
 */
export function endsOf(all: Pieces, next: usize, ends: usize): void {
  for (let run = 0; run < all.runs; run++) {
    const piece = i32At(all.ofRun, run);
    if (piece < 0) continue;
    const at = i32At(next, piece);
    if (at < 0) continue;
    setI32(ends, at, i32At(all.from, run));
    setI32(ends, at + 1, i32At(all.to, run));
    setI32(next, piece, at + 2);
  }
}

/**
 * Copies an image without its pieces of less than `leastShare` of the heaviest piece's ink. The address of the box around
 * the others, i32[4], left, top, right, bottom; left is beyond right where nothing is there.
 */
export function largePieces(image: usize, width: i32, height: i32, leastShare: f64, result: usize): usize {
  const box = reserve(16);
  const before = mark();
  const all = pieces(image, width, height, 0, 1);
  let most: f64 = 0;
  for (let piece = 0; piece < all.count; piece++)
    most = max(most, load<f64>(all.mass + (<usize>piece << 3)));
  const least = leastShare * most;
  setI32(box, 0, width);
  setI32(box, 1, height);
  setI32(box, 2, 0);
  setI32(box, 3, 0);
  for (let piece = 0; piece < all.count; piece++) {
    if (load<f64>(all.mass + (<usize>piece << 3)) < least) continue;
    setI32(box, 0, min(i32At(box, 0), i32At(all.left, piece)));
    setI32(box, 1, min(i32At(box, 1), i32At(all.top, piece)));
    setI32(box, 2, max(i32At(box, 2), i32At(all.right, piece)));
    setI32(box, 3, max(i32At(box, 3), i32At(all.bottom, piece)));
  }
  memory.copy(result, image, (<usize>width * height) << 2);
  for (let run = 0; run < all.runs; run++) {
    if (load<f64>(all.mass + (<usize>i32At(all.ofRun, run) << 3)) >= least) continue;
    const from = <usize>i32At(all.from, run) << 2;
    memory.fill(result + from, 0, (<usize>i32At(all.to, run) << 2) - from);
  }
  release(before);
  return box;
}
