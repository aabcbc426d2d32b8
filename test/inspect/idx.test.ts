import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { inspect } from "../../src/inspect.ts";
import { idxFile, realDigits, realFile } from "../data/smallMnist.ts";

const look = async (bytes: Uint8Array, preview = 0, chunkBytes = 1 << 20) =>
  inspect(bytesSource("idx", bytes, chunkBytes), { preview });

describe("inspect, of IDX files", () => {
  test.each([
    ["train", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]], // as published with MNIST
    ["t10k", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]],
  ])("counts MNIST's labels, %s", async (set, counts) => {
    const bytes = realFile(`${set}-labels-idx1-ubyte`);
    const { report, labels } = await look(gzipSync(bytes), 20, 999);
    expect(report).toMatchObject({
      kind: "idx",
      compression: "gzip",
      content: "labels",
      elementType: "uint8",
      shape: [counts.reduce((a, b) => a + b)],
      labels: counts.map((count, label) => ({ label, count })),
      damage: { count: 0 },
    });
    expect(labels).toEqual([...bytes.subarray(8, 28)]);
  });

  test("measures MNIST's training images: mean 0.1307 and deviation 0.3081, as everybody normalises by", async () => {
    const { report } = await look(realFile("train-images-idx3-ubyte"));
    if (report.kind !== "idx" || !report.values) throw new Error("expected values");
    expect(report).toMatchObject({ content: "images", shape: [60_000, 28, 28], damage: { count: 0 } });
    expect(report.values).toMatchObject({ count: 60_000 * 784, min: 0, max: 255, nans: 0 });
    expect((report.values.mean / 255).toFixed(4)).toBe("0.1307");
    expect((report.values.deviation / 255).toFixed(4)).toBe("0.3081");
  });

  test("gives the first images, in chunks of any size", async () => {
    const { images } = realDigits(5);
    for (const chunkBytes of [3, 700, 1 << 20]) {
      const { pictures } = await look(idxFile([5, 28, 28], images), 3, chunkBytes);
      expect(pictures.map(({ index, label }) => [index, label])).toEqual([
        [0, undefined],
        [1, undefined],
        [2, undefined],
      ]);
      expect(
        Buffer.compare(Buffer.concat(pictures.map(({ pixels }) => pixels)), images.subarray(0, 3 * 784)),
      ).toBe(0);
    }
  });

  test.each([
    [
      "cut off",
      idxFile([3, 2, 2], new Uint8Array(11)),
      "27 bytes, expected 28 for 3x2x2 of uint8; the file is cut off",
    ],
    [
      "too long",
      idxFile([4], new Uint8Array(6)),
      "14 bytes, expected 12 for 4 of uint8; there are bytes that belong to nothing",
    ],
    [
      "without its header",
      Uint8Array.of(0, 0, 8, 3, 0, 0),
      "the file ends after 6 bytes, within its header of 16",
    ],
    [
      "of a size that cannot be",
      idxFile([0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(5)),
      expect.stringMatching(/^21 bytes, expected \d/),
    ],
  ])("says that a file is %s", async (_, bytes, fault) => {
    const { report } = await look(bytes, 100);
    expect(report).toMatchObject({ kind: "idx", damage: { count: 1, first: [{ fault }] } });
  });

  test("says that what is compressed cannot be inflated to its end, and what there is until then", async () => {
    const gzipped = gzipSync(realFile("t10k-labels-idx1-ubyte"));
    const { report } = await look(gzipped.subarray(0, gzipped.length / 2));
    if (report.kind !== "idx" || !report.labels) throw new Error("expected labels");
    const [first, second] = report.damage.first;
    expect(first?.fault).toMatch(/^its gzip stream cannot be inflated at byte [\d,]+: /);
    expect(second?.fault).toMatch(/^\d+ bytes, expected 10008 for 10000 of uint8; the file is cut off$/);
    const counted = report.labels.reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(Number(second?.fault.split(" ")[0]) - 8);
    expect(counted).toBeGreaterThan(4000);
  });

  test("arrays of other kinds are told by their shape", async () => {
    const bytes = Buffer.concat([Buffer.from("00000d02000000020000000300", "hex"), Buffer.alloc(23)]);
    const { report } = await look(bytes, 9);
    expect(report).toEqual({
      kind: "idx",
      bytes: 36,
      content: "array",
      elementType: "float32",
      shape: [2, 3],
      damage: { count: 0, first: [] },
    });
  });
});
