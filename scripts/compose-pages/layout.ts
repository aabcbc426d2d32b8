import type { Random } from "../../src/core/random.ts";
import { between, betweenByRatio, noiseAlong, normalWithin } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";
import type { Glyph } from "./glyph.ts";
import type { Lens } from "./lens.ts";
import {
  type Bounds,
  boundsInPicture,
  boundsOnSheet,
  gapBetween,
  gapInRows,
  gapNeeded,
  type Placed,
} from "./placed.ts";

/** What is written on a page, before it has a place: heights and gaps in parts of a line's size. */
export interface Writing {
  /** The height of a digit of the page, pixels. */
  readonly size: number;
  /** From one baseline to the next. */
  readonly pitch: number;
  readonly lines: readonly WrittenLine[];
}

interface WrittenLine {
  /** In parts of the page's size. */
  readonly size: number;
  readonly indent: number;
  /** Radians, clockwise. */
  readonly slope: number;
  /** How far the baseline is from straight, by the place along it. */
  readonly wave: (at: number) => number;
  readonly digits: readonly WrittenDigit[];
}

interface WrittenDigit {
  readonly glyph: Glyph;
  readonly height: number;
  /** Before it. */
  readonly gap: number;
  readonly touches: boolean;
  readonly drop: number;
  readonly turn: number;
  readonly shear: number;
}

/** Digits of a page, as the library reads no more than a page of them well. */
const COUNTS = { least: 5, most: 40, lines: 8, inLine: 12 };

/** Digits are this high, pixels. */
export const HEIGHTS = { least: 24, most: 200 };

export interface WritingOptions {
  readonly size: number;
  readonly isRuled: boolean;
  readonly takeGlyph: () => Glyph;
  /** The share of digits that touch the one before them. */
  readonly touching: number;
}

/** How far a digit that touches another is over it, in parts of the line's size. */
const OVERLAP = 0.04;

/** How many digits the lines have. */
export function takeCounts(random: Random): number[] {
  const counts = Array.from(
    { length: 1 + random.below(COUNTS.lines) },
    () => 1 + random.below(COUNTS.inLine),
  );
  const total = () => counts.reduce((sum, count) => sum + count, 0);
  while (total() > COUNTS.most) counts.pop();
  while (total() < COUNTS.least) counts[0]!++;
  return counts;
}

/** Lines of as many digits as `counts` says, as a person writes them. */
export function takeWriting(
  random: Random,
  counts: readonly number[],
  { size, isRuled, takeGlyph, touching }: WritingOptions,
): Writing {
  const gap = betweenByRatio(random, 0.06, 0.6);
  const variesInSize = !isRuled && random.below(4) === 0;
  const hasWords = random.below(2) === 0;
  const hand = { turn: between(random, -0.06, 0.06), shear: between(random, -0.1, 0.15) };
  const slope = (Math.PI / 180) * between(random, -3, 3) * (isRuled ? 0.2 : 1);
  const isRagged = random.below(3) === 0;
  return {
    size,
    pitch: between(random, 1.35, 2.2),
    lines: counts.map((count) => {
      const wave = noiseAlong(random, between(random, 5, 14));
      const height = between(random, 0.02, isRuled ? 0.04 : 0.12);
      return {
        size: variesInSize ? betweenByRatio(random, 0.5, 1.7) : between(random, 0.93, 1.07),
        indent: isRagged ? between(random, 0, 2.5) : between(random, 0, 0.25),
        slope: slope + (Math.PI / 180) * between(random, -1, 1) * (isRuled ? 0.2 : 1),
        wave: (at) => height * wave(at),
        digits: Array.from({ length: count }, (_, i) => ({
          glyph: takeGlyph(),
          height: normalWithin(random, 1, 0.06, 0.85, 1.15),
          gap:
            i > 0 && hasWords && random.below(4) === 0
              ? between(random, 0.7, 1.8)
              : gap * betweenByRatio(random, 0.7, 1.4),
          touches: i > 0 && touching > 0 && random.uniform() < touching,
          drop: normalWithin(random, 0, 0.03, -0.08, 0.08),
          turn: hand.turn + normalWithin(random, 0, 0.03, -0.08, 0.08),
          shear: hand.shear + normalWithin(random, 0, 0.04, -0.1, 0.1),
        })),
      };
    }),
  };
}

/** The writing on the sheet, its first line beginning at `origin`; digits and lines move on where they would be too near. */
export function laidOut(writing: Writing, origin: Point, lens: Lens): Placed[][] {
  const lines: Placed[][] = [];
  const taken: Bounds[] = [];
  let baseline = origin.y;
  for (const line of writing.lines) {
    const size = line.size * writing.size;
    baseline += lines.length === 0 ? size : writing.pitch * Math.max(size, 0.75 * writing.size);
    for (;;) {
      const placed = lineAt(line, { x: origin.x + line.indent * writing.size, y: baseline }, size, lens);
      const bounds = placed.map((one) => boundsInPicture(one, lens));
      const missing = Math.max(
        0,
        ...bounds.flatMap((own) => taken.map((other) => gapNeeded(own, other) - gapBetween(own, other))),
      );
      if (missing > 0) {
        baseline += missing + 1;
        continue;
      }
      lines.push(placed);
      taken.push(...bounds);
      break;
    }
  }
  return lines;
}

function lineAt(line: WrittenLine, start: Point, size: number, lens: Lens): Placed[] {
  const placed: Placed[] = [];
  let before: { sheet: Bounds; picture: Bounds } | undefined;
  for (const digit of line.digits) {
    let left = before === undefined ? start.x : before.sheet.right + digit.gap * size;
    for (;;) {
      const along = left - start.x;
      const bottom = start.y + Math.tan(line.slope) * along + size * (line.wave(along / size) + digit.drop);
      const one = standingAt(digit, { x: left, y: bottom }, size, line.slope);
      const picture = boundsInPicture(one, lens);
      const missing = before ? gapNeeded(before.picture, picture) - (picture.left - before.picture.right) : 0;
      if (missing > 0) {
        left += missing + 0.5;
        continue;
      }
      const last = placed.at(-1);
      const put = digit.touches && last ? movedAgainst(last, one, OVERLAP * size) : one;
      before = { sheet: boundsOnSheet(put), picture: boundsInPicture(put, lens) };
      placed.push(put);
      break;
    }
  }
  return placed;
}

/** The digit moved to the left until it is over the one before it by `overlap`, where they have rows in common. */
function movedAgainst(before: Placed, digit: Placed, overlap: number): Placed {
  const gap = gapInRows(before, digit);
  if (gap === Infinity) return digit;
  return { ...digit, touches: true, middle: { ...digit.middle, x: digit.middle.x - gap - overlap } };
}

/** The digit with the lower left corner of what it takes up at `corner`. */
function standingAt(
  { glyph, height, turn, shear }: WrittenDigit,
  corner: Point,
  size: number,
  slope: number,
): Placed {
  const wanted = Math.max(HEIGHTS.least, Math.min(HEIGHTS.most, height * size));
  // Of a digit that is broader than high the breadth is what people see.
  const scale = Math.min(wanted / glyph.height, (1.05 * wanted) / glyph.width);
  const placed = { glyph, scale, turn: turn + slope, shear, middle: { x: 0, y: 0 } };
  const { left, bottom } = boundsOnSheet(placed);
  return { ...placed, middle: { x: corner.x - left, y: corner.y - bottom } };
}
