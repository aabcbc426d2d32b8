import { slicesOf } from "../../src/image/cuts.ts";
import { findMarks, type Mark } from "../../src/image/marks.ts";
import { shapeOf } from "../../src/recognition/candidate.ts";
import { type Piece, type Segment, segmentsOf } from "../../src/recognition/readLine.ts";
import type { LineOfInk } from "./lineOfInk.ts";

/** What is no digit: a part of one, or several. */
export const NONE = 10;

/** A digit, or what is none, as the network sees it. */
export interface Part {
  readonly label: number;
  /** [28, 28] */
  readonly pixels: Uint8Array;
}

/** A part is a digit if it has this share of its ink or more, and at most so much of it is of others. */
const DIGIT = { least: 0.88, mostForeign: 0.12 };

/** And it is none if it has less of every digit than this, or more than this of it is another's; between them nobody can tell. */
const NO_DIGIT = { most: 0.75, leastForeign: 0.22 };

/** All parts of a line that a reader would look at, but for those that are neither a digit nor clearly none. */
export function partsOfLine(line: LineOfInk): Part[] {
  const { ink, height } = line;
  const marks = findMarks(ink);
  const masses = massesOf(marks, line);
  return marks.flatMap((mark) => {
    const slices = slicesOf(ink, mark, height);
    const pieces = slices.map((one): Piece => ({ mark: one, whole: mark, slices }));
    return segmentsOf(pieces, height).flatMap((segment) => {
      const label = labelOf(segment, line, masses);
      if (label === undefined) return [];
      const others = slices.filter((one) => !segment.pieces.some((piece) => piece.mark === one));
      const shape = shapeOf(ink, segment.marks, segment.marks[0] === mark ? [] : others);
      return shape === undefined ? [] : [{ label, pixels: shape.pixels }];
    });
  });
}

/** How much of each digit's ink is in the marks. */
function massesOf(marks: readonly Mark[], { ink, labels, owners }: LineOfInk): Float64Array {
  const masses = new Float64Array(labels.length);
  for (const { runs } of marks)
    for (const { from, to } of runs)
      for (let i = from; i < to; i++) if (owners[i]! < labels.length) masses[owners[i]!]! += ink.data[i]!;
  return masses;
}

function labelOf({ marks }: Segment, line: LineOfInk, masses: Float64Array): number | undefined {
  const own = massesOf(marks, line);
  const all = own.reduce((sum, one) => sum + one, 0);
  const best = own.indexOf(Math.max(...own));
  const share = own[best]! / masses[best]!;
  const foreign = 1 - own[best]! / all;
  if (share >= DIGIT.least && foreign <= DIGIT.mostForeign) return line.labels[best]!;
  return share <= NO_DIGIT.most || foreign >= NO_DIGIT.leastForeign ? NONE : undefined;
}
