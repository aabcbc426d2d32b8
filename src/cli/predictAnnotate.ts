import type { Color } from "../draw/canvas.ts";
import { drawText, glyphSize, textWidth } from "../draw/font.ts";
import { overlaps, scaledBox } from "../image/boxes.ts";
import type { Box, Picture } from "../image/picture.ts";
import type { DigitPrediction, Prediction } from "../recognition/prediction.ts";
import { stateOf } from "./predictText.ts";

/** Okabe and Ito's colours, which the colour blind tell apart (https://jfly.uni-koeln.de/color); labels differ too. */
const colors: Readonly<Record<ReturnType<typeof stateOf>, Color>> = {
  sure: [0, 114, 178],
  unsure: [213, 94, 0],
  mark: [0, 0, 0],
};

/** Around everything that is drawn, so that it shows on any paper. */
const halo: Color = [255, 255, 255];

/** Smaller pictures are drawn enlarged, since a label needs some pixels. */
const leastSide = 600;

/** The picture with a box around each digit and, beside it, what it was read as: `7`, `7?` where unsure, `?` for a mark. */
export function annotated(picture: Picture, { digits }: Prediction): Picture {
  const scale = Math.max(1, Math.floor(leastSide / Math.max(picture.width, picture.height)));
  const drawn = enlarged(picture, scale);
  // Boxes are in the pixels of the file, of which a large picture is a smaller copy.
  const boxScale = drawn.width / (picture.fullWidth ?? picture.width);
  const heights = digits.map(({ box }) => box.height * boxScale);
  const widest = strokesFor(drawn, heights);
  const boxes = digits.map(({ box }) =>
    clipped(grown(scaledBox(box, boxScale, boxScale), widest.line + widest.halo), drawn, widest.halo),
  );
  const strokes = fitting(widest, boxes, drawn);
  for (const [i, one] of digits.entries()) frame(drawn, boxes[i]!, colorOf(one), strokes);
  const taken = [...boxes];
  for (const [i, one] of digits.entries()) {
    const text = labelOf(one);
    const place = placeFor(text, boxes[i]!, taken, drawn, strokes);
    taken.push(place);
    label(drawn, place, text, colorOf(one), strokes);
  }
  return drawn;
}

interface Strokes {
  /** Width of a box's line. */
  readonly line: number;
  readonly halo: number;
  /** Size of a label's pixels. */
  readonly text: number;
}

/** In proportion to the digits, and not too fine for the picture as a whole. */
function strokesFor({ width, height }: Picture, heights: readonly number[]): Strokes {
  const middle = [...heights].sort((a, b) => a - b)[heights.length >> 1] ?? 0;
  const side = Math.max(width, height);
  const line = Math.round(Math.min(middle / 16, side / 250));
  const text = Math.round(Math.max(Math.min(middle / 18, side / 120), side / 900));
  return { line: Math.max(1, line), halo: Math.max(1, Math.round(line / 2)), text: Math.max(1, text) };
}

/** With labels so small, but no smaller than half, that most have room between the lines, over their digits. */
function fitting(strokes: Strokes, boxes: readonly Box[], within: Picture): Strokes {
  const least = Math.max(1, Math.floor(strokes.text / 2));
  for (let text = strokes.text; text > least; text--) {
    const sized = { ...strokes, text };
    const free = boxes.filter((box) => isFree(placesFor("0", box, sized)[0]!, boxes, within));
    if (free.length >= boxes.length * 0.98) return sized;
  }
  return { ...strokes, text: least };
}

function colorOf(one: DigitPrediction): Color {
  return colors[stateOf(one)];
}

function labelOf(one: DigitPrediction): string {
  return { sure: String(one.digit), unsure: `${one.digit}?`, mark: "?" }[stateOf(one)];
}

/** Beside the box, where it covers no other box and no other label; above it where there is no such place. */
function placeFor(text: string, box: Box, taken: readonly Box[], within: Picture, strokes: Strokes): Box {
  const places = placesFor(text, box, strokes);
  const above = places[0]!;
  return places.find((place) => isFree(place, taken, within)) ?? { ...above, y: Math.max(0, above.y) };
}

