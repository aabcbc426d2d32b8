import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import { crc32c, maskCrc } from "../../src/formats/crc32c.ts";
import { encodeRecord, readRecords, type TFRecord } from "../../src/formats/tfrecord.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const ascii = (text: string) => new TextEncoder().encode(text);

async function readAll(source: ByteSource): Promise<TFRecord[]> {
  const all: TFRecord[] = [];
  for await (const records of readRecords(source)) all.push(...records);
  return all;
}

/** What reading fails with, and the records before. */
async function readUntilError(source: ByteSource): Promise<{ before: TFRecord[]; error: MnistError }> {
  const before: TFRecord[] = [];
  try {
    for await (const records of readRecords(source)) before.push(...records);
  } catch (error) {
    if (error instanceof MnistError) return { before, error };
    throw error;
  }
  throw new Error("expected an error");
}

/** The source without its length, as a pipe has none. */
function endless({ name, stream }: ByteSource): ByteSource {
  return { name, stream };
}

function recordHeader(length: bigint): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setBigUint64(0, length, true);
  view.setUint32(8, maskCrc(crc32c(header, 0, 8)), true);
  return header;
}

describe("encodeRecord", () => {
  // Written by TensorBoard 2.21's RecordWriter.
  it.each([
    ["", "000000000000000029039807d8ea82a2"],
    ["123456789", "090000000000000037f97139313233343536373839e5b08ac7"],
    [
      String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i)),
      "200000000000000029eda950000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f92781f95",
    ],
  ])("frames %j as TensorFlow does", (data, golden) => {
    expect(hex(encodeRecord(ascii(data)))).toBe(golden);
  });
});

