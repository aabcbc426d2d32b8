import { f32At, f64At, i32At, mark, release, reserve, setF64, setI32 } from "./arena";
import { copyChosen, Crossings, crossings, thinCrossings, View, viewOf } from "./crossings";

/** Slopes that lines are looked for in: up to 8 degrees either way, since paper is photographed askew. */
const STEEPEST: f64 = 0.14;
const SLOPES = 57;

/** A ruled line is there along at least this share of the picture; a row of digits is not. */
const LEAST_SHARE: f64 = 0.3;

/** And in one piece along this share, but for strokes that cross it: the bars of a row of 7s are not. */
const LEAST_STRETCH: f64 = 0.1;

/** How far from its straight course a line may be, pixels: lenses bend. */
const TOLERANCE: f64 = 2;

/** Lines in one direction, at most. */
const MOST_LINES = 120;

/** Places that a stretch of a line may lack, where faint ink fails. */
const GAP = 3;

/** More courses than this that are no lines are hatching, or grain: paper has a dozen. */
const MOST_OTHERS = 60;

/** At `x` along it, its middle is at `at` + `slope` * x + `bend` * (x - `middle`)^2. */
// @ts-ignore: decorator
@unmanaged
class Line {
  at: f64;
  slope: f64;
  bend: f64;
  middle: f64;
  thickness: i32;
}

/** Lines that were found. */
// @ts-ignore: decorator
@unmanaged
class Lines {
  view: View;
  count: i32;
  /** Line[MOST_LINES] */
  all: usize;
}

/** What `ruledLines` gives for a texture. */
const TEXTURE: usize = 1;

/**
 * The lines across an image of ink and those down it, for `eraseLines`; 0 where there are none, 1 where the ink is a texture
 * that nothing can be written on.
 */
export function ruledLines(ink: usize, width: i32, height: i32): usize {
  const both = reserve(sizeof<usize>() * 2);
  const across = viewOf(ink, width, height, 1, width);
  const down = viewOf(ink, height, width, width, 1);
  const acrossCrossings = thinCrossings(across);
  const downCrossings = thinCrossings(down);
  if (isTexture(across, acrossCrossings) || isTexture(down, downCrossings)) return TEXTURE;
  const acrossLines = findLines(across, acrossCrossings);
  const downLines = findLines(down, downCrossings);
  store<usize>(both, changetype<usize>(acrossLines));
  store<usize>(both + sizeof<usize>(), changetype<usize>(downLines));
  return acrossLines.count + downLines.count > 0 ? both : 0;
}

/**
 * Whether thin ink is all over a large image. Digits of so many strokes are more than are looked at, or too small; pages have
 * one in 30 pixels at most.
 */
function isTexture(view: View, all: Crossings): bool {
  const pixels = <f64>view.along * <f64>view.over;
  return pixels > 1e6 && <f64>all.count * 16 > <f64>view.places * <f64>view.over;
}

/** Takes what `ruledLines` found out of a copy of the image. */
export function eraseLines(both: usize, copy: usize): void {
  for (let i = 0; i < 2; i++) {
    const lines = changetype<Lines>(load<usize>(both + sizeof<usize>() * i));
    lines.view.data = copy;
    for (let k = 0; k < lines.count; k++)
      erase(lines.view, changetype<Line>(lines.all + offsetof<Line>() * k));
  }
}

/** The sum of `count` values. */
export function sum(values: usize, count: i32): f64 {
  let all: f64 = 0;
  for (let i = 0; i < count; i++) all += <f64>f32At(values, i);
  return all;
}

function findLines(view: View, left: Crossings): Lines {
  const lines = changetype<Lines>(reserve(offsetof<Lines>()));
  lines.view = view;
  lines.count = 0;
  lines.all = reserve(offsetof<Line>() * MOST_LINES);
  const before = mark();
  const least = LEAST_SHARE * <f64>view.places;
  if (<f64>left.count >= least) choose(lines, left, least);
  release(before);
  return lines;
}

