import { describe, expect, it } from "vitest";
import { graphEvent, sessionStartEvent, summaryEvent } from "../../src/formats/events.ts";
import { encodeGraph } from "../../src/formats/graphDef.ts";
import { experimentValue, sessionEndValue, sessionStartValue } from "../../src/formats/hparams.ts";
import { prCurveValue } from "../../src/formats/prCurve.ts";
import type { SummaryValue } from "../../src/formats/summary.ts";
import { decodeAs } from "./tensorflowProtos.ts";

const wallTime = 1_700_000_001.5;

interface Decoded {
  readonly tag: string;
  readonly tensor: unknown;
  readonly metadata: { readonly pluginData: { readonly content: string }; readonly dataClass: number };
}

/** The only value of an event, read by protobuf's own decoder, and what its plugin's content says. */
function decoded(value: SummaryValue, content: "PrCurvePluginData" | "HParamsPluginData") {
  const event = decodeAs("Event", summaryEvent({ wallTime, step: 3, values: [value] })) as unknown as {
    readonly summary: { readonly value: readonly [Decoded] };
  };
  const [one] = event.summary.value;
  const bytes = Buffer.from(one.metadata.pluginData.content, "base64");
  return { ...one, content: decodeAs(content, bytes) };
}

describe("a precision-recall curve", () => {
  it("has counts, precision and recall at each threshold, and says how many there are", () => {
    // Four images of the class with probabilities 1, 0.6, 0.5 and 0.1, two others with 0.5 and 0.2.
    const value = prCurveValue("pr", {
      truePositives: [4, 3, 1],
      falsePositives: [2, 1, 0],
      trueNegatives: [0, 1, 2],
      falseNegatives: [0, 1, 3],
    });
    expect(decoded(value, "PrCurvePluginData")).toMatchObject({
      tag: "pr",
      content: { numThresholds: 3 },
      metadata: { pluginData: { pluginName: "pr_curves" }, dataClass: 2 },
      tensor: {
        dtype: 1,
        tensorShape: { dim: [{ size: "6" }, { size: "3" }] },
        floatVal: [
          ...[4, 3, 1, 2, 1, 0, 0, 1, 2, 0, 1, 3],
          ...[Math.fround(4 / 6), 0.75, 1],
          ...[1, 0.75, 0.25],
        ],
      },
    });
  });

  it("is 0 where nothing is taken for the class, and nothing is of it", () => {
    const none = {
      truePositives: [0, 0],
      falsePositives: [2, 0],
      trueNegatives: [0, 2],
      falseNegatives: [0, 0],
    };
    expect(prCurveValue("pr", none).tensor?.values.slice(8)).toEqual([0, 0, 0, 0]);
  });
});

describe("hparams", () => {
  const hparams = new Map<string, string | number | boolean>([
    ["learning_rate", 0.25],
    ["optimizer", "adam"],
    ["nesterov", true],
  ]);

  it("tell the columns, with types and metrics", () => {
    const metrics = new Map([["accuracy", "right"]]);
    expect(decoded(experimentValue({ hparams, metrics, created: 12.5 }), "HParamsPluginData")).toEqual({
      tag: "_hparams_/experiment",
      tensor: { dtype: 1, tensorShape: { dim: [{}] } },
      metadata: { pluginData: { pluginName: "hparams", content: expect.any(String) }, dataClass: 2 },
      content: {
        experiment: {
          timeCreatedSecs: 12.5,
          hparamInfos: [
            { name: "learning_rate", type: 3 },
            { name: "optimizer", type: 1 },
            { name: "nesterov", type: 2 },
          ],
          metricInfos: [{ name: { tag: "accuracy" }, displayName: "right" }],
        },
      },
    });
  });

  it("tell a run's settings and times", () => {
    expect(decoded(sessionStartValue(hparams, 12.5), "HParamsPluginData")).toMatchObject({
      tag: "_hparams_/session_start_info",
      content: {
        sessionStartInfo: {
          startTimeSecs: 12.5,
          hparams: {
            learning_rate: { numberValue: 0.25 },
            optimizer: { stringValue: "adam" },
            nesterov: { boolValue: true },
          },
        },
      },
    });
    expect(decoded(sessionEndValue(13), "HParamsPluginData")).toMatchObject({
      tag: "_hparams_/session_end_info",
      content: { sessionEndInfo: { status: 1, endTimeSecs: 13 } },
    });
  });
});

describe("a graph", () => {
  it("has nodes with inputs, attributes and the shapes where TensorBoard looks for them", () => {
    const graph = encodeGraph([
      { name: "x", op: "Placeholder", inputs: [], outputShape: [-1, 2] },
      {
        ...{ name: "m/y", op: "MatMul", inputs: ["x", "m/w"], outputShape: [-1, 3] },
        attributes: { transpose_b: true, axis: -2, rate: 0.5, padding: "SAME", strides: [1, 300] },
      },
    ]);
    const shape = (...sizes: string[]) => ({
      list: { shape: [{ dim: sizes.map((size) => ({ size })) }] },
    });
    const device = "/device:CPU:0";
    expect(decodeAs("GraphDef", graph)).toEqual({
      versions: { producer: 27 },
      node: [
        { name: "x", op: "Placeholder", device, attr: { T: { type: 1 }, _output_shapes: shape("-1", "2") } },
        {
          ...{ name: "m/y", op: "MatMul", input: ["x", "m/w"], device },
          attr: {
            T: { type: 1 },
            transpose_b: { b: true },
            axis: { i: "-2" },
            rate: { f: 0.5 },
            padding: { s: Buffer.from("SAME").toString("base64") },
            strides: { list: { i: ["1", "300"] } },
            _output_shapes: shape("-1", "3"),
          },
        },
      ],
    });
    expect(decodeAs("Event", graphEvent({ wallTime, step: 0 }, graph))).toEqual({
      wallTime,
      graphDef: Buffer.from(graph).toString("base64"),
    });
  });
});

it("the start of a process says its step", () => {
  const event = decodeAs("Event", sessionStartEvent({ wallTime, step: 501 }));
  expect(event).toEqual({ wallTime, step: "501", sessionLog: { status: 1 } });
});
