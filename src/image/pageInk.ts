import { type GreyRows, greyRows } from "./grey.ts";
import { type InkOfPicture, inkOfPicture } from "./inkOfPicture.ts";
import type { GreyImage, Picture } from "./picture.ts";
import { shrink } from "./resample.ts";
import { fineScale, writingScale } from "./writingScale.ts";

/** Longest side of the copy that is worked on, pixels: small digits of a page keep enough of theirs. */
const WORKING_SIDE = 2048;

/** Strokes are made about so broad, pixels, if they are broader. */
const STROKE = 7;

/** A page in grey, no larger than it is worked on. */
export function greyOfPage(picture: Picture): GreyImage | GreyRows {
  const rows = greyRows(picture);
  return Math.max(rows.width, rows.height) > WORKING_SIDE ? shrink(rows, WORKING_SIDE) : rows;
}

/** What is written on a page, `fine` for fine writing whatever the breadth of its strokes seems to be. */
export function inkOfPage(
  grey: GreyImage | GreyRows,
  isInkDark: boolean,
  breadth: "measured" | "fine" = "measured",
): InkOfPicture {
  return inkOfPicture(
    grey,
    isInkDark,
    breadth === "fine" ? fineScale(grey) : writingScale(grey, isInkDark, STROKE),
  );
}
