import { distanceOf, grownWithin, overlaps, unionOf } from "./boxes.ts";
import { type Component, connectedComponents } from "./components.ts";
import type { GreyImage } from "./picture.ts";
import { smoothed } from "./smooth.ts";

/** A piece of ink that may be a digit or a part of one. */
export interface Mark extends Component {
  /** The level of its ink, 0..1: what its darker pixels have. */
  readonly level: number;
}

/** Ink above this may belong to writing at all. */
const FAINTEST_INK = 0.1;

/** Writing of less ink than this, at its darker pixels, is the paper's grain. */
const LEAST_LEVEL = 0.3;

/** The share of its own level above which the ink of a piece is solid; what is fainter would bridge narrow gaps. */
const SOLID_SHARE = 0.42;

/** No more pieces than this are looked at, the heaviest: a page of writing has a few hundred, a halftone millions. */
const MOST_PIECES = 1000;

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
  return heaviest(connectedComponents(ink, FAINTEST_INK).filter(isMoreThanASpeck)).flatMap((piece) => {
    const crop = inkOfMarks(ink, [piece], []);
    const level = levelOf(crop.ink, FAINTEST_INK);
    const smooth = smoothedFor(crop.ink, strokeWidth(crop.ink, 0.5 * level));
    return solidParts(ink, { ...crop, ink: smooth }, FAINTEST_INK);
  });
}

function isMoreThanASpeck({ box }: Component): boolean {
  return Math.max(box.width, box.height) > 4;
}

function solidParts(ink: GreyImage, crop: InkCrop, threshold: number): Mark[] {
  return heaviest(connectedComponents(crop.ink, threshold).filter(isMoreThanASpeck)).flatMap((piece) => {
    const own = inkOfMarks(crop.ink, [piece], []);
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
function placedIn({ width }: GreyImage, crop: InkCrop, { mass, box, runs }: Component): Component {
  return {
    mass,
    box: { ...box, x: box.x + crop.x, y: box.y + crop.y },
    runs: runs.map(({ from, to }) => {
      const start = (Math.floor(from / crop.ink.width) + crop.y) * width + (from % crop.ink.width) + crop.x;
      return { from: start, to: start + to - from };
    }),
  };
}

function heaviest(pieces: readonly Component[]): readonly Component[] {
  if (pieces.length <= MOST_PIECES) return pieces;
  return [...pieces].sort((a, b) => b.mass - a.mass).slice(0, MOST_PIECES);
}

/** The level that the darker quarter of the ink has. */
function levelOf({ data }: GreyImage, threshold: number): number {
  const values = data.filter((value) => value > threshold).sort();
  return values[Math.floor(0.85 * values.length)] ?? 0;
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
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const is = data[at]! > threshold;
      if (is) area++;
      if (is !== (x + 1 < width && data[at + 1]! > threshold)) outline++;
      if (is !== (y + 1 < height && data[at + width]! > threshold)) outline++;
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
export function inkOfMarks(
  ink: GreyImage,
  marks: readonly Component[],
  others: readonly Component[],
): InkCrop {
  const around = grownWithin(unionOf(marks.map(({ box }) => box)), EDGE, ink);
  const { x, y, width, height } = around;
  const mask = new Uint8Array(width * height);
  for (const { runs } of marks) {
    for (const { from, to } of runs) {
      const row = Math.floor(from / ink.width) - y;
      const left = (from % ink.width) - x;
      for (let dy = -EDGE; dy <= EDGE; dy++) {
        if (row + dy < 0 || row + dy >= height) continue;
        const begin = Math.max(0, left - EDGE);
        const end = Math.min(width, left + to - from + EDGE);
        mask.fill(1, (row + dy) * width + begin, (row + dy) * width + end);
      }
    }
  }
  for (const other of others) {
    if (marks.includes(other) || !overlaps(other.box, around)) continue;
    for (const { from, to } of other.runs) {
      const row = Math.floor(from / ink.width) - y;
      if (row < 0 || row >= height) continue;
      const left = (from % ink.width) - x;
      const begin = Math.max(0, left);
      const end = Math.min(width, left + to - from);
      if (begin < end) mask.fill(0, row * width + begin, row * width + end);
    }
  }
  const data = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      if (mask[at] === 1) data[at] = ink.data[(row + y) * ink.width + column + x]!;
    }
  }
  return { ink: { width, height, data }, x, y };
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
      if (Math.abs(down) >= least) continue;
      const from = other.from - down * width;
      const to = other.to - down * width;
      const aside = Math.max(0, one.from - to + 1, from - one.to + 1);
      least = Math.min(least, Math.hypot(aside, down));
    }
  }
  return least;
}
