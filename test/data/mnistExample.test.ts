import { describe, expect, test } from "vitest";
import { decodeExample, encodeExample, type Feature } from "../../src/formats/example.ts";
import { decodeMnistExample, encodeSlimExample } from "../../src/formats/mnistExample.ts";

const text = (value: string): Feature => ({ bytesList: [new TextEncoder().encode(value)] });
const whole = (...values: number[]): Feature => ({ int64List: values });
const pixels = Uint8Array.from({ length: 784 }, (_, i) => i & 0xff);

/** TF-slim's layout, feature by feature (research/slim, datasets/dataset_utils.py, image_to_tfexample). */
const slim: Record<string, Feature> = {
  "image/encoded": { bytesList: [Uint8Array.of(1, 2, 3)] },
  "image/format": text("png"),
  "image/class/label": whole(7),
  "image/height": whole(28),
  "image/width": whole(28),
};

/** The Python ancestor's layout. */
const plain: Record<string, Feature> = {
  image_raw: { bytesList: [pixels] },
  label: whole(3),
  height: whole(28),
  width: whole(28),
  depth: whole(1),
};

function decode(layout: Record<string, Feature>, changes: Record<string, Feature | undefined> = {}) {
  const entries = Object.entries({ ...layout, ...changes });
  const features = entries.filter((entry): entry is [string, Feature] => entry[1] !== undefined);
  return decodeMnistExample(encodeExample(new Map(features)), 10);
}

describe("tf.Examples of MNIST", () => {
  test("TF-slim's layout is written with its keys and types", () => {
    const png = Uint8Array.of(1, 2, 3);
    const features = decodeExample(encodeSlimExample({ png, label: 7, height: 28, width: 28 }));
    expect(Object.fromEntries(features)).toEqual(slim);
  });

  test("both layouts are read, told apart by their keys", () => {
    const size = { height: 28, width: 28, channels: 1 };
    expect(decode(slim)).toEqual({ label: 7, ...size, encoding: "png", bytes: Uint8Array.of(1, 2, 3) });
    expect(decode(plain)).toEqual({ label: 3, ...size, encoding: "raw", bytes: pixels });
  });

  test.each([
    ["PNG", "png"],
    ["jpg", "jpeg"],
    ["JPEG", "jpeg"],
  ])("the format %s is read as %s", (written, encoding) => {
    expect(decode(slim, { "image/format": text(written) }).encoding).toBe(encoding);
  });

  test("a missing format means raw, as in TF-slim's readers", () => {
    const changes = { "image/format": undefined, "image/encoded": { bytesList: [pixels] } };
    expect(decode(slim, changes)).toMatchObject({ encoding: "raw", bytes: pixels });
  });

  test.each<[string, Record<string, Feature>, Record<string, Feature | undefined>, string]>([
    ["other keys", { other: whole(1) }, {}, "found other"],
    ["no features", {}, {}, "found no features"],
    ["a missing label", slim, { "image/class/label": undefined }, 'has no "image/class/label"'],
    ["a label as text", slim, { "image/class/label": text("7") }, "is a bytes list, expected an int64 list"],
    [
      "a picture as numbers",
      plain,
      { image_raw: { floatList: [0.5] } },
      "is a float list, expected a bytes list",
    ],
    ["label 10", plain, { label: whole(10) }, '"label" is 10, expected 0 to 9'],
    ["label -1", slim, { "image/class/label": whole(-1) }, "is -1, expected 0 to 9"],
    ["two labels", plain, { label: whole(1, 2) }, '"label" has 2 values, expected 1'],
    ["no value", plain, { image_raw: { bytesList: [] } }, '"image_raw" has 0 values, expected 1'],
    [
      "a short picture",
      plain,
      { image_raw: { bytesList: [pixels.subarray(1)] } },
      "783 bytes, expected 28 x 28 x 1",
    ],
    ["a lying height", plain, { height: whole(2 ** 52) }, "784 bytes, expected 4503599627370496 x 28 x 1"],
    ["an unknown format", slim, { "image/format": text("webp") }, '"image/format" is "webp"'],
  ])("refuses %s", (_, layout, changes, message) => {
    expect(() => decode(layout, changes)).toThrow(
      expect.objectContaining({ code: "BAD_DATA", message: expect.stringContaining(message) }),
    );
  });
});
