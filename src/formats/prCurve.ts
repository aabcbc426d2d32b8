import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { SummaryValue } from "./summary.ts";

/** Images of a class and of others by whether they are taken for it, at each of some thresholds, evenly from 0 to 1. */
export interface PrCurveCounts {
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
  readonly trueNegatives: readonly number[];
  readonly falseNegatives: readonly number[];
}

// Field number of TensorBoard's plugins/pr_curve/plugin_data.proto; its version, field 1, is 0.
const NUM_THRESHOLDS = 2;

/** A precision-recall curve for the pr_curves dashboard: [6, thresholds], the counts, precision and recall. */
export function prCurveValue(tag: string, counts: PrCurveCounts): SummaryValue {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const share = (part: number, rest: number) => (part + rest === 0 ? 0 : part / (part + rest));
  const precision = truePositives.map((count, i) => share(count, falsePositives[i]!));
  const recall = truePositives.map((count, i) => share(count, falseNegatives[i]!));
  const rows = [truePositives, falsePositives, trueNegatives, falseNegatives, precision, recall];
  const thresholds = truePositives.length;
  const content = new BinaryWriter().tag(NUM_THRESHOLDS, WireType.Varint).int32(thresholds).finish();
  return {
    tag,
    tensor: { dtype: "float32", shape: [rows.length, thresholds], values: rows.flat() },
    metadata: { pluginName: "pr_curves", content, dataClass: "tensor" },
  };
}
