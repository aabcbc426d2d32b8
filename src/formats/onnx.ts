import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MnistError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { beginMessage } from "./protobuf.ts";

/** An attribute of a node: a whole number, a list of them, or a float32; other types no node of ours needs. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

/** One operator of ONNX's default domain, from named values to a named value. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** Trained numbers, outermost axis first; float32. */
export interface OnnxInitializer {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What goes in or comes out of the graph, float32; a text in its shape names a free dimension. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** What the numbers mean. */
  readonly description?: string;
}

export interface OnnxGraph {
  readonly name: string;
  readonly description?: string;
  /** In an order in which each finds its inputs made. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Metadata of the model, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Opset 13 (Softmax changed at it) and the IR version that goes with it: older checkers refuse newer ones. */
const OPSET = 13;
const IR_VERSION = 7;
const PRODUCER = "mnist-classification";

// Field numbers of onnx.proto3 (github.com/onnx/onnx, onnx/onnx.proto3).
const Model = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8, metadataProps: 14 } as const;
const OperatorSet = { version: 2 } as const;
const Property = { key: 1, value: 2 } as const;
const Graph = { node: 1, name: 2, initializer: 5, docString: 10, input: 11, output: 12 } as const;
const Node = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const Attribute = { name: 1, f: 2, i: 3, ints: 8, type: 20 } as const;
const TensorField = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const Value = { name: 1, type: 2, docString: 3 } as const;
const Type = { tensorType: 1 } as const;
const TensorType = { elemType: 1, shape: 2 } as const;
const ShapeField = { dim: 1 } as const;
const Dimension = { value: 1, param: 2 } as const;

const FLOAT = 1; // TensorProto.DataType
// AttributeProto.AttributeType
const AttributeType = { float: 1, int: 2, ints: 7 } as const;

/**
 * `graph` as an ONNX file (ModelProto): opset 13, IR version 7. The same graph gives the same bytes.
 *
 * @throws MnistError `BAD_ARGUMENT` for an initializer whose numbers are not as many as its shape says.
 */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const writer = new BinaryWriter();
  writeInt(writer, Model.irVersion, IR_VERSION);
  writeText(writer, Model.producerName, PRODUCER);
  beginMessage(writer, Model.graph);
  writeGraph(writer, graph);
  writer.join();
  beginMessage(writer, Model.opsetImport); // without a domain it is ONNX's own
  writeInt(writer, OperatorSet.version, OPSET);
  writer.join();
  for (const [key, value] of Object.entries(graph.metadata ?? {})) {
    beginMessage(writer, Model.metadataProps);
    writeText(writer, Property.key, key);
    writeText(writer, Property.value, value);
    writer.join();
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writeNode(writer, node);
  writeText(writer, Graph.name, graph.name);
  for (const initializer of graph.initializers) writeInitializer(writer, initializer);
  if (graph.description !== undefined) writeText(writer, Graph.docString, graph.description);
  for (const input of graph.inputs) writeValue(writer, Graph.input, input);
  for (const output of graph.outputs) writeValue(writer, Graph.output, output);
}

function writeNode(writer: BinaryWriter, { name, opType, inputs, output, attributes }: OnnxNode): void {
  beginMessage(writer, Graph.node);
  for (const input of inputs) writeText(writer, Node.input, input);
  writeText(writer, Node.output, output);
  writeText(writer, Node.name, name);
  writeText(writer, Node.opType, opType);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    beginMessage(writer, Node.attribute);
    writeText(writer, Attribute.name, key);
    writeInt(writer, Attribute.type, writeAttribute(writer, value));
    writer.join();
  }
  writer.join();
}

/** Writes an attribute's value; gives its type. */
function writeAttribute(writer: BinaryWriter, value: OnnxAttribute): number {
  if (typeof value === "number") {
    writeInt(writer, Attribute.i, value);
    return AttributeType.int;
  }
  if ("float" in value) {
    writer.tag(Attribute.f, WireType.Bit32).float(value.float);
    return AttributeType.float;
  }
  for (const one of value) writeInt(writer, Attribute.ints, one); // proto2 readers know no packed form
  return AttributeType.ints;
}

function writeInitializer(writer: BinaryWriter, { name, shape, data }: OnnxInitializer): void {
  if (data.length !== sizeOf(shape)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `onnx: initializer "${name}": shape [${shape}] expects ${sizeOf(shape)} numbers, found ${data.length}`,
    );
  }
  beginMessage(writer, Graph.initializer);
  for (const length of shape) writeInt(writer, TensorField.dims, length);
  writeInt(writer, TensorField.dataType, FLOAT);
  writeText(writer, TensorField.name, name);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength); // little-endian, as WebAssembly is
  writer.tag(TensorField.rawData, WireType.LengthDelimited).bytes(bytes);
  writer.join();
}

function writeValue(writer: BinaryWriter, field: number, { name, shape, description }: OnnxValue): void {
  beginMessage(writer, field);
  writeText(writer, Value.name, name);
  beginMessage(writer, Value.type);
  beginMessage(writer, Type.tensorType);
  writeInt(writer, TensorType.elemType, FLOAT);
  beginMessage(writer, TensorType.shape);
  for (const length of shape) {
    beginMessage(writer, ShapeField.dim);
    if (typeof length === "number") writeInt(writer, Dimension.value, length);
    else writeText(writer, Dimension.param, length);
    writer.join();
  }
  writer.join().join().join();
  if (description !== undefined) writeText(writer, Value.docString, description);
  writer.join();
}

function writeText(writer: BinaryWriter, field: number, text: string): void {
  writer.tag(field, WireType.LengthDelimited).string(text);
}

function writeInt(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}
