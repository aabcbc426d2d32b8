import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Picture } from "../../src/image/picture.ts";
import { decodePlainPng } from "../../src/node/decodePng.ts";

/** What libpng, through sharp, makes of it; undefined where it refuses. */
async function bySharp(png: Uint8Array): Promise<Picture | undefined> {
  try {
    const { data, info } = await sharp(png, { failOn: "error", autoOrient: true })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: Uint8Array.from(data) };
  } catch {
    return undefined;
  }
}

type Chunk = readonly [type: string, data: Uint8Array];

/** The signature, and each chunk with its length and CRC. */
function pngOf(chunks: readonly Chunk[]): Buffer {
  const parts = chunks.map(([type, data]) => {
    const chunk = Buffer.alloc(12 + data.length);
    chunk.writeUInt32BE(data.length);
    chunk.write(type, 4, "latin1");
    chunk.set(data, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
    return chunk;
  });
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

function header(width: number, height: number, colorType: number, bits = 8, interlaced = 0): Chunk {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([bits, colorType, 0, 0, interlaced], 8);
  return ["IHDR", data];
}

const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
const colorTypes = [0, 2, 3, 4, 6] as const;
const end: Chunk = ["IEND", new Uint8Array()];
const bytes = (length: number, max = 255) => fc.uint8Array({ minLength: length, maxLength: length, max });

/** Chunks that may stand before the pixels and mean nothing for them. */
const idle: readonly Chunk[] = [
  ["gAMA", Buffer.from("0000b18f", "hex")],
  ["sRGB", Uint8Array.of(0)],
  ["cHRM", Buffer.from("00007a26000080840000fa00000080e8000075300000ea6000003a9800001770", "hex")],
  ["pHYs", Buffer.from("00000b1300000b1301", "hex")],
  ["tEXt", Buffer.from("Software\0a test", "latin1")],
  ["tIME", Uint8Array.of(7, 232, 1, 2, 3, 4, 5)],
];

/** Any plain PNG: any bytes are filtered pixels, whichever of the five filters a row names. */
const plainPng = fc
  .record({
    colorType: fc.constantFrom(...colorTypes),
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 12 }),
    colors: fc.integer({ min: 1, max: 256 }),
    before: fc.subarray([...idle]),
    pieces: fc.integer({ min: 1, max: 3 }),
    level: fc.integer({ min: 0, max: 9 }),
  })
  .chain((kind) => {
    const { colorType, width, height, colors } = kind;
    const rowBytes = width * channels[colorType];
    return fc.record({
      kind: fc.constant(kind),
      filters: bytes(height, colorType === 3 ? 0 : 4),
      pixels: bytes(rowBytes * height, colorType === 3 ? colors - 1 : 255),
      palette: bytes(colors * 3),
      alphas: fc.option(fc.uint8Array({ minLength: 1, maxLength: colors })),
    });
  })
  .map(({ kind, filters, pixels, palette, alphas }): readonly Chunk[] => {
    const { colorType, width, height, before, pieces, level } = kind;
    const rowBytes = width * channels[colorType];
    const rows = Array.from(filters, (filter, y) => [
      filter,
      ...pixels.subarray(y * rowBytes, (y + 1) * rowBytes),
    ]);
    const data = deflateSync(Uint8Array.from(rows.flat()), { level });
    const size = Math.ceil(data.length / pieces);
    const parts = Array.from(
      { length: pieces },
      (_, i): Chunk => ["IDAT", data.subarray(i * size, (i + 1) * size)],
    );
    const colours: Chunk[] = colorType === 3 ? [["PLTE", palette]] : [];
    if (colorType === 3 && alphas) colours.push(["tRNS", alphas]);
    return [header(width, height, colorType), ...before, ...colours, ...parts, end];
  });

