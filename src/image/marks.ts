import { distanceOf, grownWithin, overlaps, unionOf } from "./boxes.ts";
import { type Component, connectedComponents, type Run } from "./components.ts";
import type { Box, GreyImage } from "./picture.ts";
import { smoothed } from "./smooth.ts";

/** A piece of ink that may be a digit or a part of one. */
export interface Mark {
  /** The sum of the ink in it, in pixels' worth of full ink. */
  readonly mass: number;
  readonly box: Box;
  /** Its pixels: stretches of rows, top to bottom. */
  readonly runs: readonly Run[];
  /** The level of its ink, 0..1: what its darker pixels have. */
  readonly level: number;
}

/** Ink above this may belong to writing at all. */
const FAINTEST_INK = 0.1;

/** Writing of less ink than this, at its darker pixels, is the paper's grain. */
const LEAST_LEVEL = 0.3;

/** The share of its own level above which the ink of a piece is solid; what is fainter would bridge narrow gaps. */
const SOLID_SHARE = 0.42;

/** What is smaller is a speck; and no more pieces are looked at: a page of writing has a few hundred, a halftone millions. */
const PIECES = { leastSide: 5, most: 1000 } as const;

/** A piece that is longer than this share of the picture is more than a digit as long as a higher threshold parts it. */
const LARGE_SHARE = 0.3;

/** The threshold that every piece has reached in the end. */
const HIGHEST_THRESHOLD = 0.42;

/**
 * The connected pieces of ink. What is solid is judged by each piece itself, since pens differ and light does: the
 * threshold rises until it is at {@link SOLID_SHARE} of the piece's own level and the piece is no larger than writing is.
 * Ink that has a grain, as chalk's, is smoothed for that by as much as its strokes are broad.
 */
export function findMarks(ink: GreyImage): Mark[] {
  return connectedComponents(ink, FAINTEST_INK, PIECES).flatMap((piece) => {
    const crop = inkOfPiece(ink, piece);
    const level = levelOf(crop.ink, FAINTEST_INK);
    const smooth = smoothedFor(crop.ink, strokeWidth(crop.ink, 0.5 * level));
    return solidParts(ink, { ...crop, ink: smooth }, FAINTEST_INK);
  });
}

function solidParts(ink: GreyImage, crop: InkCrop, threshold: number): Mark[] {
  return connectedComponents(crop.ink, threshold, PIECES).flatMap((piece) => {
    const own = inkOfPiece(crop.ink, piece);
    const level = levelOf(own.ink, threshold);
    const isLarge = piece.box.width > LARGE_SHARE * ink.width || piece.box.height > LARGE_SHARE * ink.height;
    const wanted = Math.min(HIGHEST_THRESHOLD, SOLID_SHARE * level);
    const isWriting = level >= LEAST_LEVEL && !isLarge;
    if (threshold < HIGHEST_THRESHOLD && (threshold < wanted || !isWriting)) {
      const higher = Math.min(HIGHEST_THRESHOLD, Math.max(wanted, 1.4 * threshold));
      return solidParts(ink, { ink: own.ink, x: own.x + crop.x, y: own.y + crop.y }, higher);
    }
    return level < LEAST_LEVEL ? [] : [{ ...placedIn(ink, crop, piece), level }];
  });
}

/** A component of a crop as one of the whole. */
function placedIn({ width }: GreyImage, crop: InkCrop, { mass, box, ends }: Component): Omit<Mark, "level"> {
  const runs: Run[] = [];
  for (let k = 0; k < ends.length; k += 2) {
    const from = ends[k]!;
    const y = Math.floor(from / crop.ink.width);
    const start = (y + crop.y) * width + from - y * crop.ink.width + crop.x;
    runs.push({ from: start, to: start + ends[k + 1]! - from });
  }
  return { mass, box: { ...box, x: box.x + crop.x, y: box.y + crop.y }, runs };
}

/** The share of the ink that is fainter than its level. */
const LEVEL_QUANTILE = 0.85;

/** The level that the darker part of the ink above `threshold` has: a quantile, sorted no further than it needs. */
function levelOf({ data }: GreyImage, threshold: number): number {
  const histogram = new Uint32Array(256);
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! <= threshold) continue;
    histogram[(data[i]! * 255) | 0]!++;
    count++;
  }
  if (count === 0) return 0;
  let rank = Math.floor(LEVEL_QUANTILE * count);
  let bin = 0;
  while (rank >= histogram[bin]!) rank -= histogram[bin++]!;
  const values = new Float32Array(histogram[bin]!);
  let filled = 0;
  for (let i = 0; i < data.length; i++)
    if (data[i]! > threshold && ((data[i]! * 255) | 0) === bin) values[filled++] = data[i]!;
  return values.sort()[rank]!;
}

