import { deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import { encodeExample, type Feature } from "../../src/formats/example.ts";
import { greyPngEncoder } from "../../src/formats/png.ts";
import { countRecords, encodeRecord } from "../../src/formats/tfrecord.ts";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";
import type { Batch, Damage, EpochOptions } from "../../src/input/options.ts";
import { epochBatches } from "../../src/input.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { slimRecords } from "./slimRecords.ts";
import { realDigits } from "./smallMnist.ts";

const count = 230;
const digits = realDigits(count);
const png = Buffer.concat([...slimRecords(digits)]);
const pngSource = bytesSource("png.tfrecord", png, 5000);

/** A record of the raw layout whose picture tells which one it is: pixel 0 and 1 are the index. */
function rawRecord(
  index: number,
  image = new Uint8Array(784),
  changes: Record<string, Feature> = {},
): Uint8Array {
  image[0] = index >> 8;
  image[1] = index & 0xff;
  const whole = (value: number): Feature => ({ int64List: [value] });
  const features = { label: whole(index % 10), height: whole(28), width: whole(28), depth: whole(1) };
  return encodeRecord(
    encodeExample(new Map(Object.entries({ image_raw: { bytesList: [image] }, ...features, ...changes }))),
  );
}

const numbered = Buffer.concat(Array.from({ length: count }, (_, i) => rawRecord(i)));
const numberedSource = bytesSource("numbered.tfrecord", numbered, 3000);

/** Copies of all batches: an epoch reuses its arrays. */
async function collect(options: EpochOptions): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const { images, labels, count } of epochBatches(options)) {
    expect(images.length).toBe(count * 784);
    expect(labels.length).toBe(count);
    batches.push({ images: images.slice(), labels: labels.slice(), count });
  }
  return batches;
}

const indices = (batches: readonly { images: Uint8Array }[]): number[] =>
  batches.flatMap(({ images }) =>
    Array.from(
      { length: images.length / 784 },
      (_, i) => (images[i * 784] ?? 0) * 256 + (images[i * 784 + 1] ?? 0),
    ),
  );
const upTo = (end: number): number[] => [...Array(end).keys()];

