import { foreground } from "./foreground.ts";
import type { GreyRows } from "./grey.ts";
import { addressOf, doublesAt, kernels, scoped } from "./kernels.ts";
import { findMarks, inkOfMarks, type Mark } from "./marks.ts";
import type { GreyImage } from "./picture.ts";
import { shrink } from "./resample.ts";
import { withoutRuledLines } from "./ruledLines.ts";
import { writing } from "./writing.ts";
import type { WritingScale } from "./writingScale.ts";

/** The longer side of the copy that the paper is looked for in, pixels. */
const PAPER_SIDE = 512;

/** What is written in a picture. */
export interface InkOfPicture {
  /** 0 paper .. 1 ink, at the size that it is worked on. */
  readonly ink: GreyImage;
  /** Its pieces that may be writing. */
  readonly marks: readonly Mark[];
}

/** Parts what is written from paper, shadows, ruled lines and the paper's edges, at a scale (see `writingScale`). */
export function inkOfPicture(
  grey: GreyImage | GreyRows,
  isInkDark: boolean,
  { side, window }: WritingScale,
): InkOfPicture {
  const ink = withoutRuledLines(foreground(shrink(grey, side), { isInkDark, window, side: PAPER_SIDE }));
  return { ink, marks: writing(findMarks(ink), ink) };
}

/**
 * The share of marks' ink that is nearly as dark as it gets: a pen's strokes are solid, however faint the pen, and what is
 * taken for ink on the wrong side is not.
 */
export function solidity({ ink, marks }: InkOfPicture): number {
  if (marks.length === 0) return 0;
  const sum = (of: (mark: Mark) => number) => marks.reduce((total, mark) => total + of(mark), 0);
  const level = sum(({ mass, level }) => mass * level) / sum(({ mass }) => mass);
  return scoped(() => {
    const { data } = inkOfMarks(ink, marks, []).ink;
    const [all, dark] = doublesAt(
      kernels().sums(addressOf(data), data.length, SOLID * level),
      2,
    ) as unknown as readonly [number, number];
    return all === 0 ? 0 : dark / all;
  });
}

/** What is dark, of the marks' own level. */
const SOLID = 0.8;
