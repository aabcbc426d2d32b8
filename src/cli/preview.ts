import { captionOf } from "../inspect/contactSheet.ts";
import type { LabelledPicture } from "../inspect/pictures.ts";
import { type Io, type Output, usesColor } from "./terminal.ts";

const gap = 2;

/** How a terminal shows grey: any level, the 24 greys of its 256 colours, or characters that are more or less dark. */
type Shades = "all" | "some" | "characters";

/**
 * Pictures side by side in rows as wide as the terminal, each with its caption over it. A character is two pixels, one
 * above the other; pictures are made half as large where fewer than five of them would stand in a row.
 */
export function previewText(pictures: readonly LabelledPicture[], output: Output, io: Io): string {
  const shades = shadesOf(output, io);
  const columnsThere = output.columns || 80; // a terminal that does not know its width says 0
  const fits = (width: number) => Math.max(1, Math.floor((columnsThere + gap) / (width + gap)));
  const widest = Math.max(...pictures.map(({ width }) => width));
  // Characters have one level for two pixels: half as large they would show nothing.
  const isHalved = shades !== "characters" && fits(widest) < 5;
  const tiles = isHalved ? pictures.map(halved) : pictures;
  const width = Math.max(...tiles.flatMap((tile) => [tile.width, captionOf(tile).length]));
  const columns = fits(width);
  const lines: string[] = [];
  for (let start = 0; start < tiles.length; start += columns) {
    const row = tiles.slice(start, start + columns);
    const rows = Math.ceil(Math.max(...row.map(({ height }) => height)) / 2);
    if (start > 0) lines.push("");
    lines.push(
      row
        .map((tile) => captionOf(tile).padEnd(width + gap))
        .join("")
        .trimEnd(),
    );
    for (let y = 0; y < rows; y++) {
      lines.push(
        row.map((tile) => line(tile, y * 2, shades) + " ".repeat(width - tile.width)).join(" ".repeat(gap)),
      );
    }
  }
  return `${lines.map((text) => (shades === "characters" ? text.trimEnd() : text)).join("\n")}\n`;
}

/** One picture as lines of characters, half as large where that shows something. */
export function pictureLines(
  picture: LabelledPicture,
  output: Output,
  io: Io,
): { readonly width: number; readonly lines: readonly string[] } {
  const shades = shadesOf(output, io);
  const tile = shades === "characters" ? picture : halved(picture);
  const rows = Math.ceil(tile.height / 2);
  return { width: tile.width, lines: Array.from({ length: rows }, (_, row) => line(tile, row * 2, shades)) };
}

function shadesOf(output: Output, io: Io): Shades {
  if (!usesColor(output, io)) return "characters";
  return /^(truecolor|24bit)$/.test(io.env.COLORTERM ?? "") ? "all" : "some";
}

const ramp = " .:-=+*#%@";

/** The rows `y` and `y + 1` of a picture as one line of characters. */
function line({ width, height, pixels }: LabelledPicture, y: number, shades: Shades): string {
  if (y >= height) return " ".repeat(width);
  let text = "";
  for (let x = 0; x < width; x++) {
    const upper = pixels[y * width + x] ?? 0;
    const lower = y + 1 < height ? (pixels[(y + 1) * width + x] ?? 0) : 0;
    if (shades === "characters") {
      text += ramp[Math.round(((upper + lower) / 510) * (ramp.length - 1))];
    } else {
      text += `\x1b[38;${color(upper, shades)};48;${color(lower, shades)}m▀`;
    }
  }
  return shades === "characters" ? text : `${text}\x1b[0m`;
}

/** A grey as the parameter of a colour sequence (ISO 8613-6; greys of xterm's 256 colours are 232 to 255). */
function color(level: number, shades: "all" | "some"): string {
  if (shades === "all") return `2;${level};${level};${level}`;
  if (level < 4) return "5;16"; // black; the greys begin at 8
  return `5;${level > 246 ? 231 : 232 + Math.min(23, Math.round((level - 8) / 10))}`;
}

/** Half as wide and high: the mean of each four pixels. */
function halved(picture: LabelledPicture): LabelledPicture {
  const [width, height] = [Math.ceil(picture.width / 2), Math.ceil(picture.height / 2)];
  const pixels = new Uint8Array(width * height);
  const at = (x: number, y: number) =>
    x < picture.width && y < picture.height ? (picture.pixels[y * picture.width + x] ?? 0) : 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1);
      pixels[y * width + x] = Math.round(sum / 4);
    }
  }
  return { ...picture, width, height, pixels };
}
