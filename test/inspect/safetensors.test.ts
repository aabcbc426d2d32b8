import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { encodeSafetensors, type TensorData } from "../../src/formats/safetensors.ts";
import { inspect } from "../../src/inspect.ts";
import { lenet } from "../../src/lenet.ts";

const shipped = readFileSync(new URL("../../models/lenet.safetensors", import.meta.url));
const headerBytes = Number(shipped.readBigUInt64LE(0));

/** The header, as anybody would read it. */
const header = JSON.parse(shipped.toString("utf8", 8, 8 + headerBytes)) as Record<
  string,
  { dtype: string; shape: number[]; data_offsets: [number, number] }
>;

async function look(bytes: Uint8Array, chunkBytes = 1 << 16) {
  const { report } = await inspect(bytesSource("file", bytes, chunkBytes));
  if (report.kind !== "safetensors") throw new Error(`expected safetensors, found ${report.kind}`);
  return report;
}

/** A file by hand: any dtypes, which our own encoder does not write. */
function fileOf(tensors: Record<string, [dtype: string, shape: number[], data: Buffer]>): Buffer {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape, data]]) => {
    const begin = at;
    at += data.length;
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...Object.values(tensors).map(([, , data]) => data)]);
}

describe("inspect, of safetensors", () => {
  test("tells the tensors of the shipped weights, and what the checkpoint says of itself", async () => {
    const report = await look(shipped);
    const { __metadata__: metadata, ...tensors } = header;
    expect(report.tensors.map(({ name, dtype, shape, bytes }) => [name, { dtype, shape, bytes }])).toEqual(
      Object.entries(tensors).map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [begin, end],
          },
        ]) => [name, { dtype, shape, bytes: end - begin }],
      ),
    );
    expect(report).toMatchObject({ headerBytes, elements: 3_274_634, damage: { count: 0, first: [] } });
    const strings = metadata as unknown as Record<string, string>;
    expect(report.checkpoint).toEqual({
      definition: JSON.parse(strings.definition ?? ""),
      config: JSON.parse(strings.config ?? ""),
      progress: JSON.parse(strings.progress ?? ""),
      parameters: 3_274_634,
      optimizerTensors: 0,
    });
    expect(report.checkpoint?.definition).toEqual(lenet);
    for (const { name, values } of report.tensors) {
      const [begin, end] = header[name]!.data_offsets.map((at) => 8 + headerBytes + at) as [number, number];
      const numbers = new Float32Array(
        shipped.buffer.slice(shipped.byteOffset + begin, shipped.byteOffset + end),
      );
      const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
      expect(values).toMatchObject({
        count: numbers.length,
        min: numbers.reduce((a, b) => Math.min(a, b)),
        max: numbers.reduce((a, b) => Math.max(a, b)),
        nans: 0,
        infinities: 0,
      });
      expect(values?.mean).toBeCloseTo(mean, 6);
      const squares = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0);
      expect(values?.deviation).toBeCloseTo(Math.sqrt(squares / numbers.length), 6);
    }
  });

  test("a flipped bit in a tensor is found by the checkpoint's checksums", async () => {
    const damaged = Buffer.from(shipped);
    damaged[8 + headerBytes + header["LeNet/conv2/weights"]!.data_offsets[0] + 1001]! ^= 16;
    const { damage } = await look(damaged);
    expect(damage.count).toBe(1);
    expect(damage.first[0]?.fault).toMatch(
      /^tensor "LeNet\/conv2\/weights": CRC is 0x\w{8}, expected 0x\w{8}$/,
    );
  });

  test("tensors that do not fit the checkpoint's model are damage", async () => {
    const { __metadata__: written } = header as unknown as { __metadata__: Record<string, string> };
    // Without the checksum of the metadata, which are changed here.
    const { metadata_checksum: _, ...metadata } = written;
    const bias = { dtype: "F32", shape: [3], data: new Float32Array(3) } as const;
    const slot = { dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
    const report = await look(
      encodeSafetensors(
        new Map<string, TensorData>([
          ["LeNet/conv1/biases", bias],
          ["more", slot],
        ]),
        {
          ...metadata,
          checksums: "{}",
        },
      ),
    );
    expect(report.checkpoint?.optimizerTensors).toBe(1);
    const faults = report.damage.first.map(({ fault }) => fault).join("\n");
    expect(faults).toContain("LeNet/conv1/biases: expected 32, found 3");
    expect(faults).toContain("LeNet/fc4/weights (10x1024) is missing");
  });

  test("reads every dtype, in chunks of any size, and counts what is not finite", async () => {
    const words = (...hex: string[]) => Buffer.from(hex.join(""), "hex");
    const doubles = Buffer.from(new Float64Array([1.5, -2.5, Number.NaN, Number.POSITIVE_INFINITY]).buffer);
    const bytes = fileOf({
      bool: ["BOOL", [3], words("010001")],
      i8: ["I8", [2], words("ff7f")], // -1, 127
      f64: ["F64", [2, 2], doubles],
      u16: ["U16", [2], words("01000080")], // 1, 32768
      // IEEE 754 binary16: 1, -2, the smallest subnormal, infinity, NaN
      f16: ["F16", [5], words("003c", "00c0", "0100", "007c", "017e")],
      bf16: ["BF16", [2], words("803f", "40c0")], // 1, -3
      i64: ["I64", [1], words("feffffffffffffff")], // -2
      f8: ["F8_E4M3", [2], words("0102")],
      empty: ["F32", [0, 4], Buffer.alloc(0)],
      scalar: ["F32", [], words("0000003f")], // 0.5
    });
    for (const chunkBytes of [1, 7, 1 << 16]) {
      const { tensors, damage, elements } = await look(bytes, chunkBytes);
      expect(damage).toEqual({ count: 0, first: [] });
      expect(elements).toBe(3 + 2 + 4 + 2 + 5 + 2 + 1 + 2 + 0 + 1);
      const values = Object.fromEntries(tensors.map((one) => [one.name, one.values]));
      expect(values.bool).toMatchObject({ min: 0, max: 1, zeros: 1 });
      expect(values.i8).toMatchObject({ min: -1, max: 127, mean: 63, deviation: 64 });
      expect(values.f64).toMatchObject({
        count: 4,
        min: -2.5,
        max: 1.5,
        mean: -0.5,
        deviation: 2,
        nans: 1,
        infinities: 1,
      });
      expect(values.u16).toMatchObject({ min: 1, max: 32_768 });
      expect(values.f16).toMatchObject({ count: 5, min: -2, max: 1, nans: 1, infinities: 1 });
      expect(values.f16?.mean).toBeCloseTo((1 - 2 + 2 ** -24) / 3, 12);
      expect(values.bf16).toMatchObject({ min: -3, max: 1 });
      expect(values.i64).toMatchObject({ min: -2, max: -2 });
      expect(values.f8).toBeUndefined();
      expect(values.empty).toMatchObject({ count: 0, min: 0, max: 0, mean: 0 });
      expect(values.scalar).toMatchObject({ count: 1, mean: 0.5 });
    }
  });

  test("a foreign file's metadata are given as they are", async () => {
    const tensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
    const report = await look(encodeSafetensors(new Map([["w", tensor]]), { format: "pt", definition: "x" }));
    expect(report.metadata).toEqual({ format: "pt", definition: "x" });
    expect(report).not.toHaveProperty("checkpoint");
  });

  const good = fileOf({ a: ["U8", [4], Buffer.alloc(4)], b: ["U8", [4], Buffer.alloc(4)] });
  const text = (from: string, to: string) => Buffer.from(good.toString("latin1").replace(from, to), "latin1");
  test.each([
    [
      "cut in its data",
      good.subarray(0, good.length - 3),
      2,
      "the data are 5 bytes, expected 8; the file is cut off",
    ],
    ["longer than its tensors", Buffer.concat([good, Buffer.alloc(2)]), 2, "bytes that belong to no tensor"],
    ["cut in its header", good.subarray(0, 40), 0, "the file is cut off"],
    ["of a header that is no JSON", text('"shape"', '"shape}'), 0, "the header is not JSON"],
    ["of an unknown dtype", text('"U8"', '"X8"'), 0, 'dtype is "X8", expected one of BOOL, U8,'],
    [
      "of tensors that overlap",
      text("[4,8]", "[3,7]"),
      2,
      'tensor "b": its data begin at byte 3, expected 4',
    ],
  ])("tells the damage of a file %s, and what else there is", async (_, bytes, tensors, fault) => {
    const report = await look(bytes, 11);
    expect(report.tensors).toHaveLength(tensors);
    expect(report.damage.count).toBe(1);
    expect(report.damage.first[0]?.fault).toContain(fault);
  });

  test("the same where its length is not known before", async () => {
    const cut = await look(gzipSync(good.subarray(0, 40)));
    expect(cut.damage.first[0]?.fault).toMatch(
      /^the file ends after 40 bytes, within its header, which ends at \d+$/,
    );
    const whole = await look(gzipSync(good));
    expect(whole).toMatchObject({ compression: "gzip", elements: 8, damage: { count: 0 } });
  });
});
