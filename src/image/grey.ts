import { MnistError } from "../core/errors.ts";
import type { Address, Kernels } from "./kernelExports.ts";
import { bytesAt, computed, doublesAt, imageOf } from "./kernels.ts";
import { borderPixels, type GreyImage, type Picture } from "./picture.ts";

// The luma of Rec. ITU-R BT.601, as in kernels/grey.ts.
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** An image whose pixels are computed where they are needed: all of a photograph's would take longer to store than to compute. */
export interface GreyRows {
  readonly width: number;
  readonly height: number;
  /** Writes the rows `from` .. `to` - 1 to an address. */
  write(from: number, to: number, address: Address): void;
}

/** A picture's brightness as an image: see {@link greyRows}. */
export function toGrey(picture: Picture): GreyImage {
  const rows = greyRows(picture);
  const { width, height } = rows;
  return imageOf(width, height, (_, to) => rows.write(0, height, to));
}

/**
 * A picture's brightness, 0 black .. 1 white (BT.601 luma). Where the picture is transparent, the paper shows
 * through. Its brightness is the median of the border where at least half of the border is opaque; otherwise
 * what is drawn is ink, and the paper is white under dark ink and black under light ink.
 *
 * Throws BAD_IMAGE when the data do not fit the width and the height.
 */
export function greyRows(picture: Picture): GreyRows {
  const { width, height, data } = picture;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new MnistError(
      "BAD_IMAGE",
      `picture: its size is ${width} x ${height}, expected whole numbers above 0`,
    );
  }
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new MnistError(
      "BAD_IMAGE",
      `picture: ${data.length} bytes of pixels, expected ${width * height * 4} (${width} x ${height} x 4, RGBA) or, RGB, ${width * height * 3}`,
    );
  }
  const paper = channels === 3 || isOpaque(picture) ? undefined : brightnessBehind(picture);
  return {
    width,
    height,
    write: (from, to, address) =>
      eachStrip(picture, channels, from * width, to * width, (kernels, pixels, count, begin) => {
        const at = address + (begin - from * width) * 4;
        if (channels === 3) kernels.greyOfRgb(pixels, count, at);
        else kernels.grey(pixels, count, at);
        if (paper !== undefined) kernels.showPaper(pixels, count, at, paper);
      }),
  };
}

/** So many pixels of a picture are in the kernels' memory at once. */
const STRIP = 1 << 15;

/** Gives the kernels the pixels `from` .. `to` - 1 of a picture strip by strip: `count` at `pixels`, `begin` being the first. */
function eachStrip(
  { data }: Picture,
  channels: number,
  from: number,
  to: number,
  work: (kernels: Kernels, pixels: Address, count: number, begin: number) => void,
): void {
  computed((kernels) => {
    // What is read of four pixels at a time may be four bytes behind the last of three channels.
    const pixels = kernels.reserve(Math.min(STRIP, to - from) * 4 + 4);
    for (let begin = from; begin < to; begin += STRIP) {
      const count = Math.min(STRIP, to - begin);
      bytesAt(pixels, count * channels).set(data.subarray(begin * channels, (begin + count) * channels));
      work(kernels, pixels, count, begin);
    }
  });
}

function isOpaque(picture: Picture): boolean {
  let result = true;
  eachStrip(picture, 4, 0, picture.width * picture.height, (kernels, rgba, count) => {
    if (kernels.isOpaque(rgba, count) === 0) result = false;
  });
  return result;
}

/** The brightness of the paper behind a picture that is transparent in places. */
function brightnessBehind(picture: Picture): number {
  const { width, height, data } = picture;
  const histogram = new Uint32Array(256);
  let opaque = 0;
  const border = borderPixels(width, height);
  for (const i of border) {
    if (data[i * 4 + 3]! < 128) continue;
    const luma = RED * data[i * 4]! + GREEN * data[i * 4 + 1]! + BLUE * data[i * 4 + 2]!;
    histogram[Math.round(luma)]!++;
    opaque++;
  }
  if (opaque * 2 >= border.length) {
    let level = 0;
    for (let below = histogram[0]!; below * 2 < opaque; below += histogram[level]!) level++;
    return level / 255;
  }
  return computed((kernels) => {
    const sums = kernels.reserve(16);
    doublesAt(sums, 2).fill(0);
    eachStrip(picture, 4, 0, width * height, (_, rgba, count) => kernels.addVisible(rgba, count, sums));
    const [ink, weight] = doublesAt(sums, 2) as unknown as readonly [number, number];
    return ink < 127.5 * weight ? 1 : 0;
  });
}
