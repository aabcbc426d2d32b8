import { distanceOf, grownWithin, isInside, overlaps, unionOf } from "./boxes.ts";
import { type Component, connectedComponents, type Run } from "./components.ts";
import { type Budget, budgetOf, heaviestOf, isDigitWithin, isWithin, mostOf } from "./grain.ts";
import { addressOf, computed, floatsAt, imageOf, intsAt, scoped } from "./kernels.ts";
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

/** What is smaller is a speck. */
const PIECES = { leastSide: 5, most: mostOf };

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
  const budget = budgetOf(ink);
  let most = 0;
  const wanted = {
    leastSide: PIECES.leastSide,
    most(count: number) {
      most = mostOf(count);
      return most;
    },
  };
  const marks = connectedComponents(ink, FAINTEST_INK, wanted).flatMap((piece) => {
    if (!isWithin(budget, piece)) return [];
    return scoped(() => {
      const crop = inkOfPiece(ink, piece);
      const level = levelOf(crop.ink, FAINTEST_INK);
      const smooth = smoothedFor(crop.ink, strokeWidth(crop.ink, 0.5 * level));
      return solidParts(ink, { ...crop, ink: smooth }, FAINTEST_INK, budget);
    });
  });
  return heaviestOf(marks, most);
}

function solidParts(ink: GreyImage, crop: InkCrop, threshold: number, budget: Budget): Mark[] {
  const pieces = connectedComponents(crop.ink, threshold, PIECES);
  const part = (piece: Component): Mark[] => {
    const own = inkOfPiece(crop.ink, piece);
    const level = levelOf(own.ink, threshold);
    const isLarge = piece.box.width > LARGE_SHARE * ink.width || piece.box.height > LARGE_SHARE * ink.height;
    const wanted = Math.min(HIGHEST_THRESHOLD, SOLID_SHARE * level);
    const isWriting = level >= LEAST_LEVEL && !isLarge;
    if (threshold < HIGHEST_THRESHOLD && (threshold < wanted || !isWriting)) {
      const higher = Math.min(HIGHEST_THRESHOLD, Math.max(wanted, 1.4 * threshold));
      const inside = { ink: own.ink, x: own.x + crop.x, y: own.y + crop.y };
      const parts = solidParts(ink, inside, higher, budget);
      const isSoft = !isWriting || threshold < SOFT_SHARE * wanted;
      const whole = { ...placedIn(ink, crop, piece), level };
      return !isSoft && isThinIn(ink, parts, whole) && isDigitWithin(budget, piece) ? [whole] : parts;
    }
    if (level < LEAST_LEVEL || !isDigitWithin(budget, piece)) return [];
    return [{ ...placedIn(ink, crop, piece), level }];
  };
  return pieces.flatMap((piece) => (isWithin(budget, piece) ? scoped(() => part(piece)) : []));
}

/** Where a stroke is thin its ink may be lower than elsewhere, down to this share of the threshold. */
const SOFT_SHARE = 0.6;

/** One that is thin in places has one part with this share of its ink, whose box is no smaller than by a factor; others are lower. */
const THIN = { major: 0.5, area: 2.5, lower: 0.5 };

/**
 * Whether a higher threshold parts or shortens a piece only since its stroke is thin in places: one of the parts is nearly all
 * of it, and no other could be a digit beside that.
 */
function isThinIn(ink: GreyImage, parts: readonly Mark[], whole: Mark): boolean {
  if (parts.length === 0) return false;
  const major = parts.reduce((a, b) => (b.mass > a.mass ? b : a));
  if (major.mass < THIN.major * whole.mass) return false;
  if (parts.length === 1 && isInside(whole.box, grownWithin(major.box, EDGE + 1, ink))) return false;
  const { box } = major;
  if (whole.box.width * whole.box.height > THIN.area * box.width * box.height) return false;
  return parts.every((part) => part === major || part.box.height <= THIN.lower * box.height);
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
  return computed((kernels) => {
    const values = addressOf(data);
    const bins = kernels.reserve(256 * 4);
    const count = kernels.levels(values, data.length, threshold, bins);
    if (count === 0) return 0;
    const histogram = intsAt(bins, 256);
    let rank = Math.floor(LEVEL_QUANTILE * count);
    let bin = 0;
    while (rank >= histogram[bin]!) rank -= histogram[bin++]!;
    const found = kernels.reserve(histogram[bin]! * 4);
    kernels.valuesOfLevel(values, data.length, threshold, bin, found);
    return floatsAt(found, histogram[bin]!).sort()[rank]!;
  });
}