describe("readRecords", () => {
  it("gives back what was written, whatever the sizes and chunks", async () => {
    const chunks = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 20 }),
        chunks,
        async (data, size) => {
          const file = new Uint8Array(Buffer.concat(data.map(encodeRecord)));
          for (const source of [bytesSource("a", file, size), endless(bytesSource("a", file, size))]) {
            const records = await readAll(source);
            expect(records.map((record) => hex(record.data))).toEqual(data.map(hex));
            expect(records.map((record) => record.index)).toEqual(data.map((_, i) => i));
            const offsets = data.map((_, i) =>
              data.slice(0, i).reduce((sum, bytes) => sum + bytes.length + 16, 0),
            );
            expect(records.map((record) => record.offset)).toEqual(offsets);
          }
        },
      ),
    );
  });

  it("gives all the records of a chunk at once", async () => {
    const file = new Uint8Array(Buffer.concat(Array.from({ length: 10 }, () => encodeRecord(ascii("x")))));
    const counts: number[] = [];
    // 17 bytes a record, 85 a chunk
    for await (const records of readRecords(bytesSource("a", file, 85))) counts.push(records.length);
    expect(counts).toEqual([5, 5]);
  });

  it("joins a long record from many chunks without copying it again for each", async () => {
    const data = new Uint8Array(5_000_000).fill(7);
    const [record] = await readAll(bytesSource("a", encodeRecord(data), 1000));
    expect(Buffer.compare(record?.data ?? new Uint8Array(0), data)).toBe(0);
  });

  // Three records: 20 bytes at 0, 116 at 20, 26 at 136.
  const good = [ascii("four"), ascii("b".repeat(100)), ascii("0123456789")].map(encodeRecord);
  const file = new Uint8Array(Buffer.concat(good));

  it.each([
    [
      "length",
      20,
      /^f\.tfrecord: record 1 at offset 20: length CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; /,
    ],
    [
      "length CRC",
      29,
      /^f\.tfrecord: record 1 at offset 20: length CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; /,
    ],
    ["data", 80, /^f\.tfrecord: record 1 at offset 20: data CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; /],
    [
      "data CRC",
      134,
      /^f\.tfrecord: record 1 at offset 20: data CRC is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}; /,
    ],
  ])("finds a flipped bit in the %s", async (_, at, message) => {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = file.slice();
      damaged[at]! ^= 1 << bit;
      for (const source of [
        bytesSource("f.tfrecord", damaged),
        endless(bytesSource("f.tfrecord", damaged, 7)),
      ]) {
        const { before, error } = await readUntilError(source);
        expect(error.code).toBe("BAD_DATA");
        expect(error.message).toMatch(message);
        expect(error.message).toContain("corrupted record at 20");
        expect(error.message).toContain("run mnist prepare again");
        expect(before.map((record) => record.index)).toEqual([0]);
      }
    }
  });

  it("names both checksums, the found one first", async () => {
    const damaged = encodeRecord(ascii("123456789"));
    damaged.fill(0, -4);
    const { error } = await readUntilError(bytesSource("f", damaged));
    expect(error.message).toContain("data CRC is 0xc78ab0e5, expected 0x00000000");
  });

  it("asks whether it is a TFRecord file where the first bytes are none", async () => {
    const { error } = await readUntilError(bytesSource("notes.txt", ascii("These are no records at all.")));
    expect(error.message).toMatch(
      /^notes\.txt: record 0 at offset 0: length CRC .*Is this even a TFRecord file\?/,
    );
  });

  it("finds a truncation at every byte", async () => {
    for (let length = 0; length <= file.length; length++) {
      for (const source of [
        bytesSource("f", file.slice(0, length)),
        endless(bytesSource("f", file.slice(0, length), 9)),
      ]) {
        const whole = length < 20 ? 0 : length < 136 ? 1 : length < 162 ? 2 : 3;
        if ([0, 20, 136, 162].includes(length)) {
          expect(await readAll(source)).toHaveLength(whole);
          continue;
        }
        const { before, error } = await readUntilError(source);
        const offset = [0, 20, 136][whole];
        expect(before).toHaveLength(whole);
        expect(error.message).toMatch(new RegExp(`^f: record ${whole} at offset ${offset}: `));
        expect(error.message).toContain(`truncated record at ${offset}`);
      }
    }
  });

  it("does not believe a length whose CRC is right but for which the file is too short", async () => {
    const lying = new Uint8Array(Buffer.concat([encodeRecord(ascii("four")), recordHeader(2n ** 50n)]));
    const { before, error } = await readUntilError(bytesSource("f", lying));
    expect(before).toHaveLength(1);
    expect(error.message).toContain(
      "f: record 1 at offset 20: its length is 1,125,899,906,842,624 bytes, but the file has only 0 left for it",
    );
  });

  it("does not wait for a length beyond reason where the file's own length is not known", async () => {
    let chunks = 0;
    const source: ByteSource = {
      name: "pipe",
      async *stream() {
        yield recordHeader(2n ** 40n);
        for (chunks = 1; chunks < 1000; chunks++) yield new Uint8Array(10);
      },
    };
    const { error } = await readUntilError(source);
    expect(error.message).toContain("its length is 1,099,511,627,776 bytes, expected at most 268,435,456");
    expect(chunks).toBe(0);
  });

  it("groups the digits of large offsets", async () => {
    const big = encodeRecord(new Uint8Array(430_064));
    const damaged = new Uint8Array(Buffer.concat([big, encodeRecord(ascii("x"))]));
    damaged[damaged.length - 1]! ^= 1;
    const { error } = await readUntilError(bytesSource("train.tfrecord", damaged));
    expect(error.message).toContain("train.tfrecord: record 1 at offset 430,080: data CRC is");
    expect(error.message).toContain("corrupted record at 430080");
  });

  it("keeps records valid while later chunks are read", async () => {
    const records = await readAll(bytesSource("f", file, 30));
    expect(records.map((record) => Buffer.from(record.data).toString())).toEqual([
      "four",
      "b".repeat(100),
      "0123456789",
    ]);
  });

  it("reads golden bytes", async () => {
    const golden = unhex("090000000000000037f97139313233343536373839e5b08ac7");
    const [record] = await readAll(bytesSource("f", golden));
    expect(Buffer.from(record?.data ?? []).toString()).toBe("123456789");
  });
});
