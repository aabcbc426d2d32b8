import { describe, expect, test } from "vitest";
import { decodeExample, encodeExample, type Feature } from "../../src/formats/example.ts";
import { decodeMnistExample, encodePlainExample, encodeSlimExample } from "../../src/formats/mnistExample.ts";

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
    const size = { height: 28, width: 28 };
    for (const encoding of ["png", "jpeg", "raw"] as const) {
      const example = encodeSlimExample({ bytes: Uint8Array.of(1, 2, 3), encoding, label: 7, ...size });
      expect(Object.fromEntries(decodeExample(example))).toEqual({ ...slim, "image/format": text(encoding) });
    }
  });

  test("the plain layout is written to the byte as protobuf prescribes, its map in the order of the keys", () => {
    const example = { bytes: Uint8Array.of(9, 0, 255, 7), label: 3, height: 2, width: 2, channels: 1 };
    // By hand from example.proto and feature.proto: field 1 Features; in it, field 1 for each entry of the map, with
    // the key as field 1 and the Feature as field 2; in that bytes_list is 1 and int64_list 3; value 1, int64 packed.
    const byHand = [
      "0a 58",
      "0a 0e  0a 05 6465707468          12 05  1a 03  0a 01 01", // depth
      "0a 0f  0a 06 686569676874        12 05  1a 03  0a 01 02", // height
      "0a 15  0a 09 696d6167655f726177  12 08  0a 06  0a 04 0900ff07", // image_raw
      "0a 0e  0a 05 6c6162656c          12 05  1a 03  0a 01 03", // label
      "0a 0e  0a 05 7769647468          12 05  1a 03  0a 01 02", // width
    ];
    const written = Buffer.from(encodePlainExample(example)).toString("hex");
    expect(written).toBe(byHand.join("").replaceAll(" ", ""));
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