/** How broad a mark's strokes are, pixels. */
export function strokeOf(ink: GreyImage, mark: Mark): number {
  return scoped(() => strokeWidth(inkOfMarks(ink, [mark], []).ink, SOLID_SHARE * mark.level));
}

function strokeWidth({ width, height, data }: GreyImage, threshold: number): number {
  return computed((kernels) =>
    kernels.strokeWidth(addressOf(data), width, 0, 0, width, height, threshold, false),
  );
}

/** What smoothing leaves of a pixel's ink at least: strokes are thin in places, and these would be lost. */
const LEFT = 0.9;

/** Smoothed more often where strokes are broad; thin ones would be lost. */
function smoothedFor(image: GreyImage, stroke: number): GreyImage {
  if (stroke < 2.5) return image;
  return smoothed(image, Math.min(4, Math.max(1, Math.round((stroke / 3.5) ** 2))), LEFT);
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
  const { x, y } = around;
  return { ink: inkWithin(ink, around, marks, others), x, y };
}

/** The ink of `marks` and of nothing else. */
export function onlyMarks(ink: GreyImage, marks: readonly Mark[]): GreyImage {
  return inkWithin(ink, { ...ink, x: 0, y: 0 }, marks, []);
}

function inkWithin(ink: GreyImage, around: Box, marks: readonly Mark[], others: readonly Mark[]): GreyImage {
  const { x, y, width, height } = around;
  return imageOf(width, height, (kernels, to) => {
    kernels.clear(to, width * height * 4);
    const image = addressOf(ink.data);
    for (const { runs } of marks) {
      const ends = addressOf(endsOf(runs));
      kernels.copyRuns(image, ink.width, ends, runs.length, EDGE, to, x, y, width, height);
    }
    for (const other of others) {
      if (marks.includes(other) || !overlaps(other.box, around)) continue;
      const ends = addressOf(endsOf(other.runs));
      kernels.clearRuns(ink.width, ends, other.runs.length, to, x, y, width, height);
    }
  });
}

const endsOfRuns = new WeakMap<readonly Run[], Int32Array>();

/** Where runs begin and end, in turn, as kernels take them. */
function endsOf(runs: readonly Run[]): Int32Array {
  const known = endsOfRuns.get(runs);
  if (known !== undefined) return known;
  const ends = new Int32Array(2 * runs.length);
  for (const [i, { from, to }] of runs.entries()) {
    ends[2 * i] = from;
    ends[2 * i + 1] = to;
  }
  endsOfRuns.set(runs, ends);
  return ends;
}

/** A piece alone: what is around it is fainter than the threshold that it was found by, or another's. */
function inkOfPiece(ink: GreyImage, { box, ends }: Component): InkCrop {
  const { x, y, width, height } = grownWithin(box, EDGE, ink);
  const crop = imageOf(width, height, (kernels, to) => {
    kernels.clear(to, width * height * 4);
    kernels.copyRuns(
      addressOf(ink.data),
      ink.width,
      addressOf(ends),
      ends.length / 2,
      0,
      to,
      x,
      y,
      width,
      height,
    );
  });
  return { ink: crop, x, y };
}

/** Of each mark to others: they are asked for again and again. */
const distances = new WeakMap<Mark, Map<Mark, number>>();

/**
 * The least distance between pixels of two marks of an image of `width`; the boxes' where they are far apart. It need not be
 * right where it is `within` or more.
 */
export function inkDistance(a: Mark, b: Mark, width: number, within = Infinity): number {
  const apart = distanceOf(a.box, b.box);
  if (apart >= within || apart > 0.5 * Math.max(a.box.height, b.box.height)) return apart;
  const known = distances.get(a)?.get(b) ?? distances.get(b)?.get(a);
  if (known !== undefined) return known;
  const [one, other] = [a.runs, b.runs];
  const square = computed((kernels) =>
    kernels.squaredDistance(
      addressOf(endsOf(one)),
      one.length,
      addressOf(endsOf(other)),
      other.length,
      width,
      within * within,
    ),
  );
  if (within === Infinity) distances.set(a, (distances.get(a) ?? new Map()).set(b, Math.sqrt(square)));
  return Math.sqrt(square);
}
