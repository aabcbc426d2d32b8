import { deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { encodeExample, type Feature } from "../../src/formats/example.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";
import { listedDamage } from "../../src/inspect/damage.ts";
import { type FileReport, inspect } from "../../src/inspect.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { splitRecords } from "../../src/prepare.ts";
import { realImages } from "../data/realImages.ts";

const count = 300;
const digits = realImages("t10k", 0, count);
const file = Buffer.concat([...splitRecords(digits)]);
const text = (words: string) => ({ bytesList: [new TextEncoder().encode(words)] });

/** Where each record begins, by its length field alone. */
const offsets: number[] = [];
for (let at = 0; at < file.length; at += Number(file.readBigUInt64LE(at)) + 16) offsets.push(at);

async function examples(bytes: Uint8Array, chunkBytes?: number) {
  const { report } = await inspect(bytesSource("file", bytes, chunkBytes));
  if (report.kind !== "examples") throw new Error(`expected examples, found ${report.kind}`);
  return report;
}

const recordsOf = (...features: Record<string, Feature>[]) =>
  Buffer.concat(features.map((one) => encodeRecord(encodeExample(new Map(Object.entries(one))))));

/** A record in the classic layout. */
const classic = (label: number, pixels: Uint8Array, side = 28) => ({
  image_raw: { bytesList: [pixels] },
  label: { int64List: [label] },
  height: { int64List: [side] },
  width: { int64List: [side] },
  depth: { int64List: [1] },
});

const slim = (format: string, bytes: Uint8Array, label = 3) => ({
  "image/encoded": { bytesList: [bytes] },
  "image/format": text(format),
  "image/class/label": { int64List: [label] },
  "image/height": { int64List: [28] },
  "image/width": { int64List: [28] },
});

function flipped(...places: number[]): Buffer {
  const damaged = Buffer.from(file);
  for (const at of places) damaged[at]! ^= 1;
  return damaged;
}

describe("inspect, of tf.Examples", () => {
  test("tells layout, keys, pictures and labels of what mnist prepare writes", async () => {
    const report = await examples(file);
    const perLabel = new Map<number, number>();
    for (const label of digits.labels) perLabel.set(label, (perLabel.get(label) ?? 0) + 1);
    expect(report).toMatchObject({
      bytes: file.length,
      records: count,
      layout: "slim",
      damage: { count: 0, first: [] },
    });
    expect(report).not.toHaveProperty("compression");
    expect(report.keys.map(({ key, types, records }) => [key, types, records])).toEqual([
      ["image/class/label", ["int64"], count],
      ["image/encoded", ["bytes"], count],
      ["image/format", ["bytes"], count],
      ["image/height", ["int64"], count],
      ["image/width", ["int64"], count],
    ]);
    expect(report.keys[0]).toMatchObject({ values: { min: 1, max: 1 }, numbers: { min: 0, max: 9 } });
    expect(report.keys[2]).toMatchObject({ bytes: { min: 3, max: 3 } });
    expect(report.keys[3]).toMatchObject({ numbers: { min: 28, max: 28 } });
    expect(report.pictures).toEqual([
      { encoding: "png", width: 28, height: 28, channels: 1, count, bytes: report.keys[1]?.bytes },
    ]);
    expect(report.labels).toEqual(
      [...perLabel].sort(([a], [b]) => a - b).map(([label, n]) => ({ label, count: n })),
    );
  });

  test.each([
    ["gzip", gzipSync(file)],
    ["zlib", deflateSync(file)],
    [
      "gzip",
      Buffer.concat([gzipSync(file.subarray(0, offsets[7]! + 3)), gzipSync(file.subarray(offsets[7]! + 3))]),
    ],
  ] as const)("sees through %s, in chunks of any size", async (compression, compressed) => {
    const plain = await examples(file);
    for (const chunkBytes of [1000, 1 << 20]) {
      expect(await examples(compressed, chunkBytes)).toEqual({
        ...plain,
        bytes: compressed.length,
        compression,
      });
    }
  });

  test("goes on after damaged data, and lists each record with its offset", async () => {
    const report = await examples(flipped(offsets[0]! + 40, offsets[11]! + 200, offsets[299]! + 30));
    expect(report.records).toBe(count - 3);
    expect(report.damage.count).toBe(3);
    expect(report.damage.first.map(({ record, offset }) => [record, offset])).toEqual([
      [0, offsets[0]],
      [11, offsets[11]],
      [299, offsets[299]],
    ]);
    for (const { fault } of report.damage.first)
      expect(fault).toMatch(/^data CRC is 0x\w{8}, expected 0x\w{8}$/);
    expect(report.damage).not.toHaveProperty("unreadBytes");
  });

  test("stops at a damaged length, and says how much it could not read", async () => {
    const report = await examples(flipped(offsets[5]! + 30, offsets[10]!));
    expect(report.records).toBe(9);
    expect(report.damage).toMatchObject({ count: 2, unreadBytes: file.length - offsets[10]! });
    expect(report.damage.first[1]).toMatchObject({ record: 10, offset: offsets[10] });
    expect(report.damage.first[1]?.fault).toMatch(/^length CRC is /);
    const gzipped = await examples(gzipSync(flipped(offsets[10]!)));
    expect(gzipped.damage).toMatchObject({ count: 1, unreadBytes: file.length - offsets[10]! });
  });

  test("a file that is cut off is told, plain and compressed", async () => {
    const cut = await examples(file.subarray(0, offsets[20]! + 100));
    expect(cut.records).toBe(20);
    expect(cut.damage).toMatchObject({
      count: 1,
      first: [{ record: 20, offset: offsets[20] }],
      unreadBytes: 100,
    });
    const gzipped = gzipSync(file);
    const { records, damage } = await examples(gzipped.subarray(0, gzipped.length / 2));
    expect(records).toBeGreaterThan(50);
    expect(records).toBeLessThan(250);
    expect(damage.count).toBeGreaterThan(0);
  });

  test("a first record whose length is damaged is still a TFRecord file's", async () => {
    const header = Buffer.from(file);
    header[9]! ^= 1; // the checksum of the length, so that the length still leads to the second record
    const { report } = await inspect(bytesSource("file", header));
    expect(report).toMatchObject({
      kind: "records",
      records: 0,
      damage: { count: 1, unreadBytes: file.length },
    });
  });

  test("more damage than can be listed is counted", async () => {
    const { damage } = await examples(flipped(...offsets.slice(1).map((at) => at + 20)));
    expect(damage.count).toBe(count - 1);
    expect(damage.first).toHaveLength(listedDamage);
  });

  test("knows the classic layout, others, and files in which they are mixed", async () => {
    const pixels = digits.images.subarray(0, 784);
    const classics = recordsOf(classic(7, pixels), classic(2, pixels));
    expect(await examples(classics)).toMatchObject({
      layout: "classic",
      pictures: [
        { encoding: "raw", width: 28, height: 28, channels: 1, count: 2, bytes: { min: 784, max: 784 } },
      ],
      labels: [
        { label: 2, count: 1 },
        { label: 7, count: 1 },
      ],
    });
    expect(await examples(Buffer.concat([classics, file]))).toMatchObject({ layout: "mixed", records: 302 });
    const other = recordsOf(
      { name: text("a"), values: { floatList: [1.5, -2, Number.NaN] } },
      { values: { int64List: [] } },
    );
    expect(await examples(other)).toMatchObject({
      layout: "unknown",
      keys: [
        { key: "name", types: ["bytes"], records: 1, bytes: { min: 1, max: 1 } },
        {
          key: "values",
          types: ["float", "int64"],
          records: 2,
          values: { min: 0, max: 3 },
          numbers: { min: -2, max: 1.5 },
        },
      ],
      pictures: [],
      labels: [],
      damage: { count: 0 },
    });
  });

  test("what is whole as a record but no labelled picture is damage too", async () => {
    const pixels = digits.images.subarray(0, 784);
    const raw = { raw: { width: 28, height: 28, channels: 1 } } as const;
    const png = await sharp(pixels, raw).toColourspace("b-w").png().toBuffer();
    const wide = await sharp(new Uint8Array(28 * 30), { raw: { ...raw.raw, width: 30 } })
      .png()
      .toBuffer();
    const jpeg = await sharp(pixels, raw).toColourspace("b-w").jpeg().toBuffer();
    const broken = Buffer.from(png);
    broken[png.length - 20]! ^= 1;
    const { label: _, ...unlabelled } = classic(1, pixels);
    const { records, damage, pictures } = await examples(
      Buffer.concat([
        recordsOf(
          slim("png", png),
          slim("png", broken),
          slim("png", wide),
          slim("png", jpeg),
          slim("png", new TextEncoder().encode("no picture")),
          slim("jpeg", jpeg),
          unlabelled,
          classic(1, pixels.subarray(1)),
          classic(-1, pixels),
        ),
        encodeRecord(Uint8Array.of(0x0a, 0xff)),
      ]),
    );
    expect(records).toBe(9);
    expect(damage.first.map(({ record, fault }) => [record, fault])).toEqual([
      [1, expect.stringContaining("CRC of the chunk")],
      [2, "the PNG is 30x28, expected 28x28 as the example says"],
      [3, "expected a PNG as the example says, found a JPEG"],
      [4, "expected a PNG as the example says, found 10 bytes that are none"],
      [6, 'the example has no "label"'],
      [7, '"image_raw" has 783 bytes, expected 28 x 28 x 1'],
      [8, expect.stringContaining('"label" is -1')],
      [9, expect.stringContaining("tf.Example is malformed")],
    ]);
    expect(pictures.map(({ encoding, channels, count: n }) => [encoding, channels, n])).toEqual([
      ["png", 1, 1],
      ["jpeg", 1, 1],
    ]);
  });

  test("gives the first pictures with their labels, of any encoding, small enough to show", async () => {
    const { pictures } = await inspect(bytesSource("file", file), { preview: 12 });
    expect(pictures.map(({ index, label }) => [index, label])).toEqual(
      [...digits.labels.subarray(0, 12)].map((label, index) => [index, label]),
    );
    for (const [i, { width, height, pixels }] of pictures.entries()) {
      expect([width, height]).toEqual([28, 28]);
      expect(Buffer.compare(pixels, digits.images.subarray(i * 784, (i + 1) * 784))).toBe(0);
    }

    const red = { r: 255, g: 0, b: 0 };
    const create = { width: 100, height: 50, channels: 3, background: red } as const;
    const size = { "image/height": { int64List: [50] }, "image/width": { int64List: [100] } };
    const coloured = recordsOf(
      { ...slim("png", await sharp({ create }).png().toBuffer()), ...size },
      { ...slim("jpeg", await sharp({ create }).jpeg({ quality: 100 }).toBuffer(), 4), ...size },
      classic(5, new Uint8Array(56 * 56).fill(200), 56),
    );
    const source = bytesSource("file", coloured);
    const inspected = await inspect(source, { preview: 10, decodePicture });
    expect(inspected.report.damage).toEqual({ count: 0, first: [] });
    expect(inspected.pictures.map(({ width, height, label }) => [width, height, label])).toEqual([
      [28, 14, 3],
      [28, 14, 4],
      [28, 28, 5],
    ]);
    const levels = inspected.pictures.map(({ pixels }) => pixels[200]!);
    expect(Math.abs(levels[0]! - 0.299 * 255)).toBeLessThan(1); // luma of red, ITU-R BT.601
    expect(Math.abs(levels[1]! - 0.299 * 255)).toBeLessThan(3);
    expect(levels[2]).toBe(200);
    expect((await inspect(source, { preview: 10 })).pictures).toHaveLength(1); // without a decoder the raw one
  });

  test("tells its progress, and ends when it is to", async () => {
    const seen: number[] = [];
    const source = bytesSource("file", file, 10_000);
    await inspect(source, { onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(file.length);
    expect(seen.length).toBe(Math.ceil(file.length / 10_000));
    await expect(inspect(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
  });

  test("memory does not grow with the file", async () => {
    // A file of 64 MB that does not exist as a whole, a third of whose records are damaged.
    const record = recordsOf(classic(7, digits.images.subarray(0, 784)));
    const broken = Buffer.from(record);
    broken[100]! ^= 1;
    const damaged = Buffer.concat(Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? broken : record)));
    const repeats = Math.ceil(64e6 / damaged.length);
    let largest = 0;
    const source = {
      name: "large",
      async *stream() {
        for (let i = 0; i < repeats; i++) {
          yield damaged;
          if (i % 50 === 0) largest = Math.max(largest, process.memoryUsage().arrayBuffers);
        }
      },
    };
    const before = process.memoryUsage().arrayBuffers;
    const { report } = await inspect(source, { preview: 5 });
    expect(report).toMatchObject({
      records: 200 * repeats,
      damage: { count: 100 * repeats },
    } as Partial<FileReport>);
    expect(report.bytes).toBe(damaged.length * repeats);
    expect(largest - before).toBeLessThan(32e6);
  });
});

describe("inspect, of other files", () => {
  test("records of unknown content are counted", async () => {
    const bytes = Buffer.concat([
      encodeRecord(new TextEncoder().encode("one")),
      encodeRecord(new Uint8Array(9)),
    ]);
    const { report } = await inspect(bytesSource("file", bytes));
    expect(report).toEqual({
      kind: "records",
      bytes: bytes.length,
      records: 2,
      recordBytes: { min: 3, max: 9 },
      damage: { count: 0, first: [] },
    });
  });

  test.each([
    ["nothing", new Uint8Array(), "an empty file"],
    ["text", new TextEncoder().encode("0:zero\n1:one\n"), "a file of another kind"],
    ["a picture", Buffer.from("\x89PNG\r\n\x1a\n and so on", "latin1"), "a PNG picture; mnist predict reads"],
    ["compressed text", gzipSync("0:zero\n1:one\n"), "a gzip file of something else"],
    ["what begins as gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255]), "a gzip file"],
    ["what begins as zlib", Buffer.from([0x78, 0x9c, 255, 255, 255, 255]), "a file of another kind"],
    ["one byte", Uint8Array.of(0), "a file of another kind"],
  ])("%s is of no kind that is known", async (_, bytes, found) => {
    await expect(inspect(bytesSource("some/file", bytes))).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(new RegExp(`^some/file: expected TFRecords, .*, found ${found}`)),
    });
  });
});
