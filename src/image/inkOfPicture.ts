import { foreground } from "./foreground.ts";
import { findMarks, type Mark } from "./marks.ts";
import type { GreyImage } from "./picture.ts";
import { shrink } from "./resample.ts";
import { withoutRuledLines } from "./ruledLines.ts";
import { writing } from "./writing.ts";
import { writingScale } from "./writingScale.ts";

/** The longer side of the copy that the paper is looked for in, pixels. */
const PAPER_SIDE = 512;

/** What is written in a picture. */
export interface InkOfPicture {
  /** 0 paper .. 1 ink, at the size that it is worked on. */
  readonly ink: GreyImage;
  /** Its pieces that may be writing. */
  readonly marks: readonly Mark[];
}

/** Parts what is written from paper, shadows, ruled lines and the paper's edges, with strokes made about `stroke` pixels broad. */
export function inkOfPicture(grey: GreyImage, isInkDark: boolean, stroke: number): InkOfPicture {
  const { side, window } = writingScale(grey, isInkDark, stroke);
  const ink = withoutRuledLines(foreground(shrink(grey, side), { isInkDark, window, side: PAPER_SIDE }));
  return { ink, marks: writing(findMarks(ink), ink) };
}

/** The share of the ink that is dark: a pen's strokes are solid, and what is taken for ink on the wrong side is not. */
export function solidity({ data }: GreyImage): number {
  let [dark, all] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    all += value;
    if (value > 0.6) dark += value;
  }
  return all === 0 ? 0 : dark / all;
}
