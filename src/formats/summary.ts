import { type BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { beginMessage, checkEnd, readEnd } from "./protobuf.ts";
import { readTensor, type SummaryTensor, writeTensor } from "./tensorProto.ts";

/** One value of a TensorBoard summary: a tag, what it is, and how to show it. */
export interface SummaryValue {
  readonly tag: string;
  /** Absent where it was read in a form that this project does not know. */
  readonly tensor?: SummaryTensor;
  readonly metadata?: SummaryMetadata;
}

/** How TensorBoard should show a tag. */
export interface SummaryMetadata {
  /** The dashboard: `scalars`, `histograms`, `images`, `text`, `pr_curves`, `hparams`. */
  readonly pluginName: string;
  /** A message of the dashboard's own. */
  readonly content?: Uint8Array;
  /** How TensorBoard loads it: as numbers, as tensors, or as blobs (pictures). */
  readonly dataClass?: "scalar" | "tensor" | "blobSequence";
  /** What people read in place of the tag. */
  readonly displayName?: string;
  /** Markdown. */
  readonly description?: string;
}

// Field numbers of TensorFlow's summary.proto.
const SUMMARY_VALUE = 1;
const VALUE_TAG = 1;
const VALUE_SIMPLE_VALUE = 2;
const VALUE_TENSOR = 8;
const VALUE_METADATA = 9;
const METADATA_PLUGIN_DATA = 1;
const METADATA_DISPLAY_NAME = 2;
const METADATA_DESCRIPTION = 3;
const METADATA_DATA_CLASS = 4;
const PLUGIN_DATA_NAME = 1;
const PLUGIN_DATA_CONTENT = 2;
/** By the numbers of the enum DataClass. */
const DATA_CLASSES = [undefined, "scalar", "tensor", "blobSequence"] as const;

/** Writes a Summary of `values` as field `field` of the message being written. */
export function writeSummary(writer: BinaryWriter, field: number, values: readonly SummaryValue[]): void {
  beginMessage(writer, field);
  for (const { tag, tensor, metadata } of values) {
    beginMessage(writer, SUMMARY_VALUE);
    writer.tag(VALUE_TAG, WireType.LengthDelimited).string(tag);
    if (tensor) writeTensor(writer, VALUE_TENSOR, tensor);
    if (metadata) writeMetadata(writer, metadata);
    writer.join();
  }
  writer.join();
}

function writeMetadata(writer: BinaryWriter, metadata: SummaryMetadata): void {
  const { pluginName, content, dataClass, displayName, description } = metadata;
  beginMessage(writer, VALUE_METADATA);
  beginMessage(writer, METADATA_PLUGIN_DATA);
  writer.tag(PLUGIN_DATA_NAME, WireType.LengthDelimited).string(pluginName);
  if (content) writer.tag(PLUGIN_DATA_CONTENT, WireType.LengthDelimited).bytes(content);
  writer.join();
  if (displayName) writer.tag(METADATA_DISPLAY_NAME, WireType.LengthDelimited).string(displayName);
  if (description) writer.tag(METADATA_DESCRIPTION, WireType.LengthDelimited).string(description);
  if (dataClass) writer.tag(METADATA_DATA_CLASS, WireType.Varint).int32(DATA_CLASSES.indexOf(dataClass));
  writer.join();
}

/** Reads the values of a Summary that ends at `end`; the old `simple_value` comes as a rank-0 float32 tensor. */
export function readSummary(reader: BinaryReader, end: number): SummaryValue[] {
  const values: SummaryValue[] = [];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === SUMMARY_VALUE && type === WireType.LengthDelimited) {
      values.push(readValue(reader, readEnd(reader, end)));
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
  return values;
}

function readValue(reader: BinaryReader, end: number): SummaryValue {
  let tag = "";
  let tensor: SummaryTensor | undefined;
  let metadata: SummaryMetadata | undefined;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === VALUE_TAG && type === WireType.LengthDelimited) tag = reader.string(true);
    else if (field === VALUE_SIMPLE_VALUE && type === WireType.Bit32) {
      tensor = { dtype: "float32", shape: [], values: [reader.float()] };
    } else if (field === VALUE_TENSOR && type === WireType.LengthDelimited) {
      tensor = readTensor(reader, readEnd(reader, end));
    } else if (field === VALUE_METADATA && type === WireType.LengthDelimited) {
      metadata = readMetadata(reader, readEnd(reader, end));
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
  return { tag, ...(tensor && { tensor }), ...(metadata && { metadata }) };
}

function readMetadata(reader: BinaryReader, end: number): SummaryMetadata {
  let plugin: Pick<SummaryMetadata, "pluginName" | "content"> = { pluginName: "" };
  let displayName = "";
  let description = "";
  let dataClass: SummaryMetadata["dataClass"];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === METADATA_PLUGIN_DATA && type === WireType.LengthDelimited) {
      plugin = readPluginData(reader, readEnd(reader, end));
    } else if (field === METADATA_DISPLAY_NAME && type === WireType.LengthDelimited) {
      displayName = reader.string(true);
    } else if (field === METADATA_DESCRIPTION && type === WireType.LengthDelimited) {
      description = reader.string(true);
    } else if (field === METADATA_DATA_CLASS && type === WireType.Varint) {
      dataClass = DATA_CLASSES[reader.int32()];
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
  return {
    ...plugin,
    ...(dataClass && { dataClass }),
    ...(displayName && { displayName }),
    ...(description && { description }),
  };
}

function readPluginData(reader: BinaryReader, end: number): Pick<SummaryMetadata, "pluginName" | "content"> {
  let pluginName = "";
  let content: Uint8Array | undefined;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === PLUGIN_DATA_NAME && type === WireType.LengthDelimited) pluginName = reader.string(true);
    else if (field === PLUGIN_DATA_CONTENT && type === WireType.LengthDelimited) content = reader.bytes();
    else reader.skip(type, field);
  }
  checkEnd(reader, end);
  return { pluginName, ...(content && { content }) };
}
