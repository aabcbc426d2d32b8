import { describe, expect, test } from "vitest";
import { decodeBmp } from "../../src/node/decodeBmp.ts";

/** The bytes of a BMP: what it is made of is written down by hand, from the format's description. */
function bmpOf(options: {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly rows: readonly (readonly number[])[];
  readonly compression?: number;
  readonly masks?: readonly number[];
  readonly palette?: readonly number[];
  readonly headerLength?: number;
}): Uint8Array {
  const { width, height, bits, rows, compression = 0, masks = [], palette = [], headerLength = 40 } = options;
  const extra = headerLength === 40 ? masks.length * 4 : 0;
  const start = 14 + headerLength + extra + palette.length;
  const pixels = rows.flatMap((row) => [...row, ...Array<number>((4 - (row.length % 4)) % 4).fill(0xee)]);
  const file = Buffer.alloc(start + pixels.length);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(headerLength, 14);
  if (headerLength === 12) {
    file.writeUInt16LE(width, 18);
    file.writeUInt16LE(height, 20);
    file.writeUInt16LE(1, 22);
    file.writeUInt16LE(bits, 24);
  } else {
    file.writeInt32LE(width, 18);
    file.writeInt32LE(height, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(bits, 28);
    file.writeUInt32LE(compression, 30);
    file.writeUInt32LE(palette.length / 4, 46);
    for (const [i, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + i * 4);
  }
  file.set(palette, 14 + headerLength + extra);
  file.set(pixels, start);
  return file;
}

const [RED, BLUE, GREEN] = [
  [255, 0, 0, 255],
  [0, 0, 255, 255],
  [0, 255, 0, 255],
] as const;
const PALETTE = [0, 0, 255, 0, 255, 0, 0, 0, 0, 255, 0, 0]; // red, blue, green: blue first, one byte to spare

describe("every kind of BMP becomes RGBA", () => {
  test.each([
    ["1 bit", { bits: 1, palette: PALETTE.slice(0, 8), rows: [[0b01000000], [0b10000000]] }],
    ["4 bits", { bits: 4, palette: PALETTE, rows: [[0x01], [0x10]] }],
    [
      "8 bits",
      {
        bits: 8,
        palette: PALETTE,
        rows: [
          [0, 1],
          [1, 0],
        ],
      },
    ],
    [
      "16 bits, 5 for a colour",
      {
        bits: 16,
        rows: [
          [0x00, 0x7c, 0x1f, 0x00],
          [0x1f, 0x00, 0x00, 0x7c],
        ],
      },
    ],
    [
      "16 bits, 6 for green",
      {
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x7e0, 0x1f],
        rows: [
          [0x00, 0xf8, 0x1f, 0x00],
          [0x1f, 0x00, 0x00, 0xf8],
        ],
      },
    ],
    [
      "24 bits",
      {
        bits: 24,
        rows: [
          [0, 0, 255, 255, 0, 0],
          [255, 0, 0, 0, 0, 255],
        ],
      },
    ],
    [
      "32 bits, the fourth byte nothing",
      {
        bits: 32,
        rows: [
          [0, 0, 255, 0, 255, 0, 0, 7],
          [255, 0, 0, 0, 0, 0, 255, 9],
        ],
      },
    ],
    [
      "32 bits in fields, red first",
      {
        bits: 32,
        compression: 3,
        masks: [0xff, 0xff00, 0xff0000],
        rows: [
          [255, 0, 0, 0, 0, 0, 255, 0],
          [0, 0, 255, 0, 255, 0, 0, 0],
        ],
      },
    ],
    [
      "OS/2's short header",
      {
        bits: 8,
        headerLength: 12,
        palette: [0, 0, 255, 255, 0, 0].concat(Array<number>(762).fill(0)),
        rows: [
          [0, 1],
          [1, 0],
        ],
      },
    ],
  ])("%s", (_, kind) => {
    // The first row in the file is the lowest of the picture.
    const upright = decodeBmp(bmpOf({ width: 2, height: 2, ...kind }), "a.bmp");
    expect([upright.width, upright.height]).toEqual([2, 2]);
    expect([...upright.data]).toEqual([...BLUE, ...RED, ...RED, ...BLUE]);
    if ("headerLength" in kind) return; // which has no sign
    const down = decodeBmp(bmpOf({ width: 2, height: -2, ...kind }), "a.bmp");
    expect([...down.data]).toEqual([...RED, ...BLUE, ...BLUE, ...RED]);
  });

  test("alpha, where a mask says so and not all of it is 0", () => {
    const kind = { width: 2, height: 1, bits: 32, compression: 3, headerLength: 108 };
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const half = bmpOf({ ...kind, masks, rows: [[0, 255, 0, 128, 0, 0, 255, 255]] });
    expect([...decodeBmp(half, "a").data]).toEqual([0, 255, 0, 128, ...RED]);
    const none = bmpOf({ ...kind, masks, rows: [[0, 255, 0, 0, 0, 0, 255, 0]] });
    expect([...decodeBmp(none, "a").data]).toEqual([...GREEN, ...RED]);
  });

  test("a large one is made smaller: each pixel is the mean of its area", () => {
    const [width, height] = [4800, 120];
    const grey = (x: number, y: number) => (x * 7 + y * 13) % 256;
    const rows = Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => grey(x, y)),
    );
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i, 0]).flat();
    const found = decodeBmp(bmpOf({ width, height: -height, bits: 8, palette, rows }), "a.bmp");
    expect(found).toMatchObject({ width: 2400, height: 60, fullWidth: 4800, fullHeight: 120 });
    for (let y = 0; y < 60; y += 7) {
      for (let x = 0; x < 2400; x += 13) {
        const four = [0, 1].flatMap((dy) => [0, 1].map((dx) => grey(2 * x + dx, 2 * y + dy)));
        const mean = Math.round(four.reduce((a, b) => a + b) / 4);
        expect(found.data[(y * 2400 + x) * 4]).toBe(mean);
      }
    }
  });

  test("a mean over areas that are no whole pixels keeps the whole's brightness", () => {
    const [width, height] = [3600, 2];
    const rows = [0, 1].map(() => Array.from({ length: width }, (_, x) => (x < 1800 ? 0 : 1)));
    const picture = decodeBmp(
      bmpOf({ width, height, bits: 8, palette: [0, 0, 0, 0, 255, 255, 255, 0], rows }),
      "a.bmp",
    );
    expect([picture.width, picture.height]).toEqual([2400, 1]);
    const reds = Array.from({ length: 2400 }, (_, x) => picture.data[x * 4]);
    expect(reds.filter((value) => value === 0).length).toBe(1200);
    expect(reds.filter((value) => value === 255).length).toBe(1200);
  });
});

