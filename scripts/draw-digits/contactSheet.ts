import sharp from "sharp";
import type { DrawnDigit } from "./drawDigit.ts";
import { encoded } from "./encode.ts";

const CELL = 76;
const GAP = 4;
const COLUMNS = 10;

/** A PNG of all pictures, ten in a row. */
export async function contactSheet(drawn: readonly DrawnDigit[]): Promise<Buffer> {
  const step = CELL + GAP;
  const cells = await Promise.all(
    drawn.map(async (one, i) => ({
      input: await sharp(await encoded(one))
        .resize(CELL, CELL, { fit: "contain", background: "#d8dce0" })
        .png()
        .toBuffer(),
      left: GAP + (i % COLUMNS) * step,
      top: GAP + Math.floor(i / COLUMNS) * step,
    })),
  );
  const width = Math.min(COLUMNS, drawn.length) * step + GAP;
  const height = Math.ceil(drawn.length / COLUMNS) * step + GAP;
  return sharp({ create: { width, height, channels: 3, background: "#d8dce0" } })
    .composite(cells)
    .png({ palette: true, colours: 128 })
    .toBuffer();
}
