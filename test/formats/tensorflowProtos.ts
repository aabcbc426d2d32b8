import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { messageDecoder, message as messageOf } from "./protoMessages.ts";

/**
 * TensorFlow's published messages (core/example/*.proto, core/framework/{summary,tensor,tensor_shape}.proto,
 * core/util/event.proto), as far as this project writes them.
 */
const message = messageOf.bind(undefined, "tensorflow");

const mapEntry = (value: string): JsonObject => ({
  nestedType: [
    message("FeatureEntry", { key: "1 string", value: `2 ${value}` }, { options: { mapEntry: true } }),
  ],
});

const decode = messageDecoder("tensorflow", [
  message("BytesList", { value: "1 [bytes]" }),
  message("FloatList", { value: "1 [float]" }),
  message("Int64List", { value: "1 [int64]" }),
  message("Feature", { bytes_list: "1 BytesList", float_list: "2 FloatList", int64_list: "3 Int64List" }),
  message("Features", { feature: "1 [Features.FeatureEntry]" }, mapEntry("Feature")),
  message("Example", { features: "1 Features" }),
  message("Dim", { size: "1 int64", name: "2 string" }),
  message("TensorShapeProto", { dim: "2 [Dim]" }),
  message("TensorProto", {
    dtype: "1 int32", // the enum DataType
    tensor_shape: "2 TensorShapeProto",
    tensor_content: "4 bytes",
    float_val: "5 [float]",
    double_val: "6 [double]",
    string_val: "8 [bytes]",
  }),
  message("PluginData", { plugin_name: "1 string", content: "2 bytes" }),
  message("SummaryMetadata", {
    plugin_data: "1 PluginData",
    display_name: "2 string",
    summary_description: "3 string",
    data_class: "4 int32", // the enum DataClass
  }),
  message("SummaryValue", {
    tag: "1 string",
    simple_value: "2 float",
    tensor: "8 TensorProto",
    metadata: "9 SummaryMetadata",
  }),
  message("Summary", { value: "1 [SummaryValue]" }),
  message("Event", {
    wall_time: "1 double",
    step: "2 int64",
    file_version: "3 string",
    summary: "5 Summary",
  }),
]);

/** The protobuf message `name` of TensorFlow as JSON: field names in camelCase, int64 as text, bytes in base64. */
export function decodeAs(name: "Example" | "Event", bytes: Uint8Array): JsonValue {
  return decode(name, bytes);
}
