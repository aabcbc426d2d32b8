import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { beginMessage } from "./protobuf.ts";
import type { SummaryValue } from "./summary.ts";

/** A setting of a training. */
export type HparamValue = number | string | boolean;

/** What the hparams dashboard has columns for. */
export interface Experiment {
  /** Settings by name, each with a value of its type. */
  readonly hparams: ReadonlyMap<string, HparamValue>;
  /** Scalars of the same run, by tag, with the name that people read. */
  readonly metrics: ReadonlyMap<string, string>;
  /** Seconds since 1970. */
  readonly created: number;
}

// Field numbers of TensorBoard's plugins/hparams/{plugin_data,api}.proto and of protobuf's struct.proto.
const DATA_EXPERIMENT = 2;
const DATA_SESSION_START = 3;
const DATA_SESSION_END = 4;
const EXPERIMENT_CREATED = 3;
const EXPERIMENT_HPARAMS = 4;
const EXPERIMENT_METRICS = 5;
const HPARAM_NAME = 1;
const HPARAM_TYPE = 4;
/** The enum DataType. */
const hparamTypes = { string: 1, boolean: 2, number: 3 } as const;
const METRIC_NAME = 1;
const METRIC_NAME_TAG = 2;
const METRIC_DISPLAY_NAME = 3;
const START_HPARAMS = 1;
const START_TIME = 5;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const VALUE_NUMBER = 2;
const VALUE_STRING = 3;
const VALUE_BOOL = 4;
const END_STATUS = 1;
const END_TIME = 2;
/** Of the enum Status. */
const STATUS_SUCCESS = 1;

/** The columns of the hparams dashboard; one run of a log folder is enough to have it. */
export function experimentValue({ hparams, metrics, created }: Experiment): SummaryValue {
  return pluginValue("experiment", DATA_EXPERIMENT, (writer) => {
    writer.tag(EXPERIMENT_CREATED, WireType.Bit64).double(created);
    for (const [name, value] of hparams) {
      beginMessage(writer, EXPERIMENT_HPARAMS);
      writer.tag(HPARAM_NAME, WireType.LengthDelimited).string(name);
      writer.tag(HPARAM_TYPE, WireType.Varint).int32(hparamTypes[typeof value as keyof typeof hparamTypes]);
      writer.join();
    }
    for (const [tag, name] of metrics) {
      beginMessage(writer, EXPERIMENT_METRICS);
      beginMessage(writer, METRIC_NAME);
      writer.tag(METRIC_NAME_TAG, WireType.LengthDelimited).string(tag).join();
      writer.tag(METRIC_DISPLAY_NAME, WireType.LengthDelimited).string(name);
      writer.join();
    }
  });
}

/** The settings of a run that begins; `started` in seconds since 1970. */
export function sessionStartValue(hparams: ReadonlyMap<string, HparamValue>, started: number): SummaryValue {
  return pluginValue("session_start_info", DATA_SESSION_START, (writer) => {
    for (const [name, value] of hparams) {
      beginMessage(writer, START_HPARAMS);
      writer.tag(ENTRY_KEY, WireType.LengthDelimited).string(name);
      beginMessage(writer, ENTRY_VALUE);
      if (typeof value === "number") writer.tag(VALUE_NUMBER, WireType.Bit64).double(value);
      else if (typeof value === "string") writer.tag(VALUE_STRING, WireType.LengthDelimited).string(value);
      else writer.tag(VALUE_BOOL, WireType.Varint).bool(value);
      writer.join();
      writer.join();
    }
    writer.tag(START_TIME, WireType.Bit64).double(started);
  });
}

/** The end of a run that came to its end; `ended` in seconds since 1970. */
export function sessionEndValue(ended: number): SummaryValue {
  return pluginValue("session_end_info", DATA_SESSION_END, (writer) => {
    writer.tag(END_STATUS, WireType.Varint).int32(STATUS_SUCCESS);
    writer.tag(END_TIME, WireType.Bit64).double(ended);
  });
}

/** The dashboard reads the metadata alone; a value must still have a tensor, so it is an empty one. */
function pluginValue(name: string, field: number, write: (writer: BinaryWriter) => void): SummaryValue {
  const writer = new BinaryWriter();
  beginMessage(writer, field);
  write(writer);
  const content = writer.join().finish();
  return {
    tag: `_hparams_/${name}`,
    tensor: { dtype: "float32", shape: [0], values: [] },
    metadata: { pluginName: "hparams", content, dataClass: "tensor" },
  };
}
