import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { MnistError } from "../../src/core/errors.ts";
import { allowOnlyFormats, decodePicture } from "../../src/node/decodePicture.ts";
import { pixelOf } from "./rgba.ts";

/** 4 x 2 pixels, the left half of one colour and the right half of another. */
function halves(left: readonly number[], right: readonly number[]): Sharp {
  const row = [...left, ...left, ...right, ...right];
  const channels = left.length as 1 | 2 | 3 | 4;
  return sharp(Buffer.from([...row, ...row]), { raw: { width: 4, height: 2, channels } });
}

const RED = [200, 40, 20] as const;
const BLUE = [10, 60, 220] as const;

function noise(): Sharp {
  const data = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i * 31 + i * 17) % 251));
  return sharp(data, { raw: { width: 64, height: 48, channels: 3 } });
}

async function failure(bytes: Uint8Array, name: string): Promise<string> {
  const error = await decodePicture(bytes, name).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MnistError);
  if (!(error instanceof MnistError)) throw new Error("expected an MnistError");
  expect(error.code).toBe("BAD_IMAGE");
  expect(error.message).not.toContain("\n");
  return error.message;
}

describe("every kind of PNG and JPEG becomes RGB or RGBA of 8 bits", () => {
  test.each([
    ["RGB", () => halves(RED, BLUE).png(), [...RED, 255], [...BLUE, 255]],
    ["RGBA", () => halves([...RED, 255], [...BLUE, 100]).png(), [...RED, 255], [...BLUE, 100]],
    ["palette", () => halves(RED, BLUE).png({ palette: true }), [...RED, 255], [...BLUE, 255]],
    ["grey", () => halves([30], [220]).toColourspace("b-w").png(), [30, 30, 30, 255], [220, 220, 220, 255]],
    [
      "grey and alpha",
      () => halves([30, 255], [220, 128]).toColourspace("b-w").png(),
      [30, 30, 30, 255],
      [220, 220, 220, 128],
    ],
    ["RGB of 16 bits", () => halves(RED, BLUE).toColourspace("rgb16").png(), [...RED, 255], [...BLUE, 255]],
    [
      "grey of 16 bits",
      () => halves([30], [220]).toColourspace("grey16").png(),
      [30, 30, 30, 255],
      [220, 220, 220, 255],
    ],
    ["interlaced", () => halves(RED, BLUE).png({ progressive: true }), [...RED, 255], [...BLUE, 255]],
  ])("PNG, %s", async (_, make, left, right) => {
    const picture = await decodePicture(await make().toBuffer(), "digit.png");
    expect([picture.width, picture.height]).toEqual([4, 2]);
    expect(pixelOf(picture, 0)).toEqual(left);
    expect(pixelOf(picture, 7)).toEqual(right);
  });

  test.each([
    ["RGB", () => halves(RED, BLUE).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }), RED, BLUE, 4],
    ["progressive", () => halves(RED, BLUE).jpeg({ quality: 100, progressive: true }), RED, BLUE, 60],
    [
      "grey",
      () => halves([30], [220]).toColourspace("b-w").jpeg({ quality: 100 }),
      [30, 30, 30],
      [220, 220, 220],
      2,
    ],
    // Without a profile, CMYK goes through a printer's inks and back: only about the same.
    [
      "CMYK",
      () => halves([40, 40, 40], [230, 230, 200]).toColourspace("cmyk").jpeg({ quality: 100 }),
      [40, 40, 40],
      [230, 230, 200],
      45,
    ],
  ])("JPEG, %s", async (_, make, left, right, tolerance) => {
    const picture = await decodePicture(await make().toBuffer(), "digit.jpg");
    expect([picture.width, picture.height]).toEqual([4, 2]);
    for (const [index, colour] of [[0, left] as const, [7, right] as const]) {
      const found = pixelOf(picture, index);
      for (const [channel, value] of colour.entries()) {
        expect(Math.abs((found[channel] ?? 0) - value)).toBeLessThanOrEqual(tolerance);
      }
      expect(found[3]).toBe(255);
    }
  });

  // Where the light half of a picture, stored at the right, is to be seen (Exif 2.32, 4.6.4, tag 274).
  test.each([
    [1, "right"],
    [2, "left"],
    [3, "left"],
    [4, "right"],
    [5, "bottom"],
    [6, "bottom"],
    [7, "top"],
    [8, "top"],
  ])("JPEG, Exif orientation %i: light at the %s", async (orientation, side) => {
    const stored = Buffer.from(Array.from({ length: 32 * 16 }, (_, i) => (i % 32 < 16 ? 0 : 255)));
    const bytes = await sharp(stored, { raw: { width: 32, height: 16, channels: 1 } })
      .withMetadata({ orientation })
      .jpeg()
      .toBuffer();
    const picture = await decodePicture(bytes, "photo.jpg");
    const { width, height } = picture;
    expect([width, height]).toEqual(orientation < 5 ? [32, 16] : [16, 32]);
    const middle = { right: [width - 4, 8], left: [3, 8], top: [8, 3], bottom: [8, height - 4] }[side] ?? [];
    const [x = 0, y = 0] = middle;
    const opposite = (height - 1 - y) * width + (width - 1 - x);
    expect(pixelOf(picture, y * width + x)[0]).toBeGreaterThan(200);
    expect(pixelOf(picture, opposite)[0]).toBeLessThan(50);
  });
});

