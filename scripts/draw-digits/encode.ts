import sharp from "sharp";
import type { DrawnDigit } from "./drawDigit.ts";

/** The picture as a PNG or JPEG file. */
export function encoded({
  pixels,
  width,
  height,
  quality,
}: Pick<DrawnDigit, "pixels" | "width" | "height" | "quality">): Promise<Buffer> {
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } });
  return (quality === undefined ? picture.png() : picture.jpeg({ quality })).toBuffer();
}

/** `0042-style.pen.paper.group.png`: what a failure may be sorted by. */
export function fileName(index: number, { style, pen, paper, group, quality }: DrawnDigit): string {
  const number = String(index).padStart(4, "0");
  return `${number}-${style}.${pen}.${paper}.${group}.${quality === undefined ? "png" : "jpg"}`;
}