describe("what is refused, in one sentence", () => {
  const good = { width: 2, height: 1, bits: 8, palette: PALETTE, rows: [[0, 1]] };
  test.each([
    [
      "runs",
      bmpOf({ ...good, compression: 1 }),
      "of 8 bits a pixel with the compression 1, which is not read",
    ],
    ["2 bits", bmpOf({ ...good, bits: 2 }), "of 2 bits a pixel"],
    ["too many pixels", bmpOf({ ...good, width: 5000, height: 5001 }), "at most 25,000,000 are decoded"],
    ["a side without end", bmpOf({ ...good, width: 70_000, height: 1 }), "at most 65,535 a side"],
    ["no width", bmpOf({ ...good, width: 0 }), "is 0 x 1 pixels"],
    ["missing rows", bmpOf({ ...good, height: 3 }), "it ends before its last pixel"],
    [
      "a colour beyond the palette",
      bmpOf({ ...good, rows: [[0, 3]] }),
      "a colour that is not in its palette",
    ],
    [
      "fields with gaps",
      bmpOf({ width: 1, height: 1, bits: 32, compression: 3, masks: [0xff00ff, 1, 2], rows: [[1, 2, 3, 4]] }),
      "which bits a colour is",
    ],
    ["an end within the header", bmpOf(good).subarray(0, 30), "cannot be decoded"],
  ])("%s", (_, bytes, sentence) => {
    expect(() => decodeBmp(bytes, "a.bmp")).toThrow(sentence);
    expect(() => decodeBmp(bytes, "a.bmp")).toThrow(/^a\.bmp: [^\n]+$/);
  });
});
