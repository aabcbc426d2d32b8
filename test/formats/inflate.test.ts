import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { createRandom } from "../../src/core/random.ts";
import { compressionOf, inflated } from "../../src/formats/inflate.ts";

const random = createRandom(3);
const plain = Uint8Array.from({ length: 200_000 }, (_, i) => (i % 7 === 0 ? random.below(256) : 5));

async function read(bytes: Uint8Array, chunkBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of inflated(bytesSource("file", bytes, chunkBytes)).stream()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("inflated", () => {
  test.each([
    ["gzip", gzipSync(plain)],
    ["gzip", gzipSync(plain, { level: 1 })],
    ["gzip", Buffer.concat([gzipSync(plain.subarray(0, 1000)), gzipSync(plain.subarray(1000))])],
    ["zlib", deflateSync(plain)],
    ["zlib", deflateSync(plain, { level: 0 })],
  ])("gives what zlib compressed as %s, in chunks of any size", async (compression, bytes) => {
    expect(compressionOf(bytes)).toBe(compression);
    for (const chunkBytes of [2, 777, 1 << 20]) {
      expect(Buffer.compare(await read(bytes, chunkBytes), plain)).toBe(0);
    }
  });

  test("says what cannot be inflated", async () => {
    const garbled = Buffer.from(deflateSync(plain)).fill(0xff, 2, 60);
    await expect(read(garbled, 1000)).rejects.toMatchObject({
      code: "BAD_DATA",
      message: expect.stringMatching(/^file: it cannot be inflated: /),
    });
  });

  test("takes no more than some megabytes at a time of what a small file claims", async () => {
    const bomb = gzipSync(new Uint8Array(100_000_000));
    let [largest, total] = [0, 0];
    for await (const piece of inflated(bytesSource("bomb", bomb, bomb.length)).stream()) {
      largest = Math.max(largest, piece.length);
      total += piece.length;
    }
    expect(total).toBe(100_000_000);
    expect(largest).toBeLessThan(20e6);
  });

  test("takes text and pictures for what they are", () => {
    for (const bytes of [[], [0x78], [0x30, 0x3a], [0x89, 0x50], [0xff, 0xd8]]) {
      expect(compressionOf(Uint8Array.from(bytes))).toBeUndefined();
    }
  });
});
