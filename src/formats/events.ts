import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { histogramBuckets } from "./histogram.ts";
import { beginMessage, decodeMessage, readEnd, readInt64 } from "./protobuf.ts";
import { readSummary, type SummaryMetadata, type SummaryValue, writeSummary } from "./summary.ts";
import { encodeRecord, readRecords } from "./tfrecord.ts";

/** When an event was. */
export interface EventTime {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** The values of one step. */
export interface SummaryEvent extends EventTime {
  readonly values: readonly SummaryValue[];
}

/** One record of an event file as read: the first has the version of the file, the others have values. */
export interface EventRecord extends SummaryEvent {
  readonly fileVersion?: string;
}

/** What people read about a tag, where its name does not say enough. */
export type TagText = Pick<SummaryMetadata, "displayName" | "description">;

// Field numbers of TensorFlow's event.proto.
const EVENT_WALL_TIME = 1;
const EVENT_STEP = 2;
const EVENT_FILE_VERSION = 3;
const EVENT_GRAPH_DEF = 4;
const EVENT_SUMMARY = 5;
const EVENT_SESSION_LOG = 7;
const SESSION_LOG_STATUS = 1;
const SESSION_START = 1;

const FILE_VERSION = "brain.Event:2";

const utf8 = new TextEncoder();

/** A number for the scalars dashboard; kept as float32, as TensorBoard does. */
export function scalarValue(tag: string, value: number, text: TagText = {}): SummaryValue {
  const tensor = { dtype: "float32", shape: [], values: [Math.fround(value)] } as const;
  return { tag, tensor, metadata: { pluginName: "scalars", dataClass: "scalar", ...text } };
}

/** The distribution of `data` for the histograms and distributions dashboards: [30, 3], left, right, count. */
export function histogramValue(tag: string, data: ArrayLike<number>, text: TagText = {}): SummaryValue {
  const rows = histogramBuckets(data);
  const tensor = { dtype: "float64", shape: [rows.length / 3, 3], values: [...rows] } as const;
  return { tag, tensor, metadata: { pluginName: "histograms", dataClass: "tensor", ...text } };
}

/** A picture for the images dashboard; width and height in pixels. */
export function imageValue(
  tag: string,
  { width, height, png }: { readonly width: number; readonly height: number; readonly png: Uint8Array },
  text: TagText = {},
): SummaryValue {
  const values = [utf8.encode(String(width)), utf8.encode(String(height)), png];
  const tensor = { dtype: "string", shape: [values.length], values } as const;
  return { tag, tensor, metadata: { pluginName: "images", dataClass: "blobSequence", ...text } };
}

/** Markdown for the text dashboard. */
export function textValue(tag: string, markdown: string, text: TagText = {}): SummaryValue {
  const tensor = { dtype: "string", shape: [], values: [utf8.encode(markdown)] } as const;
  return { tag, tensor, metadata: { pluginName: "text", dataClass: "tensor", ...text } };
}

/** The Event message that begins every event file; `wallTime` in seconds since 1970. */
export function fileVersionEvent(wallTime: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(EVENT_WALL_TIME, WireType.Bit64).double(wallTime);
  writer.tag(EVENT_FILE_VERSION, WireType.LengthDelimited).string(FILE_VERSION);
  return writer.finish();
}

/**
 * The values of one step as an Event message, each with the metadata that it has.
 *
 * @throws MnistError `BAD_ARGUMENT` for a step that is no whole number.
 */
export function summaryEvent({ wallTime, step, values }: SummaryEvent): Uint8Array {
  const writer = beginEvent({ wallTime, step });
  writeSummary(writer, EVENT_SUMMARY, values);
  return writer.finish();
}

/** An Event message with a network, for the graphs dashboard; see {@link encodeGraph}. */
export function graphEvent(time: EventTime, graph: Uint8Array): Uint8Array {
  return beginEvent(time).tag(EVENT_GRAPH_DEF, WireType.LengthDelimited).bytes(graph).finish();
}

/**
 * An Event message that says that a process begins at `step`. Of a run's files, where there were some before, readers
 * then drop what they have of this step and later ones: what a process computed that ended without a checkpoint.
 */
export function sessionStartEvent(time: EventTime): Uint8Array {
  const writer = beginEvent(time);
  beginMessage(writer, EVENT_SESSION_LOG);
  writer.tag(SESSION_LOG_STATUS, WireType.Varint).int32(SESSION_START).join();
  return writer.finish();
}

function beginEvent({ wallTime, step }: EventTime): BinaryWriter {
  if (!Number.isSafeInteger(step)) {
    throw new MnistError("BAD_ARGUMENT", `event at step ${step}: expected a whole number as step`);
  }
  const writer = new BinaryWriter();
  writer.tag(EVENT_WALL_TIME, WireType.Bit64).double(wallTime);
  if (step !== 0) writer.tag(EVENT_STEP, WireType.Varint).int64(step);
  return writer;
}

/** Makes the records of one event file, in the order in which they are to be written. */
export interface EventEncoder {
  /** The record that begins the file. */
  fileVersion(wallTime: number): Uint8Array;
  sessionStart(time: EventTime): Uint8Array;
  graph(time: EventTime, graph: Uint8Array): Uint8Array;
  /** A record of values; the metadata of a tag goes with its first value only, as TensorBoard expects. */
  summary(event: SummaryEvent): Uint8Array;
}

/** An encoder for a new event file. */
export function createEventEncoder(): EventEncoder {
  const described = new Set<string>();
  const describeOnce = (value: SummaryValue): SummaryValue => {
    const { metadata, ...bare } = value;
    if (!metadata || described.has(value.tag)) return bare;
    described.add(value.tag);
    return value;
  };
  return {
    fileVersion: (wallTime) => encodeRecord(fileVersionEvent(wallTime)),
    sessionStart: (time) => encodeRecord(sessionStartEvent(time)),
    graph: (time, graph) => encodeRecord(graphEvent(time, graph)),
    summary: (event) => encodeRecord(summaryEvent({ ...event, values: event.values.map(describeOnce) })),
  };
}

/**
 * The name of an event file, by which TensorBoard finds it and orders the files of a run.
 *
 * @param file `seconds` since 1970 when the file is begun; `n` tells apart what one process begins in one second.
 */
export function eventFileName(file: {
  readonly seconds: number;
  readonly host: string;
  readonly pid: number;
  readonly n: number;
}): string {
  const time = String(Math.floor(file.seconds)).padStart(10, "0");
  const host = file.host.replace(/[^\w.-]/g, "_");
  return `events.out.tfevents.${time}.${host}.${file.pid}.${file.n}`;
}

/**
 * Reads the events of a file in order.
 *
 * @throws MnistError `BAD_DATA` at the first damaged record, after the good ones before it; the last record of a file
 *   that is being written, or whose writer was killed, may be truncated.
 */
export async function* readEvents(source: ByteSource): AsyncGenerator<EventRecord> {
  for await (const records of readRecords(
    source,
    "delete it, the other files of the run can still be shown",
  )) {
    for (const { data, index, offset } of records) {
      const place = `record ${index} at offset ${offset.toLocaleString("en-US")}`;
      yield decodeEvent(data, `${source.name}: ${place}: event`);
    }
  }
}

/**
 * An Event message: what one record of an event file holds.
 *
 * @param what the message in the words of an error.
 * @throws MnistError `BAD_DATA` for bytes that are no Event.
 */
export function decodeEvent(data: Uint8Array, what = "event"): EventRecord {
  return decodeMessage(what, new BinaryReader(data), readEvent);
}

function readEvent(reader: BinaryReader): EventRecord {
  let wallTime = 0;
  let step = 0;
  let fileVersion: string | undefined;
  const values: SummaryValue[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === EVENT_WALL_TIME && type === WireType.Bit64) wallTime = reader.double();
    else if (field === EVENT_STEP && type === WireType.Varint) step = readInt64(reader);
    else if (field === EVENT_FILE_VERSION && type === WireType.LengthDelimited)
      fileVersion = reader.string(true);
    else if (field === EVENT_SUMMARY && type === WireType.LengthDelimited) {
      for (const value of readSummary(reader, readEnd(reader, reader.len))) values.push(value);
    } else reader.skip(type, field);
  }
  return { wallTime, step, values, ...(fileVersion !== undefined && { fileVersion }) };
}
