import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import {
  createEventEncoder,
  type EventRecord,
  eventFileName,
  fileVersionEvent,
  histogramValue,
  imageValue,
  readEvents,
  scalarValue,
  summaryEvent,
  textValue,
} from "../../src/formats/events.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";
import { decodeAs } from "./tensorflowProtos.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const base64 = (text: string) => Buffer.from(text).toString("base64");
const png = unhex("89504e47");
const wallTime = 1_700_000_001.5;

async function readAll(...records: readonly Uint8Array[]): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  for await (const event of readEvents(bytesSource("events", new Uint8Array(Buffer.concat(records)), 50))) {
    events.push(event);
  }
  return events;
}

/** Rows of left, right, count. */
function rowsOf(value: ReturnType<typeof histogramValue>): number[][] {
  const { tensor } = value;
  if (tensor?.dtype !== "float64") throw new Error("expected a float64 tensor");
  return Array.from({ length: tensor.values.length / 3 }, (_, i) => tensor.values.slice(i * 3, i * 3 + 3));
}

describe("events", () => {
  // Written by TensorBoard 2.21's own scalar_pb, text_pb and event_pb2, with the data class that TensorFlow 2 adds.
  it.each([
    [
      "the file version",
      fileVersionEvent(1_700_000_000.25),
      "0900001040fc54d9411a0d627261696e2e4576656e743a32",
    ],
    [
      "a scalar",
      summaryEvent({ wallTime, step: 300, values: [scalarValue("loss", 0.1, { description: "d" })] }),
      "0900006040fc54d94110ac022a260a240a046c6f7373420a080112002a04cdcccc3d4a100a090a077363616c6172731a01642001",
    ],
    [
      "a text at a negative step",
      summaryEvent({ wallTime, step: -1, values: [textValue("note", "# hé")] }),
      "0900006040fc54d94110ffffffffffffffffff012a210a1f0a046e6f7465420b080712004205232068c3a94a0a0a060a04746578742002",
    ],
    [
      "an image",
      summaryEvent({ wallTime, step: 7, values: [imageValue("cm", { width: 3, height: 2, png })] }),
      "0900006040fc54d94110072a2a0a280a02636d42140807120412020803420133420132420489504e474a0c0a080a06696d616765732003",
    ],
  ])("are written as TensorBoard writes %s", (_, event, golden) => {
    expect(hex(event)).toBe(golden);
  });

  it("are what protobuf's generic decoder reads", () => {
    const values = [
      scalarValue("loss", 0.25, { displayName: "Loss" }),
      histogramValue("w", [1, 1]),
      imageValue("cm", { width: 28, height: 14, png }),
    ];
    const rows = new Float64Array(Array.from({ length: 30 }, (_, i) => [1, 1, i === 29 ? 2 : 0]).flat());
    expect(decodeAs("Event", summaryEvent({ wallTime, step: 2 ** 40, values }))).toEqual({
      wallTime,
      step: String(2 ** 40),
      summary: {
        value: [
          {
            tag: "loss",
            tensor: { dtype: 1, tensorShape: {}, floatVal: [0.25] },
            metadata: { pluginData: { pluginName: "scalars" }, displayName: "Loss", dataClass: 1 },
          },
          {
            tag: "w",
            tensor: {
              dtype: 2,
              tensorShape: { dim: [{ size: "30" }, { size: "3" }] },
              tensorContent: Buffer.from(rows.buffer).toString("base64"),
            },
            metadata: { pluginData: { pluginName: "histograms" }, dataClass: 2 },
          },
          {
            tag: "cm",
            tensor: {
              dtype: 7,
              tensorShape: { dim: [{ size: "3" }] },
              stringVal: [base64("28"), base64("14"), Buffer.from(png).toString("base64")],
            },
            metadata: { pluginData: { pluginName: "images" }, dataClass: 3 },
          },
        ],
      },
    });
  });

  it("refuse a step that is no whole number", () => {
    expect(() => summaryEvent({ wallTime, step: 0.5, values: [] })).toThrow(MnistError);
  });
});

describe("histogramValue", () => {
  // Rows of TensorBoard 2.21's histogram_pb for the same data.
  it("counts as TensorBoard does", () => {
    const rows = rowsOf(histogramValue("w", [0, 1, 2, 3, 30]));
    expect(rows).toHaveLength(30);
    expect(rows.flatMap(([left, right, count], i) => (count ? [[i, left, right, count]] : []))).toEqual([
      [0, 0, 1, 1],
      [1, 1, 2, 1],
      [2, 2, 3, 1],
      [3, 3, 4, 1],
      [29, 29, 30, 1],
    ]);
    const others = rowsOf(histogramValue("w", [0.1, 0.2, 0.3, -7]));
    const expected = [
      [0, -7, -6.756666666666667, 1],
      [7, -5.296666666666667, -5.053333333333334, 0],
      [29, 0.05666666666666664, 0.3, 3],
    ] as const;
    for (const [i, left, right, count] of expected) {
      expect(others[i]?.[0]).toBeCloseTo(left, 12);
      expect(others[i]?.[1]).toBeCloseTo(right, 12);
      expect(others[i]?.[2]).toBe(count);
    }
  });

  it("puts equal numbers into the last bucket, and has empty buckets for no numbers", () => {
    const same = rowsOf(histogramValue("w", new Float32Array([5, 5])));
    expect(same).toEqual(Array.from({ length: 30 }, (_, i) => [5, 5, i === 29 ? 2 : 0]));
    expect(rowsOf(histogramValue("w", []))).toEqual(Array.from({ length: 30 }, () => [0, 0, 0]));
  });

  it("counts every finite number once, in buckets that touch, and no other", () => {
    fc.assert(
      fc.property(fc.float32Array(), (data) => {
        const rows = rowsOf(histogramValue("w", data));
        const finite = [...data].filter(Number.isFinite);
        expect(rows.reduce((sum, [, , count = 0]) => sum + count, 0)).toBe(finite.length);
        for (let i = 1; i < rows.length; i++) expect(rows[i]?.[0]).toBe(rows[i - 1]?.[1]);
        if (finite.length > 0) {
          // Not toBe: a bucket's edge may be 0 where the least number is -0.
          expect(rows[0]?.[0] === Math.min(...finite)).toBe(true);
          expect(rows[29]?.[1] === Math.max(...finite)).toBe(true);
        }
      }),
    );
  });
});

