import { distanceOf, isInside } from "./boxes.ts";
import type { Mark } from "./marks.ts";
import { weightedMedian } from "./medians.ts";
import type { GreyImage } from "./picture.ts";

/** Ink per pixel of length, of what is typical of the page; a 1 has half of what an 8 has, a hair much less. */
const LEAST_BREADTH = 0.1;

/**
 * Marks fainter than this share of the page's ink are edges of shadows or of the paper where they are straight or empty. So are
 * others that are near to no digit, and lower than a share of their height or at the picture's side.
 */
const FAINT_SHARE = 0.65;
const LOW_SHARE = 0.45;

/** A mark with less ink in its box than this is a frame, an edge, or a thin pen's large digit. */
const EMPTY_SHARE = 0.06;

/** A mark so many times longer than broad is straight: a 1, a ruled line, an edge. */
const STRAIGHT = 6;

/** Edges are so many times longer than digits are high. */
const LONG = 2.5;

/**
 * Marks that may be writing: those that are not much thinner than the rest, as hairs and ends of ruled lines are, and no
 * edges of the paper, which are straight or nearly empty and either far longer than all else, faint, or at the border.
 */
export function writing(marks: readonly Mark[], image: GreyImage): Mark[] {
  const breadth = ({ mass, box }: Mark) => mass / Math.max(box.width, box.height);
  const typicalBreadth = weightedMedian(marks, breadth, massOf);
  const kept = marks.filter((mark) => breadth(mark) >= LEAST_BREADTH * typicalBreadth);
  // There may be more ink in edges than in writing, but they do not look like it.
  const plain = kept.filter((mark) => !isEmpty(mark) && !isStraight(mark));
  const judges = plain.length > 0 ? plain : kept;
  const typicalLevel = weightedMedian(judges, ({ level }) => level, massOf);
  const low = LOW_SHARE * typicalHeight(judges);
  const isFaint = ({ level }: Mark) => level < FAINT_SHARE * typicalLevel;
  const dark = judges.filter((mark) => !isFaint(mark));
  return kept.filter((mark) => {
    const { box, mass } = mark;
    if (isFaint(mark) && (isAtBorder(mark, image) || Math.max(box.width, box.height) < low)) {
      if (dark.every((other) => distanceOf(other.box, box) > low)) return false;
    }
    if (!isEmpty(mark) && !isStraight(mark)) return true;
    if (isFaint(mark)) return false;
    const rest = kept.filter((other) => other !== mark);
    if (isEmpty(mark) && rest.some((other) => other.mass > 0.2 * mass && isInside(other.box, box)))
      return false;
    if (isStraight(mark) && rest.length > 0 && isAtBorder(mark, image)) return false;
    return rest.length < 3 || Math.max(box.width, box.height) <= LONG * typicalHeight(rest);
  });
}

function isEmpty({ box, mass }: Mark): boolean {
  return mass < EMPTY_SHARE * box.width * box.height;
}

function isStraight({ box }: Mark): boolean {
  return Math.max(box.width, box.height) > STRAIGHT * Math.min(box.width, box.height);
}

/** The height of the marks that have most of the ink, so that specks hardly count. */
export function typicalHeight(marks: readonly Mark[]): number {
  return weightedMedian(marks, ({ box }) => box.height, massOf);
}

export function massOf({ mass }: Mark): number {
  return mass;
}

function isAtBorder({ box }: Mark, { width, height }: GreyImage): boolean {
  return box.x === 0 || box.y === 0 || box.x + box.width === width || box.y + box.height === height;
}