describe("epochBatches", () => {
  test("gives the pictures and labels that were written, in order, the last batch smaller", async () => {
    const batches = await collect({ sources: [pngSource], batchSize: 64 });
    expect(batches.map(({ labels }) => labels.length)).toEqual([64, 64, 64, 38]);
    expect(Buffer.compare(Buffer.concat(batches.map(({ images }) => images)), digits.images)).toBe(0);
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual([...digits.labels]);
  });

  test("reads several files one after another", async () => {
    const batches = await collect({ sources: [numberedSource, numberedSource], batchSize: 100 });
    expect(indices(batches)).toEqual([...upTo(count), ...upTo(count)]);
  });

  test.each([10, 100, count, 1000])("a shuffle buffer of %i gives each example once", async (bufferSize) => {
    const shuffle = { seed: 1, epoch: 0, bufferSize };
    const order = indices(await collect({ sources: [numberedSource], batchSize: 32, shuffle }));
    expect(order).not.toEqual(upTo(count));
    expect([...order].sort((a, b) => a - b)).toEqual(upTo(count));
    // What comes out at place p was read by then: at most `bufferSize` examples wait.
    order.forEach((index, place) => void expect(index).toBeLessThanOrEqual(place + bufferSize));
  });

  test("labels stay with their pictures", async () => {
    const shuffle = { seed: 3, epoch: 1, bufferSize: 50 };
    const batches = await collect({ sources: [numberedSource], batchSize: 7, shuffle });
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual(indices(batches).map((index) => index % 10));
  });

  test("a buffer as large as the data puts every example anywhere", async () => {
    // The mean place of the first 23 examples over 40 epochs is that of the middle, 114.5, give or take 3 deviations.
    let sum = 0;
    for (let epoch = 0; epoch < 40; epoch++) {
      const shuffle = { seed: 9, epoch, bufferSize: count };
      const order = indices(await collect({ sources: [numberedSource], batchSize: count, shuffle }));
      for (let i = 0; i < 23; i++) sum += order.indexOf(i);
    }
    expect(Math.abs(sum / (40 * 23) - (count - 1) / 2)).toBeLessThan(3 * (count / Math.sqrt(12 * 40 * 23)));
  });

  test("seed and epoch make the order, and chunks of the file do not", async () => {
    const order = async (
      seed: number,
      epoch: number,
      source: ByteSource = numberedSource,
    ): Promise<string> => {
      const shuffle = { seed, epoch, bufferSize: 64 };
      return indices(await collect({ sources: [source], batchSize: 32, shuffle })).join();
    };
    expect(await order(1, 0)).toBe(await order(1, 0));
    expect(await order(1, 0)).toBe(await order(1, 0, bytesSource("in one piece", numbered, numbered.length)));
    expect(await order(1, 0)).not.toBe(await order(1, 1));
    expect(await order(1, 0)).not.toBe(await order(2, 0));
  });

  test.each([undefined, { seed: 1, epoch: 2, bufferSize: 40 }])(
    "skipBatches leaves the rest as it is: %o",
    async (shuffle) => {
      const options = { sources: [numberedSource], batchSize: 20, ...(shuffle && { shuffle }) };
      const each = (batches: { images: Uint8Array }[]) => batches.map((batch) => indices([batch]));
      const all = await collect(options);
      for (const skipBatches of [0, 1, 5, 10, 11, 12, 100]) {
        expect(each(await collect({ ...options, skipBatches }))).toEqual(each(all).slice(skipBatches));
      }
    },
  );

  test("take uses the first examples only", async () => {
    expect(indices(await collect({ sources: [numberedSource], batchSize: 16, take: 40 }))).toEqual(upTo(40));
    expect(await collect({ sources: [numberedSource], batchSize: 16, take: 0 })).toEqual([]);
    const shuffle = { seed: 1, epoch: 0, bufferSize: 1000 };
    const some = indices(await collect({ sources: [numberedSource], batchSize: 16, take: 40, shuffle }));
    expect(some.sort((a, b) => a - b)).toEqual(upTo(40));
  });

  test("only and except choose examples by their numbers over all files", async () => {
    const half = rawRecord(0).length * 115;
    const halves = [numbered.subarray(0, half), numbered.subarray(half)].map((bytes) =>
      bytesSource("half", bytes),
    );
    const thirds = upTo(count).filter((index) => index % 3 === 0);
    const others = upTo(count).filter((index) => index % 3 !== 0);
    const options = { sources: halves, batchSize: 16, only: new Set(thirds) };
    const batches = await collect(options);
    expect(indices(batches)).toEqual(thirds);
    expect(batches.map(({ labels }) => labels.length)).toEqual([16, 16, 16, 16, 13]);
    expect(indices(await collect({ sources: halves, batchSize: 16, except: new Set(thirds) }))).toEqual(
      others,
    );

    const shuffle = { seed: 1, epoch: 0, bufferSize: 10 };
    const shuffled = indices(await collect({ ...options, shuffle }));
    expect(shuffled).not.toEqual(thirds);
    expect(shuffled.sort((a, b) => a - b)).toEqual(thirds);
    // `take` counts what is looked at, `skipBatches` what is chosen.
    const some = { ...options, batchSize: 4, take: 30, skipBatches: 1 };
    expect(indices(await collect(some))).toEqual([12, 15, 18, 21, 24, 27]);
    expect(await collect({ ...options, only: new Set() })).toEqual([]);
  });

  test("reads no further than the batches that are asked for need", async () => {
    // A file without an end: what is held shows in what has been read of it.
    const record = rawRecord(0);
    let read = 0;
    let closed = false;
    const endless: ByteSource = {
      name: "endless",
      async *stream() {
        try {
          for (;;) {
            read += 10;
            yield Buffer.concat(Array.from({ length: 10 }, () => record));
          }
        } finally {
          closed = true;
        }
      },
    };
    const shuffle = { seed: 1, epoch: 0, bufferSize: 100 };
    let batches = 0;
    for await (const _ of epochBatches({ sources: [endless], batchSize: 10, shuffle })) {
      batches++;
      // The buffer, the batches given, and two chunks: the one at work and the one read ahead.
      expect(read).toBeLessThanOrEqual(100 + batches * 10 + 20);
      if (batches === 50) break;
    }
    expect(closed).toBe(true);
  });

  test("its memory is that of the buffer, however long the file", async () => {
    const chunk = Buffer.concat(Array.from({ length: 50 }, (_, i) => rawRecord(i)));
    const long: ByteSource = {
      name: "long",
      async *stream() {
        for (let i = 0; i < 400; i++) yield chunk; // 20,000 examples, 16 MB of pixels
      },
    };
    const held: number[] = [];
    let examples = 0;
    const shuffle = { seed: 1, epoch: 0, bufferSize: 500 };
    for await (const { count } of epochBatches({ sources: [long], batchSize: 100, shuffle })) {
      examples += count;
      held.push(process.memoryUsage().arrayBuffers);
    }
    expect(examples).toBe(20_000);
    expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(8e6);
  });

  test.each<[string, Uint8Array, string, string]>([
    [
      "another size without a digit",
      rawRecord(0, new Uint8Array(784), { height: { int64List: [14] }, width: { int64List: [56] } }),
      "BAD_DATA",
      "nothing is drawn on its picture",
    ],
    [
      "a label out of range",
      rawRecord(0, new Uint8Array(784), { label: { int64List: [10] } }),
      "BAD_DATA",
      '"label" is 10, expected 0 to 9',
    ],
    ["no example", encodeRecord(Uint8Array.of(0xff, 0xff)), "BAD_DATA", "tf.Example"],
    ["a flipped bit", flipped(rawRecord(0), 500), "BAD_DATA", "data CRC is 0x"],
    [
      "a JPEG",
      encodeRecord(
        encodeExample(
          new Map<string, Feature>([
            ["image/encoded", { bytesList: [Uint8Array.of(1)] }],
            ["image/format", { bytesList: [Buffer.from("jpeg")] }],
            ["image/class/label", { int64List: [1] }],
            ["image/height", { int64List: [28] }],
            ["image/width", { int64List: [28] }],
          ]),
        ),
      ),
      "UNSUPPORTED",
      "the picture is a JPEG, and nothing to decode it was given",
    ],
  ])("names file, record and offset of %s", async (_, record, code, message) => {
    const file = bytesSource("bad.tfrecord", Buffer.concat([rawRecord(0), rawRecord(1), record]));
    const offset = (2 * rawRecord(0).length).toLocaleString("en-US");
    await expect(collect({ sources: [file], batchSize: 2 })).rejects.toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(`^bad\\.tfrecord: record 2 at offset ${offset}: .*${message}`),
      }),
    );
  });

  test.each([
    { batchSize: 0 },
    { batchSize: 1.5 },
    { batchSize: 1e9 },
    { skipBatches: -1 },
    { take: Number.NaN },
    { skip: 0.5 },
    { repeat: 0 },
    { shard: { index: 2, count: 2 } },
    { shard: { index: 0, count: 0 } },
  ])("refuses %o", async (wrong) => {
    await expect(collect({ sources: [], batchSize: 1, ...wrong })).rejects.toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT" }),
    );
  });
});

