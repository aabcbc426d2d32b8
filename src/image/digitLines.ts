import { distanceOf, unionOf } from "./boxes.ts";
import { inkDistance, type Mark } from "./marks.ts";
import { median } from "./medians.ts";
import type { Box } from "./picture.ts";
import { textLines } from "./textLines.ts";
import { typicalHeight } from "./writing.ts";

/** Marks that stand in one line, with the specks and strokes near to them. */
export interface DigitLine {
  /** Left to right, by their middles. */
  readonly marks: readonly Mark[];
  /** How high its digits are, pixels. */
  readonly height: number;
}

/** Marks lower than this share of what is typical of the page are specks, or parts of digits. */
const LEAST_SHARE = 0.25;

/** A mark lower than this share of one near to it is a part of that, or a speck. */
const PART_SHARE = 0.45;

/** Specks and strokes belong to marks that are nearer than this share of their line's height. */
const REACH_SHARE = 0.35;

/** Pieces nearer than this share of their height nearly touch. */
const TOUCHING_SHARE = 0.12;

/** A digit's bar, or another small piece of it, is nearer than this share of the larger piece's height. */
const GAP_SHARE = 0.3;

/** Marks that are one digit in pieces, or single. */
interface Blob {
  readonly marks: readonly Mark[];
  readonly box: Box;
}

/** Pieces that nearly touch or stand one above the other, together no higher than their neighbours: a digit in pieces. */
function blobsOf(marks: readonly Mark[], width: number): Blob[] {
  const blobs: Blob[] = marks.map((mark) => ({ marks: [mark], box: mark.box }));
  for (let i = 0; i < blobs.length; i++) {
    for (let k = i + 1; k < blobs.length; k++) {
      const a = blobs[i]!;
      const b = blobs[k]!;
      const low = Math.min(a.box.height, b.box.height);
      const high = Math.max(a.box.height, b.box.height);
      // Two of like height may be digits of two lines.
      if (distanceOf(a.box, b.box) > (low > high / 2 ? TOUCHING_SHARE : GAP_SHARE) * high) continue;
      const box = unionOf([a.box, b.box]);
      const overlap = a.box.width + b.box.width - box.width;
      const isStacked = overlap >= 0.25 * Math.min(a.box.width, b.box.width);
      if (!isStacked && !areTouching(a.marks, b.marks, width, Math.max(4, TOUCHING_SHARE * box.height)))
        continue;
      if (box.height > 1.25 * heightAround(box, marks)) continue;
      blobs[i] = { marks: [...a.marks, ...b.marks], box };
      blobs.splice(k, 1);
      k = i;
    }
  }
  return blobs;
}

/** Whether any of the marks are no further from each other than `most`. */
function areTouching(a: readonly Mark[], b: readonly Mark[], width: number, most: number): boolean {
  return a.some((one) => b.some((other) => inkDistance(one, other, width, most + 1) <= most));
}

/** The height of what stands around a box: the median of the nearest eight, by ink. */
function heightAround(box: Box, marks: readonly Mark[]): number {
  const near: { readonly mark: Mark; readonly apart: number }[] = [];
  for (const mark of marks) {
    const apart = distanceOf(mark.box, box);
    if (apart <= 0 || (near.length === 8 && apart >= near[7]!.apart)) continue;
    const after = near.findIndex((other) => other.apart > apart);
    near.splice(after < 0 ? near.length : after, 0, { mark, apart });
    near.length = Math.min(8, near.length);
  }
  return near.length === 0 ? Infinity : typicalHeight(near.map(({ mark }) => mark));
}

/** Parts the marks of an image of `width` into lines of digits, top to bottom; specks that are near to none are left out. */
export function digitLines(all: readonly Mark[], width: number): DigitLine[] {
  const least = LEAST_SHARE * typicalHeight(all);
  const loose = all.filter(({ box }) => box.height < least);
  const blobs = blobsOf(
    all.filter(({ box }) => box.height >= least),
    width,
  );
  const lines: { marks: Mark[]; height: number }[] = [];
  for (const line of textLines(blobs)) {
    const marks = line.flatMap((blob) => blob.marks);
    if (line.length <= 2 && line.every(({ box }) => isPartOfLarger(box, blobs))) loose.push(...marks);
    else lines.push({ marks, height: median(line.map(({ box }) => box.height)) });
  }
  for (const mark of loose) {
    let best: { line: Mark[]; apart: number } | undefined;
    for (const { marks, height } of lines) {
      for (const { box } of marks) {
        const apart = distanceOf(box, mark.box) / height;
        if (apart < (best?.apart ?? REACH_SHARE)) best = { line: marks, apart };
      }
    }
    best?.line.push(mark);
  }
  for (const { marks } of lines) marks.sort((a, b) => 2 * (a.box.x - b.box.x) + a.box.width - b.box.width);
  return lines;
}

function isPartOfLarger(box: Box, all: readonly Blob[]): boolean {
  return all.some(
    (other) =>
      box.height < PART_SHARE * other.box.height &&
      box.width < 1.5 * other.box.height &&
      distanceOf(box, other.box) < REACH_SHARE * other.box.height,
  );
}