/** Takes the course with the most crossings for a line again and again, as long as these are enough. */
function choose(lines: Lines, left: Crossings, least: f64): void {
  const view = lines.view;
  const step = view.step;
  const places = view.places;
  const lowest = -ceil(STEEPEST * <f64>view.along);
  const bins = <i32>ceil((<f64>view.over - 2 * lowest) / TOLERANCE) + 2;
  const slopes = reserve(SLOPES << 3);
  for (let i = 0; i < SLOPES; i++) setF64(slopes, i, STEEPEST * (<f64>(2 * i) / (SLOPES - 1) - 1));
  const votes = reserve((SLOPES * bins) << 1);
  memory.fill(votes, 0, (SLOPES * bins) << 1);
  for (let k = 0; k < left.count; k++)
    vote(votes, bins, slopes, f64At(left.x, k), f64At(left.y, k) - lowest, 1);
  const near = crossings(left.count);
  const isNear = reserve(left.count);
  const isOwn = reserve(left.count);
  const course = changetype<Line>(reserve(offsetof<Line>()));
  let others = 0;
  while (lines.count < MOST_LINES && others < MOST_OTHERS && <f64>left.count >= least) {
    const best = strongest(votes, SLOPES * bins);
    if (<f64>(votesAt(votes, best) + votesAt(votes, best + 1)) < least * 0.7) break;
    course.slope = f64At(slopes, best / bins);
    course.at = <f64>((best % bins) + 1) * TOLERANCE + lowest;
    course.bend = 0;
    course.middle = 0;
    closeTo(left, course, 2 * TOLERANCE, isNear);
    copyChosen(left, isNear, 1, near);
    const line = changetype<Line>(lines.all + offsetof<Line>() * lines.count);
    fit(near, line);
    closeTo(left, line, TOLERANCE, isOwn);
    let covered = 0;
    let last: f64 = -1;
    let stretch = 0;
    let longest = 0;
    for (let k = 0; k < left.count; k++) {
      const x = f64At(left.x, k);
      if (load<u8>(isOwn + k) == 1 && x != last) {
        covered++;
        stretch = last >= 0 && x - last <= <f64>(GAP * step) ? stretch + 1 : 1;
        longest = max(longest, stretch);
        last = x;
      }
      if (load<u8>(isOwn + k) == 0 && load<u8>(isNear + k) == 0) continue;
      store<u8>(isOwn + k, 1);
      vote(votes, bins, slopes, x, f64At(left.y, k) - lowest, -1);
    }
    copyChosen(left, isOwn, 0, left);
    if (<f64>covered >= least && <f64>longest >= LEAST_STRETCH * <f64>places) lines.count++;
    else others++;
  }
}

function vote(votes: usize, bins: i32, slopes: usize, x: f64, y: f64, by: i32): void {
  for (let i = 0; i < SLOPES; i++, votes += bins << 1) {
    const at = votes + (<usize>(<i32>floor((y - f64At(slopes, i) * x) / TOLERANCE)) << 1);
    store<u16>(at, load<u16>(at) + by);
  }
}

// @ts-ignore: decorator
@inline
function votesAt(votes: usize, index: i32): i32 {
  return load<u16>(votes + (<usize>index << 1));
}

/** The first of the two bins beside each other with the most votes: two, so that no line falls between. */
function strongest(votes: usize, count: i32): i32 {
  let best = 0;
  let most = 0;
  for (let i = 0; i + 1 < count; ) {
    // Eight sums at once: few are more than the most so far. They stay below 2^16, since places do.
    if (i + 8 < count) {
      const at = votes + (<usize>i << 1);
      const sums = i16x8.add_sat_u(v128.load(at), v128.load(at, 2));
      if (!v128.any_true(v128.xor(i16x8.max_u(sums, i16x8.splat(<i16>most)), i16x8.splat(<i16>most)))) {
        i += 8;
        continue;
      }
    }
    const end = min(count - 1, i + 8);
    for (; i < end; i++) {
      const both = votesAt(votes, i) + votesAt(votes, i + 1);
      if (both > most) {
        best = i;
        most = both;
      }
    }
  }
  return best;
}