describe("which examples are used", () => {
  const options = { sources: [numberedSource], batchSize: 50 };

  test("skip and take cut a piece out", async () => {
    expect(indices(await collect({ ...options, skip: 30, take: 40 }))).toEqual(upTo(70).slice(30));
    expect(indices(await collect({ ...options, skip: 220 }))).toEqual(upTo(count).slice(220));
    expect(await collect({ ...options, skip: count })).toEqual([]);
  });

  test("shards of several processes have each example once", async () => {
    for (const processes of [1, 2, 3, 7, 300]) {
      const parts: number[][] = [];
      for (let index = 0; index < processes; index++) {
        const shuffle = { seed: 1, epoch: 0, bufferSize: 20 };
        const shard = { index, count: processes };
        const part = indices(await collect({ ...options, shard, skip: 5, take: 200, shuffle }));
        expect(Math.abs(part.length - 200 / processes)).toBeLessThan(1);
        parts.push(part);
      }
      expect(parts.flat().sort((a, b) => a - b)).toEqual(upTo(205).slice(5));
    }
  });

  test("repeat shuffles each pass anew, as the epochs one by one", async () => {
    const shuffle = { seed: 4, epoch: 3, bufferSize: 100 };
    const passes: number[][] = [];
    for (const epoch of [3, 4, 5]) {
      passes.push(indices(await collect({ ...options, shuffle: { ...shuffle, epoch } })));
    }
    expect(passes[0]).not.toEqual(passes[1]);
    expect(indices(await collect({ ...options, shuffle, repeat: 3 }))).toEqual(passes.flat());
    // 5 batches a pass: batches to skip reach into the next one.
    const rest = indices(await collect({ ...options, shuffle, repeat: 2, skipBatches: 6 }));
    expect(rest).toEqual((passes[1] ?? []).slice(50));
  });

  test("repeat without end ends with its consumer, and where there is nothing", async () => {
    let examples = 0;
    for await (const batch of epochBatches({ ...options, repeat: Number.POSITIVE_INFINITY })) {
      examples += batch.count;
      if (examples > 1000) break;
    }
    expect(examples).toBeGreaterThan(1000);
    const none = { ...options, only: new Set<number>(), repeat: Number.POSITIVE_INFINITY };
    expect(await collect(none)).toEqual([]);
  });

  test("take reads no further", async () => {
    const { source, read } = counting(numberedSource); // chunks of 3,000 bytes
    await collect({ ...options, sources: [source], take: 12 });
    // What 12 records take, one chunk more, and the one that is read ahead.
    expect(read()).toBeLessThanOrEqual(rawRecord(0).length * 12 + 2 * 3000);
    const none = counting(numberedSource);
    await collect({ ...options, sources: [none.source], take: 0 });
    expect(none.read()).toBe(0);
  });

  test("labels go up to the classes of the model", async () => {
    const record = rawRecord(0, new Uint8Array(784), { label: { int64List: [4999] } });
    const [batch] = await collect({ sources: [bytesSource("many", record)], batchSize: 1, classes: 5000 });
    expect([...(batch?.labels ?? [])]).toEqual([4999]);
  });
});

