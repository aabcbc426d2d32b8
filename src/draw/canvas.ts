import { drawText, glyphSize, textWidth } from "./font.ts";

/** Red, green and blue, 0..255. */
export type Color = readonly [number, number, number];

/** Colours of everything that is drawn: on light paper, which stands on a light page and on a dark one alike. */
export const colors = {
  paper: [250, 250, 248],
  ink: [38, 40, 46],
  faint: [120, 123, 130],
  line: [226, 227, 230],
  good: [32, 120, 82],
  bad: [190, 52, 38],
} as const satisfies Record<string, Color>;

/** A picture that is drawn into; lengths in pixels, from the top left corner. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
  fill(left: number, top: number, width: number, height: number, color: Color): void;
  /** Grey levels, `[height, width]`, each drawn `scale` pixels high and wide. */
  grey(
    left: number,
    top: number,
    picture: { readonly width: number; readonly height: number; readonly pixels: ArrayLike<number> },
    scale: number,
  ): void;
  /** Text whose pixels are `scale` high and wide. */
  text(left: number, top: number, text: string, color: Color, scale: number): void;
  /** The same, read from bottom to top: `left` and `top` are still those of the corner of what is drawn. */
  textUpwards(left: number, top: number, text: string, color: Color, scale: number): void;
}

/** Paper of one size. */
export function createCanvas(width: number, height: number): Canvas {
  const pixels = new Uint8Array(width * height * 3);
  const fill = (left: number, top: number, across: number, down: number, color: Color): void => {
    const [red, green, blue] = color;
    const [first, end] = [Math.max(0, left), Math.min(width, left + across)];
    for (let y = Math.max(0, top); y < Math.min(height, top + down); y++) {
      for (let at = (y * width + first) * 3; at < (y * width + end) * 3; at += 3) {
        pixels[at] = red;
        pixels[at + 1] = green;
        pixels[at + 2] = blue;
      }
    }
  };
  fill(0, 0, width, height, colors.paper);
  return {
    width,
    height,
    pixels,
    fill,
    grey(left, top, picture, scale) {
      for (let i = 0; i < picture.pixels.length; i++) {
        const level = picture.pixels[i]!;
        const [x, y] = [i % picture.width, Math.floor(i / picture.width)];
        fill(left + x * scale, top + y * scale, scale, scale, [level, level, level]);
      }
    },
    text(left, top, text, color, scale) {
      drawText(text, (x, y) => fill(left + x * scale, top + y * scale, scale, scale, color));
    },
    textUpwards(left, top, text, color, scale) {
      const bottom = top + textWidth(text) * scale;
      drawText(text, (x, y) => fill(left + y * scale, bottom - (x + 1) * scale, scale, scale, color));
    },
  };
}

/** Where text begins that stands in the middle of `room` pixels from `from` on. */
export function centered(from: number, room: number, text: string, scale: number): number {
  return from + Math.max(0, (room - textWidth(text) * scale) >> 1);
}

/** How high a line of text is. */
export function lineHeight(scale: number): number {
  return glyphSize.height * scale;
}

/** The part of the way from `from` to `to` that `share` is, 0..1. */
export function mix(from: Color, to: Color, share: number): Color {
  const at = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [at(0), at(1), at(2)];
}
