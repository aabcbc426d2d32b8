import { describe, expect, it } from "vitest";
import { type RandomAccess, randomAccessTo } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensorsHeader,
  type TensorData,
} from "../../src/formats/safetensors.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const tensors = new Map<string, TensorData>([
  ["b", { dtype: "F32", shape: [2, 2], data: new Float32Array([1, 2, 3, -4.5]) }],
  ["i", { dtype: "I32", shape: [1], data: new Int32Array([-5]) }],
]);

/** What the safetensors library for Python (0.8.0) writes for `tensors` and the metadata note = x. */
const GOLDEN_HEADER =
  '{"__metadata__":{"note":"x"},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},' +
  '"i":{"dtype":"I32","shape":[1],"data_offsets":[16,20]}}    ';
const GOLDEN_DATA = "0000803f0000004000004040000090c0fbffffff";
const golden = file(GOLDEN_HEADER, Buffer.from(GOLDEN_DATA, "hex"));

/** A file of any header and data; `headerBytes` may lie. */
function file(header: string, data: Uint8Array, headerBytes = BigInt(Buffer.byteLength(header))): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes);
  return new Uint8Array(Buffer.concat([length, Buffer.from(header), data]));
}

describe("encodeSafetensors", () => {
  it("writes what the reference library writes", () => {
    expect(hex(encodeSafetensors(tensors, { note: "x" }))).toBe(hex(golden));
  });

  it("begins the data at a multiple of 8 and pads the header with spaces", () => {
    for (let length = 0; length < 20; length++) {
      const bytes = encodeSafetensors(tensors, { key: "v".repeat(length) });
      const headerBytes = Number(Buffer.from(bytes).readBigUInt64LE());
      expect(headerBytes % 8).toBe(0);
      const header = Buffer.from(bytes.subarray(8, 8 + headerBytes)).toString();
      expect(header).toMatch(/^\{.*\} {0,7}$/);
      expect(bytes.length).toBe(8 + headerBytes + 20);
    }
  });

  it("writes no metadata where there are none, and the tensors in the order of the map", () => {
    const bytes = encodeSafetensors(
      new Map([...tensors].reverse().concat([["7", [...tensors.values()][1]!]])),
      {},
    );
    const header = Buffer.from(bytes.subarray(8)).toString();
    expect(header).toMatch(/^\{"i":\{.*\},"b":\{.*\},"7":\{/);
  });

  it.each([
    [
      "a shape that does not fit",
      "w",
      { dtype: "F32", shape: [3], data: new Float32Array(2) },
      'tensor "w": shape [3] expects 3 values, found 2',
    ],
    [
      "an array of another dtype",
      "w",
      { dtype: "F32", shape: [2], data: new Int32Array(2) },
      'tensor "w": dtype F32 expects a Float32Array, found a Int32Array',
    ],
    [
      "the reserved name",
      "__metadata__",
      { dtype: "U8", shape: [0], data: new Uint8Array(0) },
      'tensor "__metadata__": the format keeps this name',
    ],
  ] as const)("refuses %s", (_, name, tensor, message) => {
    expect(() => encodeSafetensors(new Map([[name, tensor]]), {})).toThrow(message);
  });
});

describe("decodeSafetensors", () => {
  it("reads what the reference library writes", () => {
    const decoded = decodeSafetensors(golden, "golden.safetensors");
    expect(decoded.tensors).toEqual(tensors);
    expect(decoded.metadata).toEqual({ note: "x" });
  });

  it("gives back every dtype, scalars, empty tensors, any names and any metadata", () => {
    const all = new Map<string, TensorData>([
      ["conv1/weights", { dtype: "F32", shape: [1, 2], data: new Float32Array([Number.NaN, -0]) }],
      ['odd "name" \\ ü {}:,', { dtype: "U8", shape: [3], data: new Uint8Array([0, 128, 255]) }],
      ["after an odd size", { dtype: "I32", shape: [], data: new Int32Array([-(2 ** 31)]) }],
      ["empty", { dtype: "F32", shape: [0, 5], data: new Float32Array(0) }],
      ["__proto__", { dtype: "U8", shape: [1], data: new Uint8Array([9]) }],
    ]);
    const metadata = { definition: '{"layers":[{"kind":"conv2d"},{"kind":"conv2d"}]}', ü: '\\"{', empty: "" };
    const decoded = decodeSafetensors(encodeSafetensors(all, metadata), "f");
    expect([...decoded.tensors]).toEqual([...all]);
    expect(decoded.metadata).toEqual(metadata);
    expect(decodeSafetensors(encodeSafetensors(new Map(), {}), "f")).toEqual({
      tensors: new Map(),
      metadata: {},
    });
  });

  it("reads from any place in a larger buffer", () => {
    for (let shift = 0; shift < 8; shift++) {
      const larger = new Uint8Array(golden.length + 8);
      larger.set(golden, shift);
      const decoded = decodeSafetensors(larger.subarray(shift, shift + golden.length), "f");
      expect(decoded.tensors).toEqual(tensors);
    }
  });

  const F32 = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
  const next = '{"dtype":"F32","shape":[1],"data_offsets":[8,12]}';
  const data = (bytes: number) => new Uint8Array(bytes);

  it.each([
    ["no bytes", new Uint8Array(0), "begins with 8 bytes of header length, found 0"],
    [
      "a header length above the limit",
      file("{}", data(0), 100_000_001n),
      "the header length is 100000001, expected at most 100000000",
    ],
    [
      "a header length of 2^63",
      file("{}", data(0), 2n ** 63n),
      "expected at most 100000000; is this a safetensors file?",
    ],
    [
      "a header length beyond the file",
      file("{}", data(0), 3n),
      "the header length is 3, but only 2 bytes follow",
    ],
    ["no header", file("", data(0)), 'the header begins with byte nothing, expected 123 ("{")'],
    [
      "a header that is no object",
      file("[1]", data(0)),
      'the header begins with byte 91, expected 123 ("{")',
    ],
    ["a space before the header", file(" {}", data(0)), "the header begins with byte 32"],
    ["a header cut off", file('{"w":', data(0)), "the header is not JSON in UTF-8"],
    ["a header of two values", file("{}{}", data(0)), "the header is not JSON in UTF-8"],
    [
      "a header that is not UTF-8",
      (() => {
        const bytes = file('{"w":"?"}', data(0));
        bytes[14] = 0xff;
        return bytes;
      })(),
      "the header is not JSON in UTF-8",
    ],
    ["a tensor twice", file(`{"w":${F32},"w":${F32}}`, data(8)), 'the header has the key "w" twice'],
    [
      "a tensor twice, written in two ways",
      file(`{"w":${F32},"\\u0077" :${F32}}`, data(8)),
      'the header has the key "w" twice',
    ],
    [
      "metadata twice",
      file('{"__metadata__":{},"__metadata__":{}}', data(0)),
      'the header has the key "__metadata__" twice',
    ],
    [
      "a dtype twice",
      file('{"w":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}', data(0)),
      'the key "dtype" twice',
    ],
    [
      "metadata of another kind",
      file('{"__metadata__":["a"]}', data(0)),
      '__metadata__ is ["a"], expected an object of strings',
    ],
    [
      "metadata that is no string",
      file('{"__metadata__":{"n":1}}', data(0)),
      'metadata "n" is 1, expected a string',
    ],
    ["a tensor of no object", file('{"w":7}', data(0)), 'tensor "w": found 7, expected an object'],
    [
      "an unknown dtype",
      file('{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', data(2)),
      'tensor "w": dtype is "F16", expected F32, U8 or I32',
    ],
    ["no dtype", file('{"w":{"shape":[1],"data_offsets":[0,2]}}', data(2)), 'tensor "w": dtype is missing'],
    [
      "a negative shape",
      file('{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}', data(0)),
      'tensor "w": shape is [-1]',
    ],
    [
      "a shape of fractions",
      file('{"w":{"dtype":"U8","shape":[0.5,2],"data_offsets":[0,1]}}', data(1)),
      'tensor "w": shape is [0.5,2]',
    ],
    [
      "a shape beyond all memory",
      file('{"w":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}', data(0)),
      'tensor "w": shape is [4294967296,4294967296]',
    ],
    [
      "three offsets",
      file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', data(1)),
      'tensor "w": data_offsets are [0,1,2]',
    ],
    [
      "offsets that go back",
      file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', data(1)),
      'tensor "w": data_offsets [1,0] are -1 bytes, expected 1 for U8 [1]',
    ],
    [
      "a shape that does not fit the offsets",
      file('{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', data(8)),
      'tensor "w": data_offsets [0,8] are 8 bytes, expected 12 for F32 [3]',
    ],
    [
      "a hole at the start",
      file(`{"n":${next}}`, data(12)),
      'tensor "n": its data begin at byte 8, expected 0; there is a hole before it',
    ],
    [
      "a hole between",
      file(`{"w":${F32},"n":${next.replace("8,12", "9,13")}}`, data(13)),
      'tensor "n": its data begin at byte 9, expected 8; there is a hole before it',
    ],
    [
      "an overlap",
      file(`{"w":${F32},"n":${next.replace("8,12", "4,8")}}`, data(8)),
      'tensor "n": its data begin at byte 4, expected 8; it overlaps the tensor before it',
    ],
    ["data cut off", golden.slice(0, -1), "the data are 19 bytes, expected 20; the file is cut off"],
    [
      "data without a tensor",
      file(`{"w":${F32}}`, data(9)),
      "the data are 9 bytes, expected 8; the file has bytes that belong to no tensor",
    ],
  ])("refuses %s", (_, bytes, message) => {
    const decode = () => decodeSafetensors(bytes, "best.safetensors");
    expect(decode).toThrow(MnistError);
    expect(decode).toThrow(message);
    expect(decode).toThrow(/^best\.safetensors: /);
    expect(decode).toThrow(expect.objectContaining({ code: "BAD_CHECKPOINT" }));
  });

  it("takes the tensors in any order of the header", () => {
    const decoded = decodeSafetensors(file(`{"n":${next},"w":${F32}}`, data(12)), "f");
    expect([...decoded.tensors.keys()]).toEqual(["n", "w"]);
  });

  it("finds a file cut at any byte", () => {
    for (let length = 0; length < golden.length; length++) {
      expect(() => decodeSafetensors(golden.slice(0, length), "f")).toThrow(MnistError);
    }
  });
});

describe("readSafetensorsHeader", () => {
  /** The file, and the bytes that were read of it. */
  function counted(bytes: Uint8Array): { readonly access: RandomAccess; read(): number } {
    const inner = randomAccessTo("f", bytes);
    let count = 0;
    return {
      access: {
        ...inner,
        read(into, position) {
          count += into.byteLength;
          return inner.read(into, position);
        },
      },
      read: () => count,
    };
  }

  it("says where the tensors that decoding gives are in the file, of a short header and of a long one", async () => {
    for (const note of ["x", "x".repeat(100_000)]) {
      const bytes = encodeSafetensors(tensors, { note });
      const header = await readSafetensorsHeader(randomAccessTo("f", bytes));
      const decoded = decodeSafetensors(bytes, "f");
      expect(header.metadata).toEqual(decoded.metadata);
      expect([...header.tensors.keys()]).toEqual([...decoded.tensors.keys()]);
      for (const [name, { dtype, shape, data }] of decoded.tensors) {
        const place = header.tensors.get(name);
        expect(place).toMatchObject({ dtype, shape });
        const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        expect(hex(bytes.subarray(place?.begin, place?.end))).toBe(hex(raw));
      }
    }
  });

  it("reads little of a large file", async () => {
    const large: TensorData = { dtype: "F32", shape: [1_000_000], data: new Float32Array(1_000_000) };
    const { access, read } = counted(encodeSafetensors(new Map([["w", large]]), {}));
    expect((await readSafetensorsHeader(access)).tensors.get("w")?.shape).toEqual([1_000_000]);
    expect(read()).toBeLessThan(20_000);
  });

  it("refuses what decoding refuses, for the same reason", async () => {
    const bad = [golden.slice(0, 5), golden.slice(0, 40), golden.slice(0, -1), file("{", new Uint8Array())];
    for (const bytes of bad) {
      let message = "";
      try {
        decodeSafetensors(bytes, "f");
      } catch (error) {
        message = String(error);
      }
      const error: unknown = await readSafetensorsHeader(randomAccessTo("f", bytes)).catch((one) => one);
      expect(error).toBeInstanceOf(MnistError);
      expect(String(error)).toBe(message);
    }
  });

  it("takes no memory by a header length that lies", async () => {
    const { access, read } = counted(file("{}", new Uint8Array(8), 90_000_000n));
    await expect(readSafetensorsHeader(access)).rejects.toThrow("the file is cut off");
    expect(read()).toBeLessThan(100);
  });
});