/** Where a box's label may stand, the best place first. */
function placesFor(text: string, box: Box, strokes: Strokes): readonly Box[] {
  const width = textWidth(text) * strokes.text + 2 * strokes.halo;
  const height = glyphSize.height * strokes.text + 2 * strokes.halo;
  const gap = strokes.halo;
  const [left, right] = [box.x - width - gap, box.x + box.width + gap];
  const [above, below] = [box.y - height - gap, box.y + box.height + gap];
  const middle = box.x + ((box.width - width) >> 1);
  return [
    { x: middle, y: above },
    { x: box.x, y: above },
    { x: right, y: box.y },
    { x: left, y: box.y },
    { x: right, y: box.y + box.height - height },
    { x: middle, y: below },
  ].map((place) => ({ ...place, width, height }));
}

function isFree(place: Box, taken: readonly Box[], within: Picture): boolean {
  const { x, y, width, height } = place;
  const isInside = x >= 0 && y >= 0 && x + width <= within.width && y + height <= within.height;
  return isInside && !taken.some((other) => overlaps(place, other));
}

function grown({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** What of a box lies in a picture, and not in its margin. */
function clipped(box: Box, picture: Picture, margin: number): Box {
  const [x, y] = [Math.max(margin, box.x), Math.max(margin, box.y)];
  const right = Math.min(picture.width - margin, box.x + box.width);
  const bottom = Math.min(picture.height - margin, box.y + box.height);
  return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

/** A copy, each pixel `scale` high and wide. */
function enlarged(picture: Picture, scale: number): Picture {
  const { width, height } = picture;
  const data = withAlpha(picture);
  if (scale === 1) return { width, height, data };
  const [across, down] = [width * scale, height * scale];
  const from = new Uint32Array(data.buffer);
  const to = new Uint32Array(across * down);
  for (let y = 0; y < down; y++) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < across; x++) to[y * across + x] = from[row + Math.floor(x / scale)]!;
  }
  return { width: across, height: down, data: new Uint8Array(to.buffer) };
}

/** A copy of the pixels, RGBA. */
function withAlpha({ width, height, data }: Picture): Uint8Array {
  if (data.length === width * height * 4) return Uint8Array.from(data);
  const result = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) result.set(data.subarray(i * 3, i * 3 + 3), i * 4);
  return result;
}

function fill({ width, height, data }: Picture, box: Box, [red, green, blue]: Color): void {
  const [first, end] = [Math.max(0, box.x), Math.min(width, box.x + box.width)];
  for (let y = Math.max(0, box.y); y < Math.min(height, box.y + box.height); y++) {
    for (let x = first; x < end; x++) {
      const at = (y * width + x) * 4;
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] = 255;
    }
  }
}

/** The line lies inside `box`'s edges; its halo on both sides of it. */
function frame(picture: Picture, box: Box, color: Color, strokes: Strokes): void {
  outline(picture, grown(box, strokes.halo), strokes.line + 2 * strokes.halo, halo);
  outline(picture, box, strokes.line, color);
}

function outline(picture: Picture, box: Box, line: number, color: Color): void {
  const { x, y, width, height } = box;
  fill(picture, { x, y, width, height: line }, color);
  fill(picture, { x, y: y + height - line, width, height: line }, color);
  fill(picture, { x, y, width: line, height }, color);
  fill(picture, { x: x + width - line, y, width: line, height }, color);
}

function label(picture: Picture, place: Box, text: string, color: Color, strokes: Strokes): void {
  const pixels: Box[] = [];
  drawText(text, (x, y) =>
    pixels.push({
      x: place.x + strokes.halo + x * strokes.text,
      y: place.y + strokes.halo + y * strokes.text,
      width: strokes.text,
      height: strokes.text,
    }),
  );
  for (const pixel of pixels) fill(picture, grown(pixel, strokes.halo), halo);
  for (const pixel of pixels) fill(picture, pixel, color);
}
