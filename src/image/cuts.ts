import { unionOf } from "./boxes.ts";
import type { Run } from "./components.ts";
import type { Mark } from "./marks.ts";
import type { GreyImage } from "./picture.ts";

/** Slants that are cut along, pixels to the left for each pixel down: digits stand upright or lean to the right. */
const SLANTS = [0, 0.25, 0.5];

/** Two cuts are further apart than this share of a line's height, and as far from the ends. */
const LEAST_SLICE = 0.25;

/** A cut goes through at most this share of the ink that is typical across the mark. */
const MOST_INK = 0.75;

/** More cuts than this in one mark are not tried. */
const MOST_CUTS = 8;

/**
 * Cuts a mark where touching digits may be parted: where little ink lies across, along the slant that cuts least. Left to
 * right; the mark alone where there is no such place. `height` is the line's.
 */
export function slicesOf(ink: GreyImage, mark: Mark, height: number): Mark[] {
  const reach = Math.max(2, Math.round(LEAST_SLICE * height));
  let best: { slant: number; cuts: number[]; cost: number } | undefined;
  for (const slant of SLANTS) {
    const profile = profileOf(ink, mark, slant);
    const cuts = minimaOf(profile, reach);
    if (cuts.length === 0) continue;
    const cost = cuts.reduce((sum, at) => sum + profile[at]!, 0) / cuts.length;
    if (best === undefined || cost < best.cost) best = { slant, cuts, cost };
  }
  if (best === undefined) return [mark];
  return cutAlong(ink, mark, best.slant, best.cuts);
}

/** Where a pixel is along the profile: its column, moved to what a slanting cut has at the mark's top. */
function columnOf(mark: Mark, slant: number, x: number, y: number): number {
  return Math.round(x - mark.box.x + slant * (y - mark.box.y));
}

/** The ink in each slanted column. */
function profileOf({ width, data }: GreyImage, mark: Mark, slant: number): Float32Array {
  const profile = new Float32Array(mark.box.width + Math.ceil(slant * mark.box.height) + 1);
  for (const { from, to } of mark.runs) {
    const y = Math.floor(from / width);
    const at = columnOf(mark, slant, from - y * width, y);
    for (let i = from; i < to; i++) profile[at + i - from]! += data[i]!;
  }
  return profile;
}

/** Local minima, the lowest first, none nearer to another or to the ends of the ink than `reach`; in their order. */
function minimaOf(profile: Float32Array, reach: number): number[] {
  const first = profile.findIndex((value) => value > 0);
  const last = profile.findLastIndex((value) => value > 0);
  const inked = profile.slice(first, last + 1);
  const typical = inked.slice().sort()[inked.length >> 1] ?? 0;
  const places = [...inked.keys()]
    .map((k) => k + first)
    .filter((at) => at >= first + reach && at <= last - reach && profile[at]! <= MOST_INK * typical)
    .sort((a, b) => profile[a]! - profile[b]!);
  const cuts: number[] = [];
  for (const at of places) {
    if (cuts.length === MOST_CUTS) break;
    if (cuts.every((other) => Math.abs(other - at) >= reach)) cuts.push(at);
  }
  return cuts.sort((a, b) => a - b);
}

function cutAlong({ width, data }: GreyImage, mark: Mark, slant: number, cuts: readonly number[]): Mark[] {
  const slices: Run[][] = Array.from({ length: cuts.length + 1 }, () => []);
  for (const { from, to } of mark.runs) {
    const y = Math.floor(from / width);
    const at = columnOf(mark, slant, from - y * width, y);
    let begin = from;
    for (let k = 0; k <= cuts.length && begin < to; k++) {
      const end = k === cuts.length ? to : Math.min(to, Math.max(begin, from + cuts[k]! - at));
      if (end > begin) slices[k]!.push({ from: begin, to: end });
      begin = end;
    }
  }
  return slices.filter((runs) => runs.length > 0).map((runs) => sliceOf(runs, mark, width, data));
}

function sliceOf(runs: readonly Run[], { level }: Mark, width: number, data: Float32Array): Mark {
  let mass = 0;
  for (const { from, to } of runs) for (let i = from; i < to; i++) mass += data[i]!;
  const box = unionOf(
    runs.map(({ from, to }) => ({
      x: from % width,
      y: Math.floor(from / width),
      width: to - from,
      height: 1,
    })),
  );
  return { mass, box, runs, level };
}
