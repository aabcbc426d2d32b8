import { crc32, deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { parseAllowedFormats } from "../../src/cli/allowFormats.ts";
import { MnistError } from "../../src/core/errors.ts";
import { imageFormats } from "../../src/image/imageType.ts";
import type { Picture } from "../../src/image/picture.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { pixelOf, rgbaOf } from "./rgba.ts";

const SIDE = 48;
/** Four quarters of known colours, broad enough that no coder of blocks mixes them. */
const QUARTERS = [
  [200, 40, 20],
  [20, 180, 60],
  [10, 60, 220],
  [240, 240, 200],
] as const;

function quarters(): Sharp {
  const data = Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    return QUARTERS[(y < SIDE / 2 ? 0 : 2) + (x < SIDE / 2 ? 0 : 1)] ?? [];
  }).flat();
  return sharp(Buffer.from(data), { raw: { width: SIDE, height: SIDE, channels: 3 } });
}

/** The colours in the middles of the quarters: top left, top right, bottom left, bottom right. */
function middles(picture: Picture): number[][] {
  const { width, height } = picture;
  return [0.25, 0.75].flatMap((down) =>
    [0.25, 0.75].map((right) =>
      pixelOf(picture, Math.floor(down * height) * width + Math.floor(right * width)),
    ),
  );
}

function expectQuarters(picture: Picture, tolerance: number, order: readonly number[] = [0, 1, 2, 3]): void {
  for (const [i, found] of middles(picture).entries()) {
    const wanted = [...(QUARTERS[order[i] ?? 0] ?? []), 255];
    for (const [c, value] of wanted.entries())
      expect(Math.abs((found[c] ?? 999) - value), `quarter ${i}, channel ${c}`).toBeLessThanOrEqual(
        tolerance,
      );
  }
}

async function failure(
  bytes: Uint8Array,
  allowFormats: (typeof imageFormats)[number][] = [],
): Promise<string> {
  const error = await decodePicture(bytes, "file", { allowFormats }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MnistError)) throw new Error(`expected an MnistError, found ${String(error)}`);
  expect(error.message).toMatch(/^file: [^\n]+$/);
  return error.message;
}

describe("formats besides PNG and JPEG", () => {
  const half = () => quarters().resize(SIDE).modulate({ brightness: 1 });
  test.each([
    ["webp", "lossless", () => quarters().webp({ lossless: true }), 0],
    ["webp", "lossy", () => half().webp({ quality: 95 }), 12],
    ["gif", "one frame", () => quarters().gif(), 6],
    ["tiff", "LZW", () => quarters().tiff({ compression: "lzw" }), 0],
    [
      "tiff",
      "deflate in tiles",
      () => quarters().tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 }),
      0,
    ],
    ["tiff", "of 16 bits", () => quarters().toColourspace("rgb16").tiff({ compression: "none" }), 0],
    ["tiff", "JPEG", () => quarters().tiff({ compression: "jpeg", quality: 95 }), 12],
    ["avif", "lossy", () => quarters().avif({ quality: 90, effort: 1 }), 12],
  ] as const)("%s, %s: read where it is allowed, refused where not", async (format, _, make, tolerance) => {
    const bytes = await make().toBuffer();
    expectQuarters(await decodePicture(bytes, "file", { allowFormats: [format] }), tolerance);
    expect(await failure(bytes)).toContain(
      `only PNG and JPEG are read; allow the format "${format}" as well`,
    );
  });

  test.each(["webp", "gif", "tiff"] as const)("%s with two frames counts as its first", async (format) => {
    const [first, second] = await Promise.all([
      quarters().raw().toBuffer(),
      quarters().negate().raw().toBuffer(),
    ]);
    const raw = { width: SIDE, height: SIDE * 2, channels: 3, pageHeight: SIDE } as const;
    const both = sharp(Buffer.concat([first, second]), { raw });
    const bytes = await (format === "webp"
      ? both.webp({ lossless: true })
      : both.toFormat(format)
    ).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const picture = await decodePicture(bytes, "file", { allowFormats: [format] });
    expect([picture.width, picture.height]).toEqual([SIDE, SIDE]);
    expectQuarters(picture, format === "gif" ? 40 : format === "tiff" ? 12 : 0);
  });

  test("a TIFF of more channels than its colours and alpha are is refused", async () => {
    const bytes = await quarters().tiff({ compression: "none" }).toBuffer();
    const directory = bytes.readUInt32LE(4);
    const entries = Array.from({ length: bytes.readUInt16LE(directory) }, (_, i) => directory + 2 + i * 12);
    const photometric = entries.find((at) => bytes.readUInt16LE(at) === 262) ?? 0;
    bytes.writeUInt16LE(0, photometric + 8); // grey, of the three channels that stay
    expect(await failure(bytes, ["tiff"])).toContain("a TIFF image of 5 channels, which is not read");
  });

  test("HEIC is named, whatever is allowed; AVIF is known under a general brand", async () => {
    const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
    expect(await failure(heic, [...imageFormats])).toContain(
      "a HEIC image, for which there is no decoder here",
    );
    const avif = await quarters().avif({ effort: 1 }).toBuffer();
    avif.write("mif1", 8, "latin1");
    expectQuarters(await decodePicture(avif, "file", { allowFormats: ["avif"] }), 25);
  });
});

