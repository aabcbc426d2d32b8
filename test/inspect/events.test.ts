import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import {
  createEventEncoder,
  histogramValue,
  imageValue,
  scalarValue,
  textValue,
} from "../../src/formats/events.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";
import { inspect } from "../../src/inspect.ts";

const start = 1_700_000_000;

function eventFile(): Uint8Array[] {
  const encoder = createEventEncoder();
  const png = new Uint8Array(4);
  return [
    encoder.fileVersion(start),
    encoder.summary({
      wallTime: start + 1,
      step: 0,
      values: [scalarValue("loss", 2.5), textValue("note", "# hello")],
    }),
    encoder.summary({
      wallTime: start + 60,
      step: 100,
      values: [
        scalarValue("loss", 0.25),
        histogramValue("weights", [1, 2, 3]),
        imageValue("digits", { width: 28, height: 28, png }),
      ],
    }),
    encoder.summary({ wallTime: start + 90, step: 300, values: [scalarValue("rate", Number.NaN)] }),
  ];
}

const look = async (...records: readonly Uint8Array[]) =>
  (await inspect(bytesSource("events", new Uint8Array(Buffer.concat(records)), 100))).report;

describe("inspect, of event files", () => {
  test("tells version, tags with their plugin and steps, last values and times", async () => {
    expect(await look(...eventFile())).toEqual({
      kind: "events",
      bytes: Buffer.concat(eventFile()).length,
      version: "brain.Event:2",
      events: 4,
      wallTime: { first: start, last: start + 90 },
      tags: [
        { tag: "loss", plugin: "scalars", values: 2, firstStep: 0, lastStep: 100, last: 0.25 },
        { tag: "note", plugin: "text", values: 1, firstStep: 0, lastStep: 0 },
        { tag: "weights", plugin: "histograms", values: 1, firstStep: 100, lastStep: 100 },
        { tag: "digits", plugin: "images", values: 1, firstStep: 100, lastStep: 100 },
        { tag: "rate", plugin: "scalars", values: 1, firstStep: 300, lastStep: 300, last: null },
      ],
      damage: { count: 0, first: [] },
    });
  });

  test("knows the numbers of TensorFlow 1, which have no plugin", async () => {
    // Event { wall_time: 1700000001.5, step: 7, summary { value { tag: "loss", simple_value: 0.5 } } }, by hand.
    const event = Buffer.from("0900006040fc54d94110072a0d0a0b0a046c6f7373150000003f", "hex");
    expect(await look(encodeRecord(event))).toMatchObject({
      kind: "events",
      tags: [{ tag: "loss", plugin: "scalars", values: 1, firstStep: 7, lastStep: 7, last: 0.5 }],
    });
  });

  test("goes on after damage, also of the first record; a last one cut off is told", async () => {
    const [version, first, second, third] = eventFile().map((record) => Buffer.from(record));
    version![14]! ^= 1;
    second![30]! ^= 1;
    const cut = third!.subarray(0, third!.length - 2);
    const report = await look(version!, first!, second!, cut);
    expect(report).toMatchObject({
      kind: "events",
      events: 1,
      tags: [{ tag: "loss", last: 2.5 }, { tag: "note" }],
      damage: {
        count: 3,
        first: [{ record: 0, offset: 0 }, { record: 2 }, { record: 3 }],
        unreadBytes: cut.length,
      },
    });
    expect(report).not.toHaveProperty("version");
  });

  test("a record that is no event is damage", async () => {
    const report = await look(...eventFile(), encodeRecord(Uint8Array.of(0x2a, 0x50)));
    expect(report).toMatchObject({ kind: "events", events: 4, damage: { count: 1 } });
    expect(report.damage.first[0]).toMatchObject({
      record: 4,
      fault: expect.stringContaining("event is malformed"),
    });
  });
});
