import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/bytes.ts";
import { encodeExample, type Feature } from "../../src/formats/example.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";
import { countRecords, type EpochOptions, epochBatches } from "../../src/input.ts";
import { splitRecords } from "../../src/prepare.ts";
import { realDigits } from "./smallMnist.ts";

const count = 230;
const digits = realDigits(count);
const png = Buffer.concat([...splitRecords(digits)]);
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
async function collect(options: EpochOptions): Promise<{ images: Uint8Array; labels: Uint8Array }[]> {
  const batches: { images: Uint8Array; labels: Uint8Array }[] = [];
  for await (const { images, labels, count } of epochBatches(options)) {
    expect(images.length).toBe(count * 784);
    expect(labels.length).toBe(count);
    batches.push({ images: images.slice(), labels: labels.slice() });
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
    expect(Buffer.compare(Buffer.concat(batches.map(({ labels }) => labels)), digits.labels)).toBe(0);
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

  test("select uses the examples that it is asked about by their index over all files", async () => {
    const half = rawRecord(0).length * 115;
    const halves = [numbered.subarray(0, half), numbered.subarray(half)].map((bytes) =>
      bytesSource("half", bytes),
    );
    const asked: number[] = [];
    const isThird = (index: number): boolean => {
      asked.push(index);
      return index % 3 === 0;
    };
    const thirds = upTo(count).filter((index) => index % 3 === 0);
    const batches = await collect({ sources: halves, batchSize: 16, select: isThird });
    expect(indices(batches)).toEqual(thirds);
    expect(asked).toEqual(upTo(count));
    expect(batches.map(({ labels }) => labels.length)).toEqual([16, 16, 16, 16, 13]);

    const shuffle = { seed: 1, epoch: 0, bufferSize: 10 };
    const shuffled = indices(await collect({ sources: halves, batchSize: 16, select: isThird, shuffle }));
    expect(shuffled).not.toEqual(thirds);
    expect(shuffled.sort((a, b) => a - b)).toEqual(thirds);
    // `take` counts what is looked at, `skipBatches` what is selected.
    const some = { sources: halves, batchSize: 4, select: isThird, take: 30, skipBatches: 1 };
    expect(indices(await collect(some))).toEqual([12, 15, 18, 21, 24, 27]);
    expect(await collect({ sources: halves, batchSize: 4, select: () => false })).toEqual([]);
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
      "another size",
      rawRecord(0, new Uint8Array(784), { height: { int64List: [14] }, width: { int64List: [56] } }),
      "BAD_DATA",
      "the picture is 14x56x1, expected 28x28x1",
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
      "the picture is a JPEG, expected PNG or raw pixels",
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
  ])("refuses %o", async (wrong) => {
    await expect(collect({ sources: [], batchSize: 1, ...wrong })).rejects.toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT" }),
    );
  });
});

describe("countRecords", () => {
  test.each([1, 7, 1000, 1 << 20])("counts a file in chunks of %i bytes", async (chunkBytes) => {
    expect(
      await countRecords(bytesSource("numbered", numbered.subarray(0, rawRecord(0).length * 30), chunkBytes)),
    ).toBe(30);
  });

  test("counts up to the first damage, and believes no length without its checksum", async () => {
    const size = rawRecord(0).length;
    expect(await countRecords(bytesSource("none", new Uint8Array()))).toBe(0);
    expect(await countRecords(bytesSource("cut", numbered.subarray(0, size * 4 - 1)))).toBe(3);
    expect(
      await countRecords(bytesSource("lying", flipped(numbered.subarray(0, size * 4), size * 2 + 6))),
    ).toBe(2);
  });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(bytes).with(at, (bytes[at] ?? 0) ^ 1);
}
