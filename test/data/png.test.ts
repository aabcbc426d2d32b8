import { deflateSync, gzipSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { decode as referenceDecode } from "fast-png";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { deflateRuns, deflateRunsBound } from "../../src/formats/deflateRuns.ts";
import { decodeGreyPng, greyPngEncoder } from "../../src/formats/png.ts";
import { realDigits } from "./smallMnist.ts";

const size = { height: 28, width: 28 };
const { images } = realDigits(200);
const digit = (i: number): Uint8Array => images.subarray(i * 784, (i + 1) * 784);

function decoded(png: Uint8Array, { height, width } = size): Uint8Array {
  const pixels = new Uint8Array(height * width);
  decodeGreyPng(png, { height, width }, pixels);
  return pixels;
}

describe("deflateRuns", () => {
  test("zlib inflates it to what it was, within the bound", () => {
    // Runs of every length around the limits of matches, 3 and 258, and bytes of both code lengths.
    const run = fc.tuple(fc.nat(255), fc.oneof(fc.nat(8), fc.integer({ min: 250, max: 270 }), fc.nat(1100)));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 20 }), (runs) => {
        const input = Uint8Array.from(
          runs.flatMap(([value, length]) => new Array<number>(length).fill(value)),
        );
        const output = new Uint8Array(deflateRunsBound(input.length));
        const end = deflateRuns(input, output, 0);
        expect(end).toBeLessThanOrEqual(output.length);
        expect(Buffer.compare(inflateRawSync(output.subarray(0, end)), input)).toBe(0);
      }),
    );
  });

  test("stays within the bound for the bytes that take the longest codes", () => {
    const input = Uint8Array.from({ length: 1000 }, (_, i) => 144 + (i % 112));
    const output = new Uint8Array(deflateRunsBound(input.length) + 100);
    const end = deflateRuns(input, output, 0);
    expect(end).toBeLessThanOrEqual(deflateRunsBound(input.length));
    expect(Buffer.compare(inflateRawSync(output.subarray(0, end)), input)).toBe(0);
  });
});

describe("grey PNG", () => {
  test("other decoders read what is written", async () => {
    const encode = greyPngEncoder(28, 28);
    for (let i = 0; i < 200; i++) {
      const { data, width, height, channels, depth } = referenceDecode(encode(digit(i)), { checkCrc: true });
      expect({ width, height, channels, depth }).toEqual({ width: 28, height: 28, channels: 1, depth: 8 });
      expect(Buffer.compare(data as Uint8Array, digit(i))).toBe(0);
    }
    const png = encode(digit(3));
    expect(await sharp(png).toColourspace("b-w").raw().toBuffer()).toEqual(Buffer.from(digit(3)));
    expect(png.length).toBeLessThan(500);
  });

  test("reads its own and keeps within its place", () => {
    const png = greyPngEncoder(28, 28)(digit(0));
    const place = new Uint8Array(3 * 784).fill(77);
    decodeGreyPng(png, size, place, 784);
    expect(place.subarray(784, 1568)).toEqual(digit(0));
    expect(new Set([...place.subarray(0, 784), ...place.subarray(1568)])).toEqual(new Set([77]));
  });

  test("reads libpng's, with every filter", async () => {
    const { width, height } = { width: 61, height: 40 };
    const random = createRandom(5);
    for (const noise of [1, 20, 200]) {
      const pixels = Uint8Array.from(
        { length: width * height },
        (_, i) => ((i % width) * 3 + Math.floor(i / width) * (noise % 7) + random.below(noise)) & 0xff,
      );
      const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
        .toColourspace("b-w")
        .png({ adaptiveFiltering: true })
        .toBuffer();
      expect(decoded(png, { width, height })).toEqual(pixels);
    }
    // Each filter by hand too (the PNG specification, 9.2), since libpng chooses as it likes.
    const rows = [
      [1, 10, 1, 1],
      [2, 5, 5, 5],
      [3, 1, 1, 1],
      [4, 1, 1, 1],
      [0, 9, 8, 7],
    ];
    const expected = [10, 11, 12, 15, 16, 17, 8, 13, 16, 9, 14, 17, 9, 8, 7];
    const png = handmadePng(3, 5, Uint8Array.from(rows.flat()));
    expect([...decoded(png, { width: 3, height: 5 })]).toEqual(expected);
    expect([...referenceDecode(png).data]).toEqual(expected);
  });

  const good = greyPngEncoder(28, 28)(digit(0));
  test.each([
    ["text", new TextEncoder().encode("this is not a picture, whatever its name may say"), "expected a PNG"],
    ["nothing", new Uint8Array(), "expected a PNG, found 0 bytes"],
    ["a cut file", good.subarray(0, 100), /the chunk at byte 33 claims \d+ bytes, 55 are left/],
    ["no end", good.subarray(0, good.length - 12), "within its chunks"],
    ["a flipped bit", good.with(60, (good[60] ?? 0) ^ 4), "the CRC of the chunk at byte 33 is wrong"],
    ["too little pixel data", handmadePng(28, 28, new Uint8Array(29 * 27)), "fewer bytes than"],
    ["too much pixel data", handmadePng(28, 28, new Uint8Array(5_000_000)), "more bytes than"],
    ["an unknown filter", handmadePng(28, 28, new Uint8Array(29 * 28).fill(9)), "a row has filter 9"],
    ["a lying size", handmadePng(65_536, 65_536, new Uint8Array(9)), "found 65536 and 65536"],
    ["colour", handmadePng(28, 28, new Uint8Array(9), 2), "found 8 bits of colour type 2"],
  ])("refuses %s", (_, png, message) => {
    expect(() => decoded(png)).toThrow(message);
  });
});

/** A PNG of any rows, filter bytes included, each chunk with a right CRC; the data in two chunks. */
function handmadePng(width: number, height: number, rows: Uint8Array, colorType = 0): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colorType, 0, 0, 0], 8);
  const data = deflateSync(rows);
  const parts: [string, Uint8Array][] = [
    ["IHDR", header],
    ["tEXt", Buffer.from("Comment\0by hand")],
    ["IDAT", data.subarray(0, 5)],
    ["IDAT", data.subarray(5)],
    ["IEND", Buffer.alloc(0)],
  ];
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    ...parts.map(([type, content]) => {
      const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
      const frame = Buffer.alloc(8 + body.length);
      frame.writeUInt32BE(content.length, 0);
      frame.set(body, 4);
      frame.writeUInt32BE(referenceCrc(body), 4 + body.length);
      return frame;
    }),
  ]);
}

/** CRC-32 as the end of a gzip file has it: the same polynomial, by zlib. */
function referenceCrc(bytes: Uint8Array): number {
  const gzip = gzipSync(bytes);
  return gzip.readUInt32LE(gzip.length - 8);
}
