import { describe, expect, test } from "vitest";
import { parseIdx } from "../../src/formats/idx.ts";
import { parseMnistSplit } from "../../src/formats/mnistIdx.ts";
import { idxFile, realFile } from "./smallMnist.ts";

const images = (shape: number[], data: number[] = []) => ({
  name: "images",
  bytes: idxFile(shape, Uint8Array.from(data)),
});
const blank = new Array<number>(784).fill(0);

describe("parseIdx", () => {
  test("reads MNIST's own files", () => {
    expect(parseIdx(realFile("t10k-images-idx3-ubyte"), "images").shape).toEqual([10_000, 28, 28]);
    const labels = parseIdx(realFile("t10k-labels-idx1-ubyte"), "labels");
    expect(labels.shape).toEqual([10_000]);
    // The first test images are known to everybody who has looked at MNIST: 7, 2, 1, 0, 4.
    expect([...labels.data.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  test.each([
    ["no bytes", new Uint8Array(), "x: expected an IDX file, found 0 bytes"],
    ["floats", Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), "found 0x00000d01"],
    ["no axes", Uint8Array.of(0, 0, 8, 0), "found 0x00000800"],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0, 0), "still compressed"],
    [
      "a cut header",
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1),
      "expected a header of 16 bytes for 3 axes, found 8",
    ],
    ["too few", idxFile([3], Uint8Array.of(1, 2)), "expected 11 bytes for an array of 3, found 10"],
    ["too many", idxFile([1], Uint8Array.of(1, 2)), "expected 9 bytes for an array of 1, found 10"],
    [
      "a lying length",
      idxFile([0xffffffff, 0xffffffff, 0xffffffff], Uint8Array.of(1)),
      "for an array of 4294967295x4294967295x4294967295, found 17",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseIdx(bytes, "x")).toThrow(
      expect.objectContaining({ code: "BAD_DATA", message: expect.stringContaining(message) }),
    );
  });
});

describe("parseMnistSplit", () => {
  const labels = (data: number[]) => ({
    name: "labels",
    bytes: idxFile([data.length], Uint8Array.from(data)),
  });

  test("takes images and labels that fit", () => {
    const split = parseMnistSplit(images([1, 28, 28], blank.with(3, 200)), labels([9]));
    expect(split.count).toBe(1);
    expect(split.images[3]).toBe(200);
    expect([...split.labels]).toEqual([9]);
  });

  test.each([
    ["another size", images([1, 2, 2], [1, 2, 3, 4]), labels([1]), "images: expected images of 28x28"],
    ["labels for images", labels([1]), labels([1]), "labels: expected images of 28x28"],
    ["fewer labels", images([1, 28, 28], blank), labels([]), "labels: expected 1 labels"],
    ["a label that is no digit", images([1, 28, 28], blank), labels([10]), "labels: label 0 is 10"],
  ])("refuses %s", (_, left, right, message) => {
    expect(() => parseMnistSplit(left, right)).toThrow(message);
  });
});