describe("shards", () => {
  test.each([1, 2, 4, 7])("%i of them are read in the order of the single file", async (shards) => {
    for (const total of [0, 1, 6, 29]) {
      const files = shardFiles(
        upTo(total).map((index) => rawRecord(index)),
        shards,
      );
      // Whatever the order and the chunks in which they come.
      const sources = files.map((bytes, i) => bytesSource(shardName(i, shards), bytes, 1 + 700 * i));
      expect(indices(await collect({ sources, batchSize: 10 }))).toEqual(upTo(total));
    }
  });

  test.each(["gzip", "zlib"] as const)("compressed by %s, too", async (compression) => {
    const compress = compression === "gzip" ? gzipSync : deflateSync;
    const files = shardFiles(
      upTo(50).map((index) => rawRecord(index)),
      4,
    );
    const sources = files.map((bytes, i) => bytesSource(shardName(i, 4), compress(bytes), 333));
    const shuffle = { seed: 2, epoch: 0, bufferSize: 20 };
    const one = [bytesSource("one", numbered.subarray(0, 50 * rawRecord(0).length))];
    expect(indices(await collect({ sources, batchSize: 8, shuffle }))).toEqual(
      indices(await collect({ sources: one, batchSize: 8, shuffle })),
    );
  });

  test("of more than one set are read set by set, other files one by one", async () => {
    const [first = new Uint8Array(), second = new Uint8Array()] = shardFiles(
      upTo(4).map((index) => rawRecord(index)),
      2,
    );
    const names = ["a-00000-of-00002", "a-00001-of-00002", "b-00000-of-00002", "b-00001-of-00002", "c", "d"];
    const sources = names.map((name, i) => bytesSource(name, i % 2 === 0 ? first : second));
    expect(indices(await collect({ sources, batchSize: 100 }))).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 1, 3]);
  });

  test("no more than 64 are open at once", async () => {
    let open = 0;
    let most = 0;
    const sources = Array.from({ length: 100 }, (_, i): ByteSource => {
      const records = Buffer.concat([rawRecord(i), rawRecord(100 + i)]);
      const source = bytesSource(shardName(i, 100), records, 300);
      return {
        name: source.name,
        async *stream() {
          most = Math.max(most, ++open);
          try {
            yield* source.stream();
          } finally {
            open--;
          }
        },
      };
    });
    const order = indices(await collect({ sources, batchSize: 1000 }));
    expect(most).toBe(64);
    expect(order.slice(0, 130)).toEqual([...upTo(64), ...upTo(64).map((i) => i + 100), 64, 65]);
    expect(order).toHaveLength(200);
  });

  test("are closed when reading ends early", async () => {
    let open = 0;
    const sources = [0, 1, 2].map((i): ByteSource => {
      const source = bytesSource(shardName(i, 3), numbered, 1000);
      return {
        name: source.name,
        async *stream() {
          open++;
          try {
            yield* source.stream();
          } finally {
            open--;
          }
        },
      };
    });
    await collect({ sources, batchSize: 5, take: 20 });
    expect(open).toBe(0);
  });
});

