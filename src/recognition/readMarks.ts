import { slicesOf } from "../image/cuts.ts";
import { digitLines } from "../image/digitLines.ts";
import type { InkOfPicture } from "../image/inkOfPicture.ts";
import type { Mark } from "../image/marks.ts";
import { type Candidate, classified, shapeOf } from "./candidate.ts";
import { kindsOf } from "./parts.ts";
import type { Classify } from "./prediction.ts";
import { type Piece, type ReadSegment, readLine, type Segment, segmentsOf } from "./readLine.ts";

/** A mark that is alone in its picture is one digit, unless it is broader than this. */
const ALONE_BROAD = 1.3;

/** Marks broader than this, in their own heights, may be touching digits. */
const BROAD = 1;

/** And so may others that the network is less sure of than this. */
const UNSURE = 0.8;

/** And those that are less likely than this one digit, and neither a part of one nor several. */
const ONE = 0.5;

/** What is more likely a letter than this is not cut into digits. */
const LETTER = 0.5;

/** A page is cut no further than what this many shapes are made of: those of 100 digits of which a third touch. */
const MOST_SHAPES = 1_000;

/** A line on its way to be read. */
interface Line {
  /** Of its digits, pixels. */
  readonly height: number;
  /** Left to right. */
  readonly pieces: readonly Piece[];
}

/**
 * Reads marks line by line: what may be one digit is classified, and of all ways to part a line into digits the most
 * probable is taken. Marks that come out broad or doubtful may be digits that touch: these are cut, and their lines read anew.
 *
 * @param classifyPart [n, 28, 28] bytes to [n, classes + 2] probabilities, the last two that it is a part of a digit or several, and a letter.
 */
export function readMarks(found: InkOfPicture, classify: Classify, classifyPart?: Classify): Candidate[][] {
  const lines = digitLines(found.marks, found.ink.width).map(({ marks, height }) => ({
    height,
    pieces: marks.map((mark): Piece => ({ mark, whole: mark, slices: [mark] })),
  }));
  const read = readLines(found, lines, classify);
  let shapes = 0;
  const cut = lines.map((line, i) => {
    const parted = cutWhereDoubtful(found, line, read[i]!, classifyPart);
    if (parted !== undefined) shapes += segmentsOf(parted.pieces, parted.height).length;
    return shapes <= MOST_SHAPES ? parted : undefined;
  });
  const reread = readLines(
    found,
    cut.filter((line) => line !== undefined),
    classify,
    classifyPart,
  )[Symbol.iterator]();
  return read
    .map((segments, i) => (cut[i] ? reread.next().value! : segments).map(({ candidate }) => candidate))
    .filter((line) => line.length > 0);
}

function readLines(
  found: InkOfPicture,
  lines: readonly Line[],
  classify: Classify,
  classifyPart?: Classify,
): ReadSegment[][] {
  const shaped = lines.map(({ pieces, height }) =>
    segmentsOf(pieces, height).flatMap((segment) => {
      const shape = shapeOf(found.ink, segment.marks, othersThan(segment, found.marks));
      return shape ? [{ ...segment, shape }] : [];
    }),
  );
  const shapes = shaped.flat().map(({ shape }) => shape);
  const candidates = classified(shapes, classify)[Symbol.iterator]();
  const kinds = kindsOf(shapes, classifyPart)[Symbol.iterator]();
  return lines.map(({ pieces, height }, i) => {
    const segments = shaped[i]!.map((segment) => ({
      ...segment,
      candidate: candidates.next().value!,
      one: kinds.next().value!.one,
    }));
    return readLine(pieces, segments, height, found.ink.width);
  });
}

/** All marks that are none of the segment's, and the slices beside its own. */
function othersThan({ pieces }: Segment, marks: readonly Mark[]): Mark[] {
  const wholes = new Set(pieces.map(({ whole }) => whole));
  const taken = new Set(pieces.map(({ mark }) => mark));
  const slices = new Set(pieces.flatMap((piece) => piece.slices));
  return [...marks.filter((mark) => !wholes.has(mark)), ...[...slices].filter((mark) => !taken.has(mark))];
}

/** The line with the marks cut that may be digits that touch; `undefined` where there are none. */
function cutWhereDoubtful(
  { ink, marks }: InkOfPicture,
  line: Line,
  read: readonly ReadSegment[],
  classifyPart?: Classify,
): Line | undefined {
  const doubtful = new Set<Mark>();
  const candidates = read.map(({ candidate }) => candidate);
  const kinds = kindsOf(candidates, classifyPart);
  for (const [i, { pieces, candidate }] of read.entries()) {
    const { confidence, box } = candidate;
    if (marks.length === 1 && box.width < ALONE_BROAD * box.height) continue;
    const { one, letter } = kinds[i]!;
    if (letter > LETTER) continue;
    const isOne = one > ONE;
    if (pieces.length === 1 && (confidence < UNSURE || box.width > BROAD * box.height || !isOne))
      doubtful.add(pieces[0]!.mark);
  }
  const taken = new Set(read.flatMap(({ pieces }) => pieces));
  for (const piece of line.pieces) {
    // Too broad for a digit, it was dropped.
    const { box } = piece.mark;
    if (!taken.has(piece) && box.width > BROAD * box.height && box.height > 0.5 * line.height)
      doubtful.add(piece.mark);
  }
  const pieces = line.pieces.flatMap((piece): Piece[] => {
    if (!doubtful.has(piece.mark)) return [piece];
    const slices = slicesOf(ink, piece.mark, line.height);
    return slices.map((mark) => ({ mark, whole: piece.mark, slices }));
  });
  return pieces.length > line.pieces.length ? { height: line.height, pieces } : undefined;
}
