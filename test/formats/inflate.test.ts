import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { compressionOf, openInflated } from "../../src/formats/inflate.ts";
import { encodeRecord, readRecords } from "../../src/formats/tfrecord.ts";

async function inflate(bytes: Uint8Array, chunkBytes: number): Promise<Buffer> {
  const { chunks } = await openInflated(bytesSource("f", bytes, chunkBytes), 12, () => false);
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const parts = fc.array(
  fc.tuple(
    fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.constant(new Uint8Array(40_000))),
    fc.integer({ min: 0, max: 9 }),
  ),
  { minLength: 1, maxLength: 4 },
);
const chunkBytes = fc.constantFrom(13, 100, 5000, 1 << 20);

describe("openInflated", () => {
  it("gives what Node's zlib deflated: gzip, of one member and more", async () => {
    await fc.assert(
      fc.asyncProperty(parts, chunkBytes, async (members, size) => {
        const file = Buffer.concat(members.map(([bytes, level]) => gzipSync(bytes, { level })));
        const expected = Buffer.concat(members.map(([bytes]) => bytes));
        expect(Buffer.compare(await inflate(file, size), expected)).toBe(0);
      }),
    );
  });

  it("gives what Node's zlib deflated: zlib", async () => {
    await fc.assert(
      fc.asyncProperty(parts, chunkBytes, async ([[bytes, level] = [new Uint8Array(), 0]], size) => {
        expect(Buffer.compare(await inflate(deflateSync(bytes, { level }), size), bytes)).toBe(0);
      }),
    );
  });

  it("reads a gzip header with a name, a comment and more in it", async () => {
    const plain = gzipSync("digits");
    const head = Buffer.from(plain.subarray(0, 10));
    head[3] = 4 | 8 | 16; // extra, name, comment
    const rest = Buffer.from("\x03\0abcname\0comment\0", "latin1");
    const file = Buffer.concat([head, rest, plain.subarray(10)]);
    for (const size of [1, 7, 1000]) expect(String(await inflate(file, size))).toBe("digits");
  });

  it("tells of a cut at every byte but that between two members", async () => {
    const first = gzipSync("the first member");
    const gzip = Buffer.concat([first, gzipSync("the second one")]);
    for (let length = 3; length < gzip.length; length++) {
      if (length === first.length)
        expect(String(await inflate(gzip.subarray(0, length), 9))).toBe("the first member");
      else
        await expect(inflate(gzip.subarray(0, length), 9), `${length}`).rejects.toThrow(
          "gzip stream cannot be inflated at byte",
        );
    }
    const zlib = deflateSync("one stream");
    for (let length = 2; length < zlib.length; length++) {
      await expect(inflate(zlib.subarray(0, length), 9), `${length}`).rejects.toThrow(
        "zlib stream cannot be inflated",
      );
    }
  });

  it("tells of what follows the end", async () => {
    await expect(inflate(Buffer.concat([gzipSync("a"), Buffer.from("more")]), 100)).rejects.toThrow(
      "gzip stream",
    );
    await expect(inflate(Buffer.concat([deflateSync("a"), Buffer.from("more")]), 100)).rejects.toThrow(
      "zlib stream",
    );
  });

  it("inflates a bomb bit by bit", async () => {
    const bomb = gzipSync(new Uint8Array(30_000_000));
    const { chunks } = await openInflated(bytesSource("bomb", bomb), 12, () => false);
    let total = 0;
    let largest = 0;
    for await (const chunk of chunks) {
      total += chunk.length;
      largest = Math.max(largest, chunk.length);
    }
    expect(total).toBe(30_000_000);
    expect(largest).toBeLessThanOrEqual((1 << 14) * 1032);
  });
});

describe("compressionOf", () => {
  it.each<[string, Uint8Array, "gzip" | "zlib" | undefined]>([
    ["gzip", gzipSync("a"), "gzip"],
    ["zlib, fastest", deflateSync("a", { level: 1 }), "zlib"],
    ["zlib, best", deflateSync("a", { level: 9 }), "zlib"],
    [
      "zlib with a dictionary, which nobody has",
      deflateSync("a", { dictionary: Buffer.from("b") }),
      undefined,
    ],
    ["PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47), undefined],
    ["nothing", new Uint8Array(), undefined],
  ])("%s", (_, bytes, compression) => {
    expect(compressionOf(bytes)).toBe(compression);
  });

  it("is not asked where a record begins like zlib by chance", async () => {
    // A first record of 0x0178 bytes begins with 78 01, as zlib's fastest does.
    const file = encodeRecord(new Uint8Array(0x0178).fill(5));
    expect(compressionOf(file)).toBe("zlib");
    for await (const [record] of readRecords(bytesSource("f", file)))
      expect(record?.data).toHaveLength(0x0178);
  });
});
