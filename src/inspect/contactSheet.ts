import { drawText, glyphSize, textWidth } from "../draw/font.ts";
import type { GreyPixels, LabelledPicture } from "./pictures.ts";

/** Each pixel of a picture is so many pixels high and wide. */
const scale = 2;
const gap = 10;
/** Between a picture and its label. */
const labelGap = 5;
const textScale = 2;
const paper = 40;
const textLevel = 200;

/** What stands under a picture: its caption or label, or its number in the file where there is neither. */
export function captionOf({ caption, label, index }: LabelledPicture): string {
  if (caption !== undefined) return caption;
  return label === undefined ? `#${index}` : String(label);
}

/** How pictures stand on a sheet. */
export interface SheetLayout {
  /** Pictures in a row; about as many as there are rows unless given. */
  readonly columns?: number;
  /** Whether the first column stands apart, and no picture has its label. */
  readonly isComparison?: boolean;
}

/** A sheet with all `pictures`, row by row, each picture with its label under it. */
export function contactSheet(pictures: readonly LabelledPicture[], layout: SheetLayout = {}): GreyPixels {
  const { columns = Math.max(1, Math.ceil(Math.sqrt(pictures.length))), isComparison = false } = layout;
  const most = (side: "width" | "height") => Math.max(1, ...pictures.map((picture) => picture[side])) * scale;
  const cell = { width: most("width"), height: most("height") };
  const labelHeight = isComparison ? 0 : labelGap + glyphSize.height * textScale;
  const step = { x: cell.width + gap, y: cell.height + labelHeight + gap };
  const apart = isComparison ? gap : 0;
  const rows = Math.ceil(pictures.length / columns);
  const sheet = {
    width: Math.min(columns, pictures.length) * step.x + gap + apart,
    height: rows * step.y + gap,
  };
  const pixels = new Uint8Array(sheet.width * sheet.height).fill(paper);
  const fill = (left: number, top: number, size: number, level: number): void => {
    for (let y = top; y < top + size; y++) {
      pixels.fill(level, y * sheet.width + left, y * sheet.width + left + size);
    }
  };
  for (const [i, picture] of pictures.entries()) {
    const column = i % columns;
    const left = gap + column * step.x + (column > 0 ? apart : 0);
    const top = gap + Math.floor(i / columns) * step.y;
    const inset = {
      x: (cell.width - picture.width * scale) >> 1,
      y: (cell.height - picture.height * scale) >> 1,
    };
    picture.pixels.forEach((level, at) => {
      const [x, y] = [at % picture.width, Math.floor(at / picture.width)];
      fill(left + inset.x + x * scale, top + inset.y + y * scale, scale, level);
    });
    if (isComparison) continue;
    const caption = captionOf(picture);
    const textLeft = left + Math.max(0, (cell.width - textWidth(caption) * textScale) >> 1);
    drawText(caption, (x, y) => {
      const from = textLeft + x * textScale;
      if (from + textScale > left + step.x) return; // no room for so long a caption
      fill(from, top + cell.height + labelGap + y * textScale, textScale, textLevel);
    });
  }
  return { ...sheet, pixels };
}
