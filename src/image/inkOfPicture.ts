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

/** Parts what is written from paper, shadows, ruled lines and the paper's edges. */
export function inkOfPicture(grey: GreyImage, isInkDark: boolean): InkOfPicture {
  const { side, window } = writingScale(grey, isInkDark);
  const ink = withoutRuledLines(foreground(shrink(grey, side), { isInkDark, window, side: PAPER_SIDE }));
  return { ink, marks: writing(findMarks(ink), ink) };
}
