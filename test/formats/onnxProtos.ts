import type { JsonValue } from "@bufbuild/protobuf";
import { messageDecoder, message as messageOf } from "./protoMessages.ts";

/**
 * ONNX's published messages (onnx/onnx.proto3 of IR version 7), with more fields than this project writes, so that a
 * field by a wrong number shows. Fields are proto3's: what is 0 or empty is missing from the JSON.
 */
const message = messageOf.bind(undefined, "onnx");

const decode = messageDecoder("onnx", [
  message("AttributeProto", {
    name: "1 string",
    f: "2 float",
    i: "3 int64",
    s: "4 bytes",
    t: "5 TensorProto",
    floats: "7 [float]",
    ints: "8 [int64]",
    doc_string: "13 string",
    type: "20 int32", // the enum AttributeType
  }),
  message("NodeProto", {
    input: "1 [string]",
    output: "2 [string]",
    name: "3 string",
    op_type: "4 string",
    attribute: "5 [AttributeProto]",
    doc_string: "6 string",
    domain: "7 string",
  }),
  message("StringStringEntryProto", { key: "1 string", value: "2 string" }),
  message("ModelProto", {
    ir_version: "1 int64",
    producer_name: "2 string",
    producer_version: "3 string",
    domain: "4 string",
    model_version: "5 int64",
    doc_string: "6 string",
    graph: "7 GraphProto",
    opset_import: "8 [OperatorSetIdProto]",
    metadata_props: "14 [StringStringEntryProto]",
  }),
  message("GraphProto", {
    node: "1 [NodeProto]",
    name: "2 string",
    initializer: "5 [TensorProto]",
    doc_string: "10 string",
    input: "11 [ValueInfoProto]",
    output: "12 [ValueInfoProto]",
    value_info: "13 [ValueInfoProto]",
  }),
  message("TensorProto", {
    dims: "1 [int64]",
    data_type: "2 int32", // the enum DataType
    float_data: "4 [float]",
    int64_data: "7 [int64]",
    name: "8 string",
    raw_data: "9 bytes",
    doc_string: "12 string",
  }),
  message("ValueInfoProto", { name: "1 string", type: "2 TypeProto", doc_string: "3 string" }),
  message("TypeProto", { tensor_type: "1 TensorType", denotation: "6 string" }),
  message("TensorType", { elem_type: "1 int32", shape: "2 TensorShapeProto" }),
  message("TensorShapeProto", { dim: "1 [Dimension]" }),
  message("Dimension", { dim_value: "1 int64", dim_param: "2 string", denotation: "3 string" }),
  message("OperatorSetIdProto", { domain: "1 string", version: "2 int64" }),
]);

/** An ONNX file as JSON: field names in camelCase, int64 as text, bytes in base64. */
export function decodeOnnx(bytes: Uint8Array): JsonValue {
  return decode("ModelProto", bytes);
}