describe("what is refused", () => {
  test("a text with an image's name", async () => {
    expect(await failure(Buffer.from("hello world"), "digit.png")).toBe(
      'digit.png: not a PNG or JPEG image (it begins with "hello wor…"); give a PNG or JPEG file',
    );
  });

  test("bytes that are no text, and none at all", async () => {
    expect(await failure(Uint8Array.of(0, 1, 2, 255), "a")).toContain(
      "it begins with the bytes 00 01 02 ff)",
    );
    expect(await failure(new Uint8Array(0), "digit.png")).toBe(
      "digit.png: the file is empty; give a PNG or JPEG file",
    );
  });

  test("another kind of image, named by what it is and not by its name", async () => {
    const bytes = await halves(RED, BLUE).webp().toBuffer();
    expect(await failure(bytes, "digit.png")).toContain(
      "digit.png: a WebP image, and only PNG and JPEG are read",
    );
    const gif = await halves(RED, BLUE).gif().toBuffer();
    expect(await failure(gif, "digit.png")).toContain("a GIF image");
  });

  test("an image that is cut short anywhere", async () => {
    for (const [bytes, name] of [
      [await noise().png().toBuffer(), "digit.png"],
      [await noise().jpeg().toBuffer(), "digit.jpg"],
    ] as const) {
      for (const share of [0.02, 0.2, 0.5, 0.9]) {
        const part = bytes.subarray(0, Math.max(12, Math.floor(bytes.length * share)));
        expect(await failure(part, name)).toMatch(
          /^digit\.(png: the PNG|jpg: the JPEG) image cannot be decoded \(/,
        );
      }
    }
  });

  test("a PNG with a flipped bit in its pixels", async () => {
    const bytes = await noise().png().toBuffer();
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    expect(await failure(bytes, "digit.png")).toContain("cannot be decoded");
  });
});

describe("headers that lie about the size", () => {
  test("a JPEG that claims 65,535 x 65,535, and one of 60,000 x 60,000", async () => {
    const bytes = await noise().jpeg().toBuffer();
    const frame = bytes.indexOf(Uint8Array.of(0xff, 0xc0));
    for (const side of [65_535, 60_000]) {
      bytes.writeUInt16BE(side, frame + 5);
      bytes.writeUInt16BE(side, frame + 7);
      const message = await failure(bytes, "bomb.jpg");
      if (side === 60_000) expect(message).toContain("60000 x 60000 pixels, and at most 25,000,000");
    }
  });

  test("a PNG of 65,536 x 65,536", async () => {
    const bytes = await noise().png().toBuffer();
    bytes.writeUInt32BE(65_536, 16);
    bytes.writeUInt32BE(65_536, 20);
    const before = process.memoryUsage().rss;
    expect(await failure(bytes, "bomb.png")).toContain(
      "65536 x 65536 pixels, and at most 25,000,000 are decoded",
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

// The last test: what it blocks stays blocked in this process.
test("a program may leave no decoder but PNG's and JPEG's in memory", async () => {
  const webp = await halves(RED, BLUE).webp().toBuffer();
  const png = await halves(RED, BLUE).png().toBuffer();
  const jpeg = await halves(RED, BLUE).jpeg().toBuffer();
  await decodePicture(png, "digit.png");
  expect((await sharp(webp).metadata()).format).toBe("webp");
  allowOnlyFormats();
  await expect(sharp(webp).metadata()).rejects.toThrow("unsupported image format");
  expect((await decodePicture(png, "digit.png")).width).toBe(4);
  expect((await decodePicture(jpeg, "digit.jpg")).width).toBe(4);
});
