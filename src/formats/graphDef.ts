import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Shape } from "../core/shape.ts";
import { beginMessage } from "./protobuf.ts";
import { DT_FLOAT, writeShape } from "./tensorProto.ts";

/** An operation of a graph as TensorFlow's GraphDef has it. */
export interface GraphNode {
  /** With slashes, by which people see nodes grouped: `LeNet/conv1/Conv2D`. */
  readonly name: string;
  /** `Conv2D`, `MatMul`, ... */
  readonly op: string;
  /** Names of the nodes whose first output it takes. */
  readonly inputs: readonly string[];
  /** What it gives; -1 for an extent that is not known, as the number of images. */
  readonly outputShape: Shape;
  readonly attributes?: Readonly<Record<string, number | string | boolean | readonly number[]>>;
}

// Field numbers of TensorFlow's graph.proto, node_def.proto, attr_value.proto and versions.proto.
const GRAPH_NODE = 1;
const GRAPH_VERSIONS = 4;
const VERSIONS_PRODUCER = 1;
const NODE_NAME = 1;
const NODE_OP = 2;
const NODE_INPUT = 3;
const NODE_DEVICE = 4;
const NODE_ATTRIBUTE = 5;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const VALUE_LIST = 1;
const VALUE_BYTES = 2;
const VALUE_INT = 3;
const VALUE_FLOAT = 4;
const VALUE_BOOL = 5;
const VALUE_TYPE = 6;
const LIST_INT = 3;
const LIST_SHAPE = 7;

/** TensorFlow 1.x's, from which on a graph is read as it is. */
const PRODUCER = 27;
const DEVICE = "/device:CPU:0";

const utf8 = new TextEncoder();

/** A GraphDef of `nodes`, whose values are float32; the shapes are where TensorBoard looks for them. */
export function encodeGraph(nodes: readonly GraphNode[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, op, inputs, outputShape, attributes = {} } of nodes) {
    beginMessage(writer, GRAPH_NODE);
    writer.tag(NODE_NAME, WireType.LengthDelimited).string(name);
    writer.tag(NODE_OP, WireType.LengthDelimited).string(op);
    for (const input of inputs) writer.tag(NODE_INPUT, WireType.LengthDelimited).string(input);
    writer.tag(NODE_DEVICE, WireType.LengthDelimited).string(DEVICE);
    writeAttribute(writer, "T", () => writer.tag(VALUE_TYPE, WireType.Varint).int32(DT_FLOAT));
    for (const [key, value] of Object.entries(attributes)) {
      writeAttribute(writer, key, () => writeValue(writer, value));
    }
    writeAttribute(writer, "_output_shapes", () => {
      beginMessage(writer, VALUE_LIST);
      writeShape(writer, LIST_SHAPE, outputShape);
      writer.join();
    });
    writer.join();
  }
  beginMessage(writer, GRAPH_VERSIONS);
  writer.tag(VERSIONS_PRODUCER, WireType.Varint).int32(PRODUCER).join();
  return writer.finish();
}

function writeAttribute(writer: BinaryWriter, key: string, writeIt: () => void): void {
  beginMessage(writer, NODE_ATTRIBUTE);
  writer.tag(ENTRY_KEY, WireType.LengthDelimited).string(key);
  beginMessage(writer, ENTRY_VALUE);
  writeIt();
  writer.join();
  writer.join();
}

function writeValue(writer: BinaryWriter, value: number | string | boolean | readonly number[]): void {
  if (typeof value === "string") writer.tag(VALUE_BYTES, WireType.LengthDelimited).bytes(utf8.encode(value));
  else if (typeof value === "boolean") writer.tag(VALUE_BOOL, WireType.Varint).bool(value);
  else if (typeof value === "number") {
    if (Number.isInteger(value)) writer.tag(VALUE_INT, WireType.Varint).int64(value);
    else writer.tag(VALUE_FLOAT, WireType.Bit32).float(value);
  } else {
    beginMessage(writer, VALUE_LIST);
    beginMessage(writer, LIST_INT);
    for (const one of value) writer.int64(one);
    writer.join();
    writer.join();
  }
}