/** How broad a mark's strokes are, pixels. */
export function strokeOf(ink: GreyImage, mark: Mark): number {
  return strokeWidth(inkOfMarks(ink, [mark], []).ink, SOLID_SHARE * mark.level);
}

/** Twice the area over the outline, pixels; steps of pixels overstate an outline by 4/pi on average. */
function strokeWidth({ width, height, data }: GreyImage, threshold: number): number {
  let area = 0;
  let outline = 0;
  for (let y = 0; y < height; y++) {
    const end = (y + 1) * width;
    const down = y + 1 < height ? width : 0;
    let is = data[end - width]! > threshold;
    for (let at = end - width; at < end; at++) {
      const isNext = at + 1 < end && data[at + 1]! > threshold;
      if (is) area++;
      if (is !== isNext) outline++;
      if (is !== (down > 0 && data[at + down]! > threshold)) outline++;
      is = isNext;
    }
  }
  return outline === 0 ? 0 : (2 * area) / ((outline * Math.PI) / 4);
}

/** Smoothed more often where strokes are broad; thin ones would be lost. */
function smoothedFor(image: GreyImage, stroke: number): GreyImage {
  const passes = stroke < 2.5 ? 0 : Math.min(4, Math.max(1, Math.round((stroke / 3.5) ** 2)));
  let smooth = image;
  for (let pass = 0; pass < passes; pass++) smooth = smoothed(smooth);
  return smooth;
}

/** Pixels around a mark that belong to its soft edge. */
const EDGE = 2;

/** The ink of some marks alone, with their soft edges, in a crop. */
export interface InkCrop {
  readonly ink: GreyImage;
  /** Where the crop's top left corner is. */
  readonly x: number;
  readonly y: number;
}

/** Cuts `marks` out of the ink; what is of `others` stays behind. */
export function inkOfMarks(ink: GreyImage, marks: readonly Mark[], others: readonly Mark[]): InkCrop {
  const around = grownWithin(unionOf(marks.map(({ box }) => box)), EDGE, ink);
  const { x, y, width, height } = around;
  const crop = { ink: { width, height, data: new Float32Array(width * height) }, x, y };
  for (const { runs } of marks) for (const { from, to } of runs) copyAround(ink, crop, from, to);
  for (const other of others) {
    if (marks.includes(other) || !overlaps(other.box, around)) continue;
    for (const { from, to } of other.runs) {
      const row = Math.floor(from / ink.width);
      if (row < y || row >= y + height) continue;
      const left = from - row * ink.width - x;
      const begin = Math.max(0, left);
      const end = Math.min(width, left + to - from);
      if (begin < end) crop.ink.data.fill(0, (row - y) * width + begin, (row - y) * width + end);
    }
  }
  return crop;
}

/** A piece alone: what is around it is fainter than the threshold that it was found by, or another's. */
function inkOfPiece(ink: GreyImage, { box, ends }: Component): InkCrop {
  const { x, y, width, height } = grownWithin(box, EDGE, ink);
  const data = new Float32Array(width * height);
  for (let k = 0; k < ends.length; k += 2) {
    const from = ends[k]!;
    const row = Math.floor(from / ink.width);
    copyStretch(data, (row - y) * width + from - row * ink.width - x, ink.data, from, ends[k + 1]! - from);
  }
  return { ink: { width, height, data }, x, y };
}

/** Copies a run and the pixels around it. */
function copyAround(ink: GreyImage, { ink: crop, x, y }: InkCrop, from: number, to: number): void {
  const row = Math.floor(from / ink.width);
  const left = from - row * ink.width;
  const begin = Math.max(x, left - EDGE);
  const end = Math.min(x + crop.width, left + to - from + EDGE);
  const last = Math.min(y + crop.height - 1, row + EDGE);
  for (let line = Math.max(y, row - EDGE); line <= last; line++)
    copyStretch(
      crop.data,
      (line - y) * crop.width + begin - x,
      ink.data,
      line * ink.width + begin,
      end - begin,
    );
}

function copyStretch(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
}

/** The least distance between pixels of two marks of an image of `width`; the boxes' where they are far apart. */
export function inkDistance(a: Mark, b: Mark, width: number): number {
  const apart = distanceOf(a.box, b.box);
  if (apart > 0.5 * Math.max(a.box.height, b.box.height)) return apart;
  let least = Infinity;
  for (const one of a.runs) {
    const y = Math.floor(one.from / width);
    for (const other of b.runs) {
      const down = Math.floor(other.from / width) - y;
      if (down >= least) break;
      if (-down >= least) continue;
      const from = other.from - down * width;
      const to = other.to - down * width;
      const aside = Math.max(0, one.from - to + 1, from - one.to + 1);
      least = Math.min(least, Math.hypot(aside, down));
    }
  }
  return least;
}
