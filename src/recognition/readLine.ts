import { distanceOf, unionOf } from "../image/boxes.ts";
import { inkDistance, type Mark } from "../image/marks.ts";
import { median } from "../image/medians.ts";
import type { Candidate } from "./candidate.ts";

/** A piece of a line: a mark, or a slice of one. */
export interface Piece {
  readonly mark: Mark;
  /** The mark that it was cut from, and all its slices; itself where it is whole. */
  readonly whole: Mark;
  readonly slices: readonly Mark[];
}

/** Consecutive pieces of a line, from `from` up to `to`, that may be one digit. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly pieces: readonly Piece[];
  /** Its ink: the pieces', or the whole mark where it has all of its slices. */
  readonly marks: readonly Mark[];
}

/** A {@link Segment} that was classified. */
export interface ReadSegment extends Segment {
  readonly candidate: Candidate;
  /** How probable it is that this is one digit, and neither a part of one nor several. */
  readonly one: number;
}

/** No digit is made of more pieces, but for a mark that was cut into more. */
const MOST_PIECES = 5;

/** All that may be one digit among the pieces of a line whose digits are `height` high. */
export function segmentsOf(pieces: readonly Piece[], height: number): Segment[] {
  const segments: Segment[] = [];
  for (let from = 0; from < pieces.length; from++) {
    const { slices } = pieces[from]!;
    const most = slices[0] === pieces[from]!.mark ? Math.max(MOST_PIECES, slices.length) : MOST_PIECES;
    for (let to = from + 1; to <= Math.min(pieces.length, from + most); to++) {
      const some = pieces.slice(from, to);
      if (some.length > MOST_PIECES && some.length < slices.length) continue;
      if (some.length > 1 && !mayBeOne(some, height)) continue;
      segments.push({ from, to, pieces: some, marks: marksOf(some) });
    }
  }
  return segments;
}

function marksOf(pieces: readonly Piece[]): Mark[] {
  const { whole, slices } = pieces[0]!;
  const isWhole = pieces.length === slices.length && pieces.every((piece) => piece.whole === whole);
  return isWhole ? [whole] : pieces.map(({ mark }) => mark);
}

function mayBeOne(pieces: readonly Piece[], height: number): boolean {
  const box = unionOf(pieces.map(({ mark }) => mark.box));
  const isOfOne = pieces.every(({ whole }) => whole === pieces[0]!.whole);
  if (!isOfOne && pieces.some(({ slices }) => slices.length > 1)) return false;
  if (!isOfOne && (box.width > 1.5 * height || box.height > 1.7 * height)) return false;
  return pieces.every(({ mark }) =>
    pieces.some(({ mark: other }) => other !== mark && distanceOf(mark.box, other.box) < 0.3 * height),
  );
}

/**
 * The most probable way to part a line into digits, by dynamic programming over its pieces from left to right: each is a
 * digit's, with or without its neighbours, or is dropped. Scores are log probabilities: the network's, and judgements of
 * sizes and gaps, tuned on composed pages.
 *
 * @param width of the image that the pieces are from.
 */
export function readLine(
  pieces: readonly Piece[],
  segments: readonly ReadSegment[],
  height: number,
  width: number,
): ReadSegment[] {
  interface Step {
    readonly score: number;
    readonly before?: Step;
    readonly segment?: ReadSegment;
  }
  const mass = median(pieces.map(({ mark }) => mark.mass));
  const best: Step[] = [{ score: 0 }];
  for (let to = 1; to <= pieces.length; to++) {
    const last = best[to - 1]!;
    let step: Step = { score: last.score - costToDrop(pieces[to - 1]!, mass, height), before: last };
    for (const segment of segments) {
      if (segment.to !== to) continue;
      const before = best[segment.from]!;
      const score = before.score + scoreOf(segment, height, width) - costToCut(pieces, segment);
      if (score > step.score) step = { score, before, segment };
    }
    best.push(step);
  }
  const path: ReadSegment[] = [];
  for (let step: Step | undefined = best.at(-1); step; step = step.before)
    if (step.segment) path.push(step.segment);
  return path.reverse();
}

/** The larger a piece is, the less likely it is a speck. */
function costToDrop({ mark }: Piece, mass: number, height: number): number {
  const isHigh = Math.min(1, mark.box.height / height);
  const isHeavy = Math.min(1, (2 * mark.mass) / mass + 0.1);
  return 0.3 + 8 * isHigh * isHeavy;
}

/** Touching digits are rare: a cut has to raise the probability by more than this, as a logarithm. */
const CUT = 1.5;

/** For the cut at a segment's left end, if there is one. */
function costToCut(pieces: readonly Piece[], { from }: Segment): number {
  return from > 0 && pieces[from - 1]!.whole === pieces[from]!.whole ? CUT : 0;
}

/** Digits are hardly lower than this share of their line's height. */
const LEAST_HEIGHT = 0.65;

/** Nor broader. */
const MOST_WIDTH = 1.25;

/** A mark that could be cut, if not cut. */
const MOST_SOLID_WIDTH = 1.1;

function scoreOf({ pieces, marks, candidate, one }: ReadSegment, height: number, width: number): number {
  const low = LEAST_HEIGHT - candidate.box.height / height;
  const isSolid = marks.length === 1 && pieces.length > 1;
  const most = isSolid ? MOST_SOLID_WIDTH : MOST_WIDTH;
  const broad = candidate.box.width / Math.max(height, candidate.box.height) - most;
  const size = 12 * Math.max(0, low) + 12 * Math.max(0, broad);
  const sure = Math.log(Math.max(1e-4, candidate.confidence)) + Math.log(Math.max(1e-4, one));
  return sure - size + nearness(pieces, height, width);
}

/** Pieces nearer than this share of a line's height are more likely one digit's than two digits'. */
const NEAR = 0.07;

/** Solid ink ends so much before its soft edges do: two marks are nearer to each other than they look, pixels. */
const SOFT = 1.5;

/** Pieces so high, as a share of the line's height, could be digits of their own, and have to be nearer to be one. */
const WHOLE = 0.6;

function nearness(pieces: readonly Piece[], height: number, width: number): number {
  if (pieces.every(({ whole }) => whole === pieces[0]!.whole)) return 0;
  const marks = pieces.map(({ mark }) => mark);
  let score = 0;
  for (const mark of marks) {
    const gaps = marks
      .filter((other) => other !== mark)
      .map((other) => ({ other, gap: Math.max(0, inkDistance(mark, other, width) - SOFT) / height }));
    const { gap, other } = gaps.reduce((a, b) => (b.gap < a.gap ? b : a));
    const areWhole = Math.min(mark.box.height, other.box.height) > WHOLE * height;
    const near = areWhole ? Math.max(SOFT / height, NEAR / 3) : NEAR;
    if (gap < near) score += 1.5 * (1 - gap / near);
    else if (areWhole) score -= 0.5 + 30 * (gap - near);
    else score -= (areBeside(mark, other) ? 20 : 8) * (gap - near);
  }
  return score;
}

function areBeside({ box: a }: Mark, { box: b }: Mark): boolean {
  return a.x >= b.x + b.width || b.x >= a.x + a.width;
}
