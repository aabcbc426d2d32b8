import type { Picture } from "../../src/image/picture.ts";

/** One pixel's red, green, blue and alpha, whether the picture has alpha or not. */
export function pixelOf({ width, height, data }: Picture, index: number): number[] {
  const channels = data.length / (width * height);
  const pixel = [...data.subarray(index * channels, (index + 1) * channels)];
  return channels === 3 ? [...pixel, 255] : pixel;
}

/** All pixels, one after the other. */
export function rgbaOf(picture: Picture): number[] {
  return Array.from({ length: picture.width * picture.height }, (_, i) => pixelOf(picture, i)).flat();
}