describe("PNG of every depth and form", () => {
  /** A PNG by hand: `rows` are its scan lines. */
  function png(options: {
    readonly bits: number;
    readonly color: number;
    readonly rows: readonly (readonly number[])[];
    readonly width: number;
    readonly chunks?: readonly (readonly [string, readonly number[]])[];
  }): Uint8Array {
    const { bits, color, rows, width, chunks = [] } = options;
    const header = Buffer.from([0, 0, 0, width, 0, 0, 0, rows.length, bits, color, 0, 0, 0]);
    const data = deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row])));
    const parts = [["IHDR", header], ...chunks, ["IDAT", data], ["IEND", []]] as const;
    const all = parts.map(([type, bytes]) => {
      const chunk = Buffer.alloc(12 + bytes.length);
      chunk.writeUInt32BE(bytes.length);
      chunk.write(type, 4, "latin1");
      chunk.set(bytes, 8);
      chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
      return chunk;
    });
    return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...all]);
  }
  const grey = (...levels: number[]) => levels.flatMap((level) => [level, level, level, 255]);
  const clear = (level: number) => [level, level, level, 0];
  const PLTE = ["PLTE", [255, 0, 0, 0, 0, 255, 0, 255, 0]] as const;
  const [red, blue, green] = [
    [255, 0, 0, 255],
    [0, 0, 255, 255],
    [0, 255, 0, 255],
  ];

  test.each([
    ["grey of 1 bit", { bits: 1, color: 0, width: 4, rows: [[0b01010000]] }, grey(0, 255, 0, 255)],
    ["grey of 2 bits", { bits: 2, color: 0, width: 4, rows: [[0b00011011]] }, grey(0, 85, 170, 255)],
    ["grey of 4 bits", { bits: 4, color: 0, width: 4, rows: [[0x05, 0xaf]] }, grey(0, 85, 170, 255)],
    ["grey of 16 bits", { bits: 16, color: 0, width: 2, rows: [[0x00, 0x00, 0xff, 0xff]] }, grey(0, 255)],
    [
      "a palette of 1 bit",
      { bits: 1, color: 3, width: 2, rows: [[0b01000000]], chunks: [PLTE] },
      [red, blue].flat(),
    ],
    [
      "a palette of 2 bits",
      { bits: 2, color: 3, width: 3, rows: [[0b10010000]], chunks: [PLTE] },
      [green, blue, red].flat(),
    ],
    [
      "a palette of 4 bits",
      { bits: 4, color: 3, width: 2, rows: [[0x20]], chunks: [PLTE] },
      [green, red].flat(),
    ],
    [
      "a palette of 8 bits, transparent",
      { bits: 8, color: 3, width: 2, rows: [[0, 1]], chunks: [PLTE, ["tRNS", [128]]] as const },
      [255, 0, 0, 128, ...(blue ?? [])],
    ],
    [
      "a transparent grey",
      { bits: 8, color: 0, width: 2, rows: [[7, 9]], chunks: [["tRNS", [0, 7]]] as const },
      [...clear(7), ...grey(9)],
    ],
    [
      "a transparent colour",
      {
        bits: 8,
        color: 2,
        width: 2,
        rows: [[1, 2, 3, 4, 5, 6]],
        chunks: [["tRNS", [0, 1, 0, 2, 0, 3]]] as const,
      },
      [1, 2, 3, 0, 4, 5, 6, 255],
    ],
    [
      "RGB of 16 bits",
      { bits: 16, color: 2, width: 1, rows: [[255, 255, 0, 0, 255, 255]] },
      [255, 0, 255, 255],
    ],
    [
      "RGBA of 16 bits",
      { bits: 16, color: 6, width: 1, rows: [[255, 255, 0, 0, 255, 255, 0, 0]] },
      [255, 0, 255, 0],
    ],
    ["grey and alpha of 16 bits", { bits: 16, color: 4, width: 1, rows: [[255, 255, 0, 0]] }, clear(255)],
  ])("%s", async (_, options, expected) => {
    expect(rgbaOf(await decodePicture(png(options), "a.png"))).toEqual(expected);
  });
});

