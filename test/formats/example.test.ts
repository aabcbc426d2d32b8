import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MnistError } from "../../src/core/errors.ts";
import { decodeExample, encodeExample, type Feature } from "../../src/formats/example.ts";
import { decodeAs } from "./tensorflowProtos.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
/** Bytes from hexadecimal text with spaces for people. */
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const png = new TextEncoder().encode("PNG");

// Assembled by hand from the field numbers in TensorFlow's example.proto and feature.proto.
const B = "0a 0c  0a 01 62  12 07  0a 05  0a 03 504e47"; // b: bytes_list ["PNG"]
const F = "0a 11  0a 01 66  12 0c  12 0a  0a 08 0000c03f 000020c0"; // f: float_list [1.5, -2.5]
const I = "0a 16  0a 01 69  12 11  1a 0f  0a 0d 05 ac02 ffffffffffffffffff01"; // i: int64_list [5, 300, -1]
const GOLDEN = `0a 39  ${B} ${F} ${I}`;

const features = new Map<string, Feature>([
  ["i", { int64List: [5, 300, -1] }],
  ["b", { bytesList: [png] }],
  ["f", { floatList: [1.5, -2.5] }],
]);

/** A view and a copy of equal bytes compare equal. */
function comparable(decoded: ReadonlyMap<string, Feature>) {
  const bytesAsHex = (feature: Feature) =>
    "bytesList" in feature ? { bytesList: feature.bytesList.map(hex) } : feature;
  return new Map([...decoded].map(([key, feature]) => [key, bytesAsHex(feature)]));
}

const anyFeature: fc.Arbitrary<Feature> = fc.oneof(
  fc.record({ bytesList: fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }) }),
  fc.record({ floatList: fc.array(fc.float({ noNaN: true }), { maxLength: 50 }) }),
  fc.record({ int64List: fc.array(fc.maxSafeInteger(), { maxLength: 50 }) }),
);
const anyFeatures = fc
  .array(fc.tuple(fc.string({ unit: "grapheme" }), anyFeature))
  .map((entries) => new Map(entries));

describe("encodeExample", () => {
  it("writes what protobuf prescribes, keys sorted", () => {
    expect(hex(encodeExample(features))).toBe(hex(unhex(GOLDEN)));
  });

  it("writes what protobuf's generic decoder reads", () => {
    const json = decodeAs("Example", encodeExample(features));
    expect(json).toEqual({
      features: {
        feature: {
          b: { bytesList: { value: [base64(png)] } },
          f: { floatList: { value: [1.5, -2.5] } },
          i: { int64List: { value: ["5", "300", "-1"] } },
        },
      },
    });
  });

  it("writes an empty list as a list of its kind, and no features as none", () => {
    expect(hex(encodeExample(new Map([["e", { floatList: [] }]])))).toBe("0a090a070a016512021200");
    expect(hex(encodeExample(new Map()))).toBe("0a00");
  });

  it.each([
    ["a fraction", { int64List: [0.5] }, /feature "k": expected a whole number within .*, found 0\.5/],
    [
      "2^53",
      { int64List: [2 ** 53] },
      /feature "k": expected a whole number within .*, found 9007199254740992/,
    ],
    [
      "a float above float32",
      { floatList: [1e39] },
      /feature "k": expected a number within .*, found 1e\+39/,
    ],
  ])("refuses %s, and works again afterwards", (_, feature, message) => {
    expect(() => encodeExample(new Map([["k", feature]]))).toThrow(message);
    expect(hex(encodeExample(features))).toBe(hex(unhex(GOLDEN)));
  });
});