describe("decodePlainPng", () => {
  test("gives the very pixels that sharp gives, for every colour type, filter and size", async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(plainPng, async (chunks) => {
        const png = pngOf(chunks);
        const found = decodePlainPng(png);
        expect(found).toBeDefined();
        expect(found).toEqual(await bySharp(png));
        seen.add(png[25] ?? -1);
      }),
      { seed: 1, numRuns: 150 },
    );
    expect([...seen].sort()).toEqual([...colorTypes]);
  });

  test("gives nothing but what sharp gives, whatever is changed in the file", async () => {
    let [decoded, refused] = [0, 0];
    const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 1, max: 255 }), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(plainPng, change, async (chunks, { at, value, cut }) => {
        const png = pngOf(chunks);
        const place = 8 + (at % (png.length - 8)); // the signature is what told that it is a PNG
        const changed = cut ? png.subarray(0, place) : Buffer.from(png);
        if (!cut) changed[place]! ^= value;
        const found = decodePlainPng(changed);
        if (found) expect(found).toEqual(await bySharp(changed));
        else refused++;
      }),
      { seed: 1, numRuns: 150 },
    );
    // The same with the CRC made right again: what is in the chunk is all that can tell.
    await fc.assert(
      fc.asyncProperty(plainPng, change, async (chunks, { at, value, cut }) => {
        const which = at % chunks.length;
        const changed = chunks.flatMap((chunk, i): Chunk[] => {
          if (i !== which) return [chunk];
          const [type, data] = chunk;
          if (cut || data.length === 0) return [];
          const other = Uint8Array.from(data);
          other[(at >> 4) % data.length]! ^= value;
          return [[type, other]];
        });
        const png = pngOf(changed);
        const found = decodePlainPng(png);
        if (!found) return void refused++;
        expect(found).toEqual(await bySharp(png));
        decoded++;
      }),
      { seed: 1, numRuns: 150 },
    );
    // Changes in chunks that mean nothing decode, changes elsewhere do not: both happened.
    expect(decoded).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(150);
  });

  const raw = (size: number) => deflateSync(new Uint8Array(size));
  test.each<[string, readonly Chunk[]]>([
    ["16 bits", [header(2, 2, 0, 16), ["IDAT", raw(10)], end]],
    ["1 bit", [header(8, 2, 0, 1), ["IDAT", raw(4)], end]],
    ["interlacing", [header(2, 2, 0, 8, 1), ["IDAT", raw(7)], end]],
    ["a transparent grey", [header(2, 2, 0), ["tRNS", Uint8Array.of(0, 0)], ["IDAT", raw(6)], end]],
    [
      "a colour profile",
      [header(2, 2, 0), ["iCCP", Buffer.concat([Buffer.from("p\0\0"), raw(200)])], ["IDAT", raw(6)], end],
    ],
    [
      "an orientation",
      [header(2, 2, 0), ["eXIf", Buffer.from("MM\0*\0\0\0\x08\0\0")], ["IDAT", raw(6)], end],
    ],
    ["frames", [header(2, 2, 0), ["acTL", new Uint8Array(8)], ["IDAT", raw(6)], end]],
    ["an unknown chunk", [header(2, 2, 0), ["teSt", new Uint8Array(3)], ["IDAT", raw(6)], end]],
    ["too little data", [header(2, 2, 0), ["IDAT", raw(5)], end]],
    ["too much data", [header(2, 2, 0), ["IDAT", raw(7)], end]],
    ["a size that lies", [header(60_000, 60_000, 0), ["IDAT", raw(6)], end]],
    ["no size", [header(0, 2, 0), ["IDAT", raw(2)], end]],
    ["no palette", [header(2, 2, 3), ["IDAT", raw(6)], end]],
    ["no pixels", [header(2, 2, 0), end]],
    ["no end", [header(2, 2, 0), ["IDAT", raw(6)]]],
    ["two headers", [header(2, 2, 0), header(2, 2, 0), ["IDAT", raw(6)], end]],
  ])("leaves %s to sharp", (_, chunks) => {
    expect(decodePlainPng(pngOf(chunks))).toBeUndefined();
  });

  test("leaves a colour beyond the palette's last to sharp", () => {
    const rows = deflateSync(Uint8Array.of(0, 1, 2));
    const of = (palette: Uint8Array) =>
      decodePlainPng(pngOf([header(2, 1, 3), ["PLTE", palette], ["IDAT", rows], end]));
    expect(of(Uint8Array.of(9, 8, 7, 6, 5, 4))).toBeUndefined();
    expect(of(Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1))?.data).toEqual(
      Uint8Array.of(6, 5, 4, 255, 3, 2, 1, 255),
    );
  });
});
