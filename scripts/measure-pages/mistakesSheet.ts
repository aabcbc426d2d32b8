import sharp from "sharp";
import type { Box } from "../../src/image/picture.ts";
import type { ReadPage } from "./tally.ts";

/** What went wrong at a place of a page. */
interface PageMistake {
  readonly path: string;
  readonly box: Box;
  readonly text: string;
}

const CELL = { side: 120, text: 18, gap: 6 };
const COLUMNS = 10;

/** More than these nobody looks at. */
const MOST = 200;

/** What part of a page is shown around a box, in parts of its longer side. */
const AROUND = 2.2;

/** A PNG of every mistake: the page around it, and what was read. */
export async function mistakesSheet(pages: readonly ReadPage[]): Promise<Buffer> {
  const mistakes = pages.flatMap(mistakesOf).slice(0, MOST);
  const layers: { input: Buffer; left: number; top: number }[] = [];
  const texts: string[] = [];
  for (const [i, { path, box, text }] of mistakes.entries()) {
    const left = CELL.gap + (i % COLUMNS) * (CELL.side + CELL.gap);
    const top = CELL.gap + Math.floor(i / COLUMNS) * (CELL.side + CELL.text + CELL.gap);
    layers.push({ input: await around(path, box), left, top });
    texts.push(`<text x="${left}" y="${top + CELL.side + 13}" font-size="10">${text}</text>`);
  }
  const width = COLUMNS * (CELL.side + CELL.gap) + CELL.gap;
  const rows = Math.max(1, Math.ceil(mistakes.length / COLUMNS));
  const height = rows * (CELL.side + CELL.text + CELL.gap) + CELL.gap;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif"><rect width="100%" height="100%" fill="#fff"/>${texts.join("")}</svg>`;
  return sharp(Buffer.from(svg)).composite(layers).png().toBuffer();
}

function mistakesOf({ path, matched }: ReadPage): PageMistake[] {
  const page = path.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");
  const percent = (confidence: number) => `${(100 * confidence).toFixed(0)} %`;
  return [
    ...matched.digits
      .filter(({ outcome }) => outcome !== "right")
      .map(({ truth, read, outcome }) => {
        const as = outcome === "misread" && read ? `as ${read.digit} ${percent(read.confidence)}` : outcome;
        return { path, box: truth.box, text: `${page}: ${truth.digit} ${as}` };
      }),
    ...matched.extra.map(({ digit, confidence, box }) => ({
      path,
      box,
      text: `${page}: extra ${digit} ${percent(confidence)}`,
    })),
    ...matched.marks.map(({ box }) => ({ path, box, text: `${page}: a mark, "?"` })),
  ];
}

/** The page around a box, a red frame about the box. */
async function around(path: string, box: Box): Promise<Buffer> {
  const picture = sharp(path);
  const { width, height } = await picture.metadata();
  const half = (AROUND * Math.max(box.width, box.height, 8)) / 2;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const left = Math.max(0, Math.floor(x - half));
  const top = Math.max(0, Math.floor(y - half));
  const part = {
    left,
    top,
    width: Math.min(width, Math.ceil(x + half)) - left,
    height: Math.min(height, Math.ceil(y + half)) - top,
  };
  const scale = CELL.side / Math.max(part.width, part.height);
  const cut = await picture
    .extract(part)
    .resize(Math.max(1, Math.round(scale * part.width)), Math.max(1, Math.round(scale * part.height)))
    .toBuffer({ resolveWithObject: true });
  const [frameX, frameY] = [scale * (box.x - left), scale * (box.y - top)];
  const frame = `<svg xmlns="http://www.w3.org/2000/svg" width="${cut.info.width}" height="${cut.info.height}"><rect x="${frameX}" y="${frameY}" width="${scale * box.width}" height="${scale * box.height}" fill="none" stroke="#e0245e"/></svg>`;
  return sharp(cut.data)
    .composite([{ input: Buffer.from(frame) }])
    .resize(CELL.side, CELL.side, { fit: "contain", background: "#eaeef2" })
    .png()
    .toBuffer();
}