describe("JPEG of every form", () => {
  // Quarters as stored: 0 1 / 2 3. As they are to be seen for each orientation (Exif 2.32, 4.6.4, tag 274).
  test.each([
    [1, [0, 1, 2, 3]],
    [2, [1, 0, 3, 2]],
    [3, [3, 2, 1, 0]],
    [4, [2, 3, 0, 1]],
    [5, [0, 2, 1, 3]],
    [6, [2, 0, 3, 1]],
    [7, [3, 1, 2, 0]],
    [8, [1, 3, 0, 2]],
  ])("Exif orientation %i", async (orientation, order) => {
    const bytes = await quarters()
      .withMetadata({ orientation })
      .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
      .toBuffer();
    expectQuarters(await decodePicture(bytes, "a.jpg"), 12, order);
  });

  test("CMYK, whose inks Adobe stores inverted", async () => {
    const bytes = await quarters().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
    const seen = await sharp(bytes).metadata();
    expect([seen.space, seen.channels]).toEqual(["cmyk", 4]);
    expect(bytes.includes("Adobe")).toBe(true);
    // Through a printer's inks and back: the colours stay what they are, though not the same.
    expectQuarters(await decodePicture(bytes, "a.jpg"), 75);
  });
});

describe("large pictures are made smaller while they are decoded", () => {
  test.each([
    ["PNG", () => quarters().resize(2500, 2500, { kernel: "nearest" }).png({ compressionLevel: 1 }), 0],
    ["JPEG", () => quarters().resize(2500, 2500, { kernel: "nearest" }).jpeg(), 12],
  ] as const)("%s", async (_, make, tolerance) => {
    const picture = await decodePicture(await make().toBuffer(), "a");
    expect(picture).toMatchObject({ width: 2400, height: 2400, fullWidth: 2500, fullHeight: 2500 });
    expect(picture.data.length).toBe(2400 * 2400 * 3);
    expectQuarters(picture, tolerance);
  });

  test("turned by its orientation, the sizes with it", async () => {
    const image = quarters().resize(2500, 100, { kernel: "nearest", fit: "fill" });
    const bytes = await image
      .withMetadata({ orientation: 6 })
      .jpeg({ chromaSubsampling: "4:4:4" })
      .toBuffer();
    const picture = await decodePicture(bytes, "a");
    expect(picture).toMatchObject({ width: 96, height: 2400, fullWidth: 100, fullHeight: 2500 });
    expectQuarters(picture, 12, [2, 0, 3, 1]);
  });

  test("one that is decoded as a whole and too large for that is refused", async () => {
    const create = { width: 5000, height: 5000, channels: 4, background: "#fff8" } as const;
    const bytes = await sharp({ create })
      .toColourspace("rgb16")
      .png({ progressive: true, compressionLevel: 1 })
      .toBuffer();
    expect(await failure(bytes)).toContain("5000 x 5000 pixels, too many for this kind of PNG");
  });
});

describe("--allow-formats", () => {
  test("names, other names and all", () => {
    expect(parseAllowedFormats("webp, GIF")).toEqual(["png", "jpeg", "webp", "gif"]);
    expect(parseAllowedFormats("tif")).toEqual(["png", "jpeg", "tiff"]);
    expect(parseAllowedFormats("all")).toEqual([...imageFormats]);
  });

  test.each(["", "heic", "webp;gif", "constructor"])("%j is refused", (text) => {
    expect(() => parseAllowedFormats(text)).toThrow(
      "--allow-formats: expected all, or some of png, jpeg, webp",
    );
  });
});