describe("decodeExample", () => {
  it("gives back any features", () => {
    fc.assert(
      fc.property(anyFeatures, (any) => {
        expect(comparable(decodeExample(encodeExample(any)))).toEqual(comparable(any));
      }),
    );
  });

  it.each([
    ["packed numbers", GOLDEN, features],
    [
      "unpacked floats",
      "0a 13  0a 11  0a 01 66  12 0c  12 0a  0d 0000c03f 0d 000020c0",
      new Map([["f", { floatList: [1.5, -2.5] }]]),
    ],
    [
      "unpacked int64",
      "0a 0e  0a 0c  0a 01 69  12 07  1a 05  08 05 08 ac02",
      new Map([["i", { int64List: [5, 300] }]]),
    ],
    [
      "both in one list",
      "0a 0f  0a 0d  0a 01 69  12 08  1a 06  08 05 0a 02 0607",
      new Map([["i", { int64List: [5, 6, 7] }]]),
    ],
    [
      "a value before its key",
      "0a 0e  0a 0c  12 07  0a 05  0a 03 504e47  0a 01 62",
      new Map([["b", { bytesList: [png] }]]),
    ],
    [
      "equal keys: the last wins",
      `0a 17  ${B}  0a 07  0a 01 62  12 02  1a 00`,
      new Map([["b", { int64List: [] }]]),
    ],
    [
      "equal keys in two Features messages",
      `0a 0e  ${B}  0a 09  0a 07  0a 01 62  12 02  1a 00`,
      new Map([["b", { int64List: [] }]]),
    ],
    ["a feature of no kind", "0a 07  0a 05  0a 01 62  12 00", new Map()],
    ["no bytes", "", new Map()],
    [
      "unknown fields of every wire type",
      `08 96 01  11 0102030405060708  1d 01020304  22 02 ffff  2b 08 01 2c  0a 0e  ${B}`,
      new Map([["b", { bytesList: [png] }]]),
    ],
  ])("reads %s", (_, text, expected) => {
    expect(comparable(decodeExample(unhex(text)))).toEqual(comparable(expected));
  });

  it("reads the greatest and least whole numbers that a JavaScript number holds exactly", () => {
    const extremes = new Map([["i", { int64List: [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER] }]]);
    expect(decodeExample(encodeExample(extremes))).toEqual(extremes);
  });

  it.each([
    ["2^53", "80808080808080 10"],
    ["the least int64", "808080808080808080 01"],
  ])("refuses an int64 of %s, which a JavaScript number does not hold exactly", (_, varint) => {
    const length = varint.replace(" ", "").length / 2;
    const nested = [length, length + 2, length + 4].map((n) => n.toString(16).padStart(2, "0"));
    const entry = `0a 01 69  12 ${nested[2]}  1a ${nested[1]}  0a ${nested[0]} ${varint}`;
    const size = unhex(entry).length;
    const text = `0a ${(size + 2).toString(16)} 0a ${size.toString(16)} ${entry}`;
    expect(() => decodeExample(unhex(text))).toThrow(/tf\.Example is malformed at byte \d+: an int64 is/);
  });

  it.each([
    ["a message longer than the bytes", "0a 7f 0a"],
    ["a list longer than its message", "0a 0e  0a 0c  0a 01 62  12 07  0a 09  0a 03 504e47"],
    ["bytes longer than their list", "0a 0e  0a 0c  0a 01 62  12 07  0a 05  0a 04 504e47"],
    ["packed floats that are no multiple of 4 bytes", "0a 0c  0a 0a  0a 01 66  12 05  12 03  0a 01 00"],
    ["a cut varint", "0a 0b  0a 09  0a 01 69  12 04  1a 02  08 ff"],
    ["a length of 11 bytes", "0a ffffffffffffffffffff01"],
    ["field number 0", "02 00"],
    ["wire type 7", "0f"],
    ["an end without a group", "0c"],
    ["a group without an end", "0b 08 01"],
    ["a key that is not UTF-8", "0a 07  0a 05  0a 01 ff  12 00"],
    ["PNG bytes", "89504e470d0a1a0a0000000d49484452"],
  ])("refuses %s", (_, text) => {
    expect(() => decodeExample(unhex(text))).toThrow(MnistError);
    expect(() => decodeExample(unhex(text))).toThrow(/^tf\.Example is malformed at byte \d+: ./);
  });

  it("refuses groups nested without end instead of running out of stack", () => {
    expect(() => decodeExample(new Uint8Array(1_000_000).fill(0x0b))).toThrow(MnistError);
  });

  it("takes any bytes at all: features or a typed error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(58), fc.nat(255), (noise, at, byte) => {
        const damaged = unhex(GOLDEN);
        damaged[at] = byte;
        for (const bytes of [noise, damaged]) {
          try {
            decodeExample(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MnistError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