describe("pictures of other kinds", () => {
  const digit = digits.images.subarray(0, 784);
  const slimRecord = (bytes: Uint8Array, format: string, [height, width]: [number, number]) =>
    encodeRecord(
      encodeExample(
        new Map<string, Feature>([
          ["image/encoded", { bytesList: [bytes] }],
          ["image/format", { bytesList: [Buffer.from(format)] }],
          ["image/class/label", { int64List: [7] }],
          ["image/height", { int64List: [height] }],
          ["image/width", { int64List: [width] }],
        ]),
      ),
    );
  const read = async (record: Uint8Array): Promise<Uint8Array> => {
    const images: Uint8Array[] = [];
    const sources = [bytesSource("pictures", record)];
    for await (const batch of epochBatches({ sources, batchSize: 1 }, decodePicture)) {
      images.push(batch.images.slice());
    }
    expect(images).toHaveLength(1);
    return images[0] ?? new Uint8Array();
  };
  const rgb = Uint8Array.from({ length: 784 * 3 }, (_, i) => (i * 37) & 255);
  const luma = Uint8Array.from({ length: 784 }, (_, i) => {
    const [r = 0, g = 0, b = 0] = rgb.subarray(i * 3, i * 3 + 3);
    return Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  });
  const raw = (width: number, height: number, channels: 1 | 3, data: Uint8Array) =>
    sharp(data, { raw: { width, height, channels } });

  test("28x28 in colour is its luma: raw in both layouts, PNG", async () => {
    const depth: Record<string, Feature> = { depth: { int64List: [3] } };
    const image: Record<string, Feature> = { image_raw: { bytesList: [rgb] } };
    expect(await read(rawRecord(0, new Uint8Array(784), { ...image, ...depth }))).toEqual(luma);
    expect(await read(slimRecord(rgb, "raw", [28, 28]))).toEqual(luma);
    expect(await read(slimRecord(await raw(28, 28, 3, rgb).png().toBuffer(), "png", [28, 28]))).toEqual(luma);
  });

  test("28x28 as JPEG is what the decoder makes of it", async () => {
    const jpeg = await raw(28, 28, 1, digit).jpeg({ quality: 95 }).toBuffer();
    const decoded = new Uint8Array(await sharp(jpeg).toColourspace("b-w").raw().toBuffer());
    const image = await read(slimRecord(jpeg, "jpeg", [28, 28]));
    expect(Math.max(...image.map((level, i) => Math.abs(level - (decoded[i] ?? 0))))).toBeLessThanOrEqual(1);
    expect(image).not.toEqual(digit);
  });

  test("another size goes the way of a picture to predict", async () => {
    const large = await raw(28, 28, 1, digit).resize(90, 90).extend(20).png().toBuffer();
    const [{ data }, picture] = [
      await sharp(large).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true }),
      await decodePicture(large, "large"),
    ];
    const expected = digitFromPicture(picture)?.pixels;
    expect(expected).toBeDefined();
    expect(await read(slimRecord(large, "png", [130, 130]))).toEqual(expected);
    expect(await read(slimRecord(new Uint8Array(data), "raw", [130, 130]))).toEqual(expected);
  });

  test("many of them keep their order", async () => {
    const records: Uint8Array[] = [];
    for (let i = 0; i < 60; i++) {
      const image = new Uint8Array(784).fill(4 * i);
      const isPng = i % 3 === 0;
      records.push(
        isPng
          ? slimRecord(await raw(28, 28, 3, spread(image)).png().toBuffer(), "png", [28, 28])
          : slimRecord(image, "raw", [28, 28]),
      );
    }
    const levels: number[] = [];
    const sources = [bytesSource("mixed", Buffer.concat(records))];
    for await (const { images, count: n } of epochBatches({ sources, batchSize: 7 }, decodePicture)) {
      for (let i = 0; i < n; i++) levels.push(images[i * 784] ?? -1);
    }
    expect(levels).toEqual(upTo(60).map((i) => 4 * i));
  });

  test.each<[string, () => Uint8Array, string]>([
    ["nothing drawn", () => slimRecord(new Uint8Array(900), "raw", [30, 30]), "nothing is drawn"],
    ["no pixels", () => slimRecord(new Uint8Array(0), "raw", [0, 28]), "0x28x1, expected 1 to 4 channels"],
    [
      "too many pixels",
      () => slimRecord(new Uint8Array(25_005_000), "raw", [5001, 5000]),
      "expected at most 25,000,000",
    ],
    [
      "no PNG",
      () => slimRecord(Buffer.from("no picture, but a line of text which is long enough"), "png", [28, 28]),
      "not a PNG or JPEG",
    ],
    [
      "a lying size",
      () => slimRecord(Uint8Array.from(digitPng()), "png", [28, 29]),
      "28 pixels wide and 28 high, expected 29 and 28",
    ],
  ])("%s is damage", async (_, record, message) => {
    await expect(read(record())).rejects.toThrow(
      expect.objectContaining({ code: "BAD_DATA", message: expect.stringContaining(message) }),
    );
  });

  const spread = (grey: Uint8Array) =>
    Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)] ?? 0);
  const digitPng = () => greyPngEncoder(28, 28)(digit);
});