/** Marks each of the crossings with 1 that is no further than `tolerance` from a course, others with 0. */
function closeTo(all: Crossings, course: Line, tolerance: f64, close: usize): void {
  for (let k = 0; k < all.count; k++) {
    const x = f64At(all.x, k);
    const aside = x - course.middle;
    const off = f64At(all.y, k) - course.at - course.slope * x - course.bend * aside * aside;
    store<u8>(close + k, u8(abs(off) <= tolerance));
  }
}

/** A parabola by least squares; the terms 1, x and x^2 about the middle are taken one after another. */
function fit(all: Crossings, line: Line): void {
  const count = all.count;
  const n = <f64>count;
  let middle: f64 = 0;
  for (let k = 0; k < count; k++) middle += f64At(all.x, k);
  middle /= n;
  let sy: f64 = 0;
  let s2: f64 = 0;
  let s3: f64 = 0;
  let s4: f64 = 0;
  let sxy: f64 = 0;
  let sxxy: f64 = 0;
  for (let k = 0; k < count; k++) {
    const u = f64At(all.x, k) - middle;
    const y = f64At(all.y, k);
    const square = u * u;
    sy += y;
    s2 += square;
    s3 += square * u;
    s4 += square * square;
    sxy += u * y;
    sxxy += square * y;
  }
  const mean = sy / n;
  // u^2, freed of its mean and of what u explains.
  const lean = s2 > 0 ? s3 / s2 : 0;
  const norm = s4 - (s2 * s2) / n - lean * s3;
  const bend = norm > 1e-6 * s4 ? (sxxy - (s2 * sy) / n - lean * sxy) / norm : 0;
  const slope = s2 > 0 ? sxy / s2 - bend * lean : 0;
  line.at = mean - (bend * s2) / n - slope * middle;
  line.slope = slope;
  line.bend = bend;
  line.middle = middle;
  line.thickness = typicalThickness(all);
}

/** The thickness that three quarters of the crossings do not surpass. */
function typicalThickness(all: Crossings): i32 {
  const counts = reserve(256 << 2);
  memory.fill(counts, 0, 256 << 2);
  for (let k = 0; k < all.count; k++) {
    const thickness = load<u8>(all.thickness + k);
    setI32(counts, thickness, i32At(counts, thickness) + 1);
  }
  let rank = <i32>(0.75 * <f64>all.count);
  let thickness = 0;
  while (thickness < 255 && rank >= i32At(counts, thickness)) rank -= i32At(counts, thickness++);
  release(counts);
  return thickness;
}

/** Takes a line out, but where more ink lies across it than it is thick: there a stroke crosses. */
function erase(view: View, line: Line): void {
  const data = view.data;
  const over = view.over;
  const step = <usize>view.stepOver << 2;
  const thickness = line.thickness;
  const reach = (thickness + 1) >> 1;
  const thickest = thickness + 2;
  for (let x = 0; x < view.along; x++) {
    const aside = <f64>x - line.middle;
    const middle = <i32>floor(line.at + line.slope * <f64>x + line.bend * (aside * aside) + 0.5);
    const begin = data + (<usize>(x * view.stepAlong) << 2);
    const last = min(over - 1, middle + reach);
    for (let y = max(0, middle - reach); y <= last; y++) {
      if (load<f32>(begin + <usize>y * step) == 0) continue;
      // No more of it than tells whether it is thin: ink may go on for long.
      let from = y;
      while (from > 0 && y - from <= thickest && load<f32>(begin + <usize>(from - 1) * step) > 0) from--;
      let to = y;
      while (to < over && to - from <= thickest && load<f32>(begin + <usize>to * step) > 0) to++;
      const off = abs(<f64>(from + to - 1) / 2 - <f64>middle);
      if (to - from <= thickest && off <= <f64>thickness / 2 + 1) {
        for (let k = from; k < to; k++) store<f32>(begin + <usize>k * step, 0);
      } else {
        while (to <= last && load<f32>(begin + <usize>to * step) > 0) to++;
      }
      y = to;
    }
  }
}
