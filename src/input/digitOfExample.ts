import { MnistError } from "../core/errors.ts";
import type { MnistExample } from "../formats/mnistExample.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import { decodeGreyPng, isGreyPng } from "../formats/png.ts";
import { MAX_PIXELS } from "../image/acceptedImage.ts";
import { digitFromPicture } from "../image/digitFromPicture.ts";
import { toGrey } from "../image/grey.ts";
import type { DecodePicture, Picture } from "../image/picture.ts";

/**
 * Puts the picture of `example` into `image` as MNIST has it, `[28, 28]`, grey: as it is where it is 28x28, by its luma
 * where it is in colour, and by the way that a picture to predict goes where it has another size.
 *
 * @returns a promise only where a picture needs `decodePicture`, which plain grey PNGs and raw pixels do not.
 * @throws MnistError `BAD_DATA` where there is no such picture in it; `UNSUPPORTED` without `decodePicture`.
 */
export function digitOfExample(
  example: MnistExample,
  image: Uint8Array,
  decodePicture: DecodePicture | undefined,
): Promise<void> | undefined {
  const { height, width, channels, encoding, bytes } = example;
  const isDigit = height === mnistSize && width === mnistSize;
  if (encoding === "raw") {
    if (isDigit && channels === 1) image.set(bytes);
    else toDigit(rawPicture(example), image);
    return undefined;
  }
  if (isDigit && encoding === "png" && isGreyPng(bytes)) {
    decodeGreyPng(bytes, example, image);
    return undefined;
  }
  if (decodePicture === undefined) {
    throw new MnistError(
      "UNSUPPORTED",
      `the picture is ${encoding === "png" ? "no plain grey PNG" : "a JPEG"}, and nothing to decode it was given`,
    );
  }
  return decodePicture(bytes, "its picture").then((picture) => {
    if (picture.height !== height || picture.width !== width) {
      throw new MnistError(
        "BAD_DATA",
        `its picture is ${picture.width} pixels wide and ${picture.height} high, expected ${width} and ${height}`,
      );
    }
    toDigit(picture, image);
  });
}

function toDigit(picture: Picture, image: Uint8Array): void {
  if (picture.width === mnistSize && picture.height === mnistSize) {
    const grey = toGrey(picture).data;
    for (let i = 0; i < grey.length; i++) image[i] = Math.round((grey[i] as number) * 255);
    return;
  }
  const digit = digitFromPicture(picture);
  if (digit === undefined) throw new MnistError("BAD_DATA", "nothing is drawn on its picture");
  image.set(digit.pixels);
}

/** Raw pixels, `[height, width, channels]`: grey, grey and alpha, RGB or RGBA. */
function rawPicture({ height, width, channels, bytes }: MnistExample): Picture {
  if (height * width > MAX_PIXELS) {
    const most = MAX_PIXELS.toLocaleString("en-US");
    throw new MnistError(
      "BAD_DATA",
      `its picture is ${width} x ${height} pixels, expected at most ${most} of them`,
    );
  }
  if (height * width === 0 || channels > 4) {
    throw new MnistError(
      "BAD_DATA",
      `its picture is ${height}x${width}x${channels}, expected 1 to 4 channels`,
    );
  }
  const data = new Uint8Array(height * width * 4).fill(255);
  const hasAlpha = channels % 2 === 0;
  const isGrey = channels < 3;
  for (let from = 0, to = 0; to < data.length; from += channels, to += 4) {
    for (let color = 0; color < 3; color++) data[to + color] = bytes[from + (isGrey ? 0 : color)] as number;
    if (hasAlpha) data[to + 3] = bytes[from + channels - 1] as number;
  }
  return { width, height, data };
}