describe("createEventEncoder", () => {
  it("gives the metadata of a tag with its first value only", async () => {
    const encoder = createEventEncoder();
    const values = [scalarValue("loss", 1), scalarValue("accuracy", 0.5)];
    const events = await readAll(
      encoder.fileVersion(wallTime),
      encoder.summary({ wallTime, step: 1, values: values.slice(0, 1) }),
      encoder.summary({ wallTime, step: 2, values }),
    );
    const described = events.map((event) => event.values.map((value) => value.metadata?.pluginName));
    expect(events[0]?.fileVersion).toBe("brain.Event:2");
    expect(described).toEqual([[], ["scalars"], [undefined, "scalars"]]);
  });
});

describe("readEvents", () => {
  it("gives back what was written, in order", async () => {
    const values = [
      scalarValue("loss", 0.1, { displayName: "Loss", description: "*cross-entropy*" }),
      scalarValue("diverged", Number.NaN),
      histogramValue("w", [1, 2, 3.5]),
      imageValue("cm", { width: 1, height: 2, png }),
      textValue("note", "ü"),
    ];
    const encoder = createEventEncoder();
    const events = await readAll(
      encoder.fileVersion(1.25),
      encoder.summary({ wallTime, step: 2 ** 40, values }),
    );
    expect(events).toEqual([
      { wallTime: 1.25, step: 0, fileVersion: "brain.Event:2", values: [] },
      { wallTime, step: 2 ** 40, values },
    ]);
    const [loss] = events[1]?.values ?? [];
    expect(loss?.tensor?.values).toEqual([Math.fround(0.1)]);
  });

  it("reads TensorFlow 1's simple_value, unpacked numbers, and values of unknown kinds", async () => {
    const [old] = await readAll(encodeRecord(unhex("2a 0a 0a 08 0a 01 61 15 0000003f")));
    expect(old?.values).toEqual([{ tag: "a", tensor: { dtype: "float32", shape: [], values: [0.5] } }]);
    const [unpacked] = await readAll(encodeRecord(unhex("2a 0e 0a 0c 0a 01 61 42 07 08 01 2d 0000003f")));
    expect(unpacked?.values).toEqual([{ tag: "a", tensor: { dtype: "float32", shape: [], values: [0.5] } }]);
    // an old histogram (field 5), and a tensor of int32
    const [unknown] = await readAll(
      encodeRecord(unhex("2a 12 0a 05 0a 01 61 2a 00 0a 09 0a 01 62 42 04 08 03 3a 00")),
    );
    expect(unknown?.values).toEqual([{ tag: "a" }, { tag: "b" }]);
  });

  it.each([
    [
      "a shape that the values do not fill",
      "2a 14 0a 12 0a 01 61 42 0d 08 01 12 04 12 02 08 05 2d 0000003f",
      "a tensor has 1 values, expected 5",
    ],
    ["a tensor content of 3 bytes", "2a 0e 0a 0c 0a 01 61 42 07 08 01 22 03 000000", "Offset is outside"],
    ["bytes that are no event", "ff ff ff ff ff ff ff ff ff ff ff", "invalid varint"],
  ])("names the file, the record and the offset of %s", async (_, text, message) => {
    const read = readAll(encodeRecord(fileVersionEvent(wallTime)), encodeRecord(unhex(text)));
    await expect(read).rejects.toThrow(/^events: record 1 at offset 40: event is malformed at byte \d+: /);
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toThrow(expect.objectContaining({ code: "BAD_DATA" }));
  });

  it("takes a record of any bytes at all: an event or a typed error", async () => {
    const event = summaryEvent({ wallTime, step: 1, values: [scalarValue("a", 1), textValue("b", "c")] });
    await fc.assert(
      fc.asyncProperty(fc.nat(event.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = event.slice();
        damaged[at] = byte;
        const result = await readAll(encodeRecord(damaged)).catch((error: unknown) => error);
        if (!Array.isArray(result)) expect(result).toBeInstanceOf(MnistError);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the events before a cut, as a killed process leaves it, and then says where it is", async () => {
    const encoder = createEventEncoder();
    const whole = [encoder.fileVersion(wallTime), encoder.summary({ wallTime, step: 1, values: [] })];
    const events: EventRecord[] = [];
    const read = async () => {
      const bytes = new Uint8Array(Buffer.concat(whole)).subarray(0, -3);
      for await (const event of readEvents(bytesSource("events", bytes))) events.push(event);
    };
    await expect(read()).rejects.toThrow(/record 1 at offset 40: .*truncated record at 40/);
    expect(events).toHaveLength(1);
  });
});

describe("eventFileName", () => {
  it("is what TensorBoard looks for", () => {
    const name = eventFileName({ seconds: 1_700_000_000.9, host: "my-host.local", pid: 12, n: 3 });
    expect(name).toBe("events.out.tfevents.1700000000.my-host.local.12.3");
    expect(eventFileName({ seconds: 5, host: "a/b c", pid: 1, n: 0 })).toBe(
      "events.out.tfevents.0000000005.a_b_c.1.0",
    );
  });
});
