import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { messageDecoder, message as messageOf } from "./protoMessages.ts";

/**
 * TensorFlow's published messages (core/example/*.proto, core/framework/{summary,tensor,tensor_shape,graph,node_def,
 * attr_value,versions}.proto, core/util/event.proto) and TensorBoard's (plugins/pr_curve/plugin_data.proto,
 * plugins/hparams/{plugin_data,api}.proto, with protobuf's own struct.proto), as far as this project writes them.
 */
const message = messageOf.bind(undefined, "tensorflow");

const mapEntry = (value: string, entry = "FeatureEntry"): JsonObject => ({
  nestedType: [message(entry, { key: "1 string", value: `2 ${value}` }, { options: { mapEntry: true } })],
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
    graph_def: "4 bytes",
    summary: "5 Summary",
    session_log: "7 SessionLog",
  }),
  message("SessionLog", { status: "1 int32", checkpoint_path: "2 string", msg: "3 string" }),
  message("VersionDef", { producer: "1 int32", min_consumer: "2 int32" }),
  message("GraphDef", { node: "1 [NodeDef]", version: "3 int32", versions: "4 VersionDef" }),
  message(
    "NodeDef",
    {
      name: "1 string",
      op: "2 string",
      input: "3 [string]",
      device: "4 string",
      attr: "5 [NodeDef.AttrEntry]",
    },
    mapEntry("AttrValue", "AttrEntry"),
  ),
  message("ListValue", {
    s: "2 [bytes]",
    i: "3 [int64]",
    f: "4 [float]",
    b: "5 [bool]",
    shape: "7 [TensorShapeProto]",
  }),
  message("AttrValue", {
    list: "1 ListValue",
    s: "2 bytes",
    i: "3 int64",
    f: "4 float",
    b: "5 bool",
    type: "6 int32", // the enum DataType
    shape: "7 TensorShapeProto",
  }),
  message("PrCurvePluginData", { version: "1 int32", num_thresholds: "2 int32" }),
  message("HParamsPluginData", {
    version: "1 int32",
    experiment: "2 Experiment",
    session_start_info: "3 SessionStartInfo",
    session_end_info: "4 SessionEndInfo",
  }),
  message("Experiment", {
    description: "1 string",
    user: "2 string",
    time_created_secs: "3 double",
    hparam_infos: "4 [HParamInfo]",
    metric_infos: "5 [MetricInfo]",
    name: "6 string",
  }),
  message("HParamInfo", {
    name: "1 string",
    display_name: "2 string",
    description: "3 string",
    type: "4 int32", // the enum DataType
  }),
  message("MetricName", { group: "1 string", tag: "2 string" }),
  message("MetricInfo", {
    name: "1 MetricName",
    display_name: "3 string",
    description: "4 string",
    dataset_type: "5 int32", // the enum DatasetType
  }),
  message("Value", {
    null_value: "1 int32",
    number_value: "2 double",
    string_value: "3 string",
    bool_value: "4 bool",
  }),
  message(
    "SessionStartInfo",
    {
      hparams: "1 [SessionStartInfo.HparamsEntry]",
      model_uri: "2 string",
      monitor_url: "3 string",
      group_name: "4 string",
      start_time_secs: "5 double",
    },
    mapEntry("Value", "HparamsEntry"),
  ),
  message("SessionEndInfo", { status: "1 int32", end_time_secs: "2 double" }),
]);

type Decoded = "Example" | "Event" | "GraphDef" | "PrCurvePluginData" | "HParamsPluginData";

/** The protobuf message `name` of TensorFlow as JSON: field names in camelCase, int64 as text, bytes in base64. */
export function decodeAs(name: Decoded, bytes: Uint8Array): JsonValue {
  return decode(name, bytes);
}