describe("damaged records", () => {
  const size = rawRecord(0).length;
  const damagedAt = (...records: number[]) => {
    const bytes = Uint8Array.from(numbered.subarray(0, size * 20));
    for (const record of records) bytes[record * size + 100]! ^= 1;
    return bytes;
  };
  const skipping = async (options: Omit<EpochOptions, "batchSize">) => {
    const damage: Damage[] = [];
    const batches = await collect({
      ...options,
      batchSize: 8,
      onCorrupt: "skip",
      onDamage: (one) => void damage.push(one),
    });
    return { order: indices(batches), damage };
  };
  const without = (...left: number[]) => upTo(20).filter((index) => !left.includes(index));

  test("are left out where asked to, and told of", async () => {
    const { order, damage } = await skipping({ sources: [bytesSource("f", damagedAt(3, 19))] });
    expect(order).toEqual(without(3, 19));
    expect(damage.map(({ index }) => index)).toEqual([3, 19]);
    expect(damage[0]).toEqual({
      ...{ source: "f", record: 3, offset: 3 * size, index: 3, endsFile: false },
      message: expect.stringMatching(/^f: record 3 at offset 2,673: data CRC is 0x/),
    });
  });

  test("keep their number, so that a split stays what it is", async () => {
    const sources = [bytesSource("f", damagedAt(3, 4))];
    const only = new Set([2, 4, 6]);
    expect((await skipping({ sources, only })).order).toEqual([2, 6]);
    expect((await skipping({ sources, except: only })).order).toEqual(without(2, 3, 4, 6));
    expect((await skipping({ sources, skip: 4, take: 3 })).order).toEqual([5, 6]);
    expect((await skipping({ sources, shard: { index: 1, count: 4 } })).order).toEqual([1, 5, 9, 13, 17]);
  });

  test("in shards leave the turn of the others as it is", async () => {
    const [first = new Uint8Array(), second = new Uint8Array()] = shardFiles(
      upTo(8).map((index) => rawRecord(index)),
      2,
    );
    const sources = [
      bytesSource(shardName(0, 2), flipped(first, size + 100)),
      bytesSource(shardName(1, 2), flipped(second, size * 2 + 3)),
    ];
    const { order, damage } = await skipping({ sources });
    expect(order).toEqual([0, 1, 3, 4, 6]);
    expect(damage.map(({ index, record, endsFile }) => ({ index, record, endsFile }))).toEqual([
      { index: 2, record: 1, endsFile: false },
      { index: 5, record: 2, endsFile: true },
    ]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["a length", flipped(numbered.subarray(0, size * 10), size * 4 + 2), /length CRC/],
    ["a cut", numbered.subarray(0, size * 5 - 10), /has only \d+ left/],
    [
      "gzip",
      gzipSync(numbered).subarray(0, -30),
      /gzip stream cannot be inflated at byte [\d,]+: it is cut short/,
    ],
  ])("that hide where the next one begins end the file: %s", async (_, bytes, message) => {
    const { order, damage } = await skipping({ sources: [bytesSource("f", bytes), numberedSource] });
    const read = order.length - count;
    expect(order).toEqual([...upTo(read), ...upTo(count)]);
    expect(damage).toEqual([expect.objectContaining({ record: read, index: read, endsFile: true })]);
    expect(damage[0]?.message).toMatch(message);
  });

  test("of content, too: a key that is missing, a label beyond the classes", async () => {
    const records = [
      rawRecord(0),
      rawRecord(1, new Uint8Array(784), { label: { int64List: [10] } }),
      encodeRecord(encodeExample(new Map<string, Feature>([["label", { int64List: [1] }]]))),
      encodeRecord(Uint8Array.of(0xff, 0xff)),
      rawRecord(4),
    ];
    const { order, damage } = await skipping({ sources: [bytesSource("f", Buffer.concat(records))] });
    expect(order).toEqual([0, 4]);
    expect(damage.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^f: record 1 at offset 891: "label" is 10, expected 0 to 9/),
      expect.stringMatching(/^f: record 2 at offset 1,782: expected an example with .*, found label/),
      expect.stringMatching(/^f: record 3 at offset [\d,]+: tf\.Example is malformed/),
    ]);
  });

  test("do not hide that a file cannot be read at all", async () => {
    const gone: ByteSource = {
      name: "gone",
      // biome-ignore lint/correctness/useYield: it fails first
      async *stream() {
        throw new MnistError("NETWORK", "gone: it broke off");
      },
    };
    await expect(skipping({ sources: [gone] })).rejects.toThrow("gone: it broke off");
  });
});

