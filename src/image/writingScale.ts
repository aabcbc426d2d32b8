import { foreground } from "./foreground.ts";
import type { GreyRows } from "./grey.ts";
import { scoped } from "./kernels.ts";
import { findMarks, type Mark, strokeOf } from "./marks.ts";
import { weightedMedian } from "./medians.ts";
import type { GreyImage } from "./picture.ts";
import { lookAt } from "./resample.ts";
import { withoutRuledLines } from "./ruledLines.ts";
import { massOf, writing } from "./writing.ts";

/** At what size a picture is worked on, and with what window for its paper. */
export interface WritingScale {
  /** The longer side, pixels. */
  readonly side: number;
  /** As `paperUnder` takes it. */
  readonly window: number;
}

/** The window is so many times as broad as the strokes, within these bounds: the first follows shadows, the last fills markers' strokes. */
const WINDOW_IN_STROKES = 6;
const LEAST_WINDOW = 0.08;
const LARGEST_WINDOW = 0.35;

/** The scale of a picture whose strokes are fine: it is worked on as it is. */
export function fineScale({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): WritingScale {
  return { side: Math.max(width, height), window: LEAST_WINDOW };
}

/**
 * Finds out by a first look how broad the strokes of a picture are: a digit that fills its picture needs few pixels and a
 * window broader than its strokes, a page of small digits the contrary. Strokes are worked on at a breadth of about
 * `stroke` pixels: broader ones are clearer, and sooner read, when they are made smaller.
 */
export function writingScale(grey: GreyImage | GreyRows, isInkDark: boolean, stroke: number): WritingScale {
  return scoped(() => scaleOf(grey, isInkDark, stroke));
}

function scaleOf(grey: GreyImage | GreyRows, isInkDark: boolean, stroke: number): WritingScale {
  const small = lookAt(grey);
  const ink = withoutRuledLines(foreground(small, { isInkDark, window: LARGEST_WINDOW, side: 96 }));
  const marks = writing(findMarks(ink), ink).filter((mark) => !isMargin(mark, small));
  if (marks.length === 0) return fineScale(grey);
  const longest = Math.max(grey.width, grey.height);
  const strokes = new Map(marks.map((mark) => [mark, strokeOf(ink, mark)]));
  const found = Math.max(
    1,
    weightedMedian(marks, (mark) => strokes.get(mark) ?? 0, massOf),
  );
  const window = (WINDOW_IN_STROKES * found) / Math.min(small.width, small.height);
  return {
    side: Math.min(longest, Math.round((Math.max(small.width, small.height) * stroke) / found)),
    window: Math.min(LARGEST_WINDOW, Math.max(LEAST_WINDOW, window)),
  };
}

/** Shadows and tables reach over a corner or along a whole side of the picture. */
function isMargin({ box: { x, y, width, height } }: Mark, image: GreyImage): boolean {
  const sides = [x === 0, y === 0, x + width === image.width, y + height === image.height];
  const touched = sides.filter(Boolean).length;
  return touched > 1 || (touched === 1 && (width > 0.7 * image.width || height === image.height));
}