describe("countRecords", () => {
  test.each([1, 7, 1000, 1 << 20])("counts a file in chunks of %i bytes", async (chunkBytes) => {
    expect(
      await countRecords(bytesSource("numbered", numbered.subarray(0, rawRecord(0).length * 30), chunkBytes)),
    ).toBe(30);
  });

  test("names the first damage, and believes no length without its checksum", async () => {
    const size = rawRecord(0).length;
    expect(await countRecords(bytesSource("none", new Uint8Array()))).toBe(0);
    await expect(countRecords(bytesSource("cut", numbered.subarray(0, size * 4 - 1)))).rejects.toThrow(
      /^cut: record 3 at offset [\d,]+: its length is /,
    );
    const lying = flipped(numbered.subarray(0, size * 4), size * 2 + 6);
    await expect(countRecords(bytesSource("lying", lying))).rejects.toThrow(
      /^lying: record 2 at offset [\d,]+: length CRC is /,
    );
  });
});

/** Record `i` goes to shard `i` modulo their number, as `mnist prepare --shards` does it. */
function shardFiles(records: readonly Uint8Array[], shards: number): Uint8Array[] {
  return Array.from({ length: shards }, (_, shard) =>
    Buffer.concat(records.filter((_, i) => i % shards === shard)),
  );
}

function shardName(shard: number, shards: number): string {
  const digits = (number: number) => String(number).padStart(5, "0");
  return `train.tfrecord-${digits(shard)}-of-${digits(shards)}`;
}

/** The same bytes; `read` tells how many of them were asked for. */
function counting(source: ByteSource): { source: ByteSource; read: () => number } {
  let read = 0;
  const counted: ByteSource = {
    name: source.name,
    async *stream() {
      for await (const chunk of source.stream()) {
        read += chunk.length;
        yield chunk;
      }
    },
  };
  return { source: counted, read: () => read };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(bytes).with(at, (bytes[at] ?? 0) ^ 1);
}
