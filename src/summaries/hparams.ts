import { experimentValue, type HparamValue, sessionStartValue } from "../formats/hparams.ts";
import type { SummaryValue } from "../formats/summary.ts";

/** Settings that a training may have or not, each with a value of its type: runs side by side have all columns. */
const optional = new Map<string, HparamValue>([
  ["steps", 0],
  ["clip_norm", 0],
  ["patience", 0],
]);

/**
 * What the hparams dashboard takes of a run: its settings, and which of its scalars to compare runs by. They belong into
 * the run that has these scalars.
 */
export function hparamsSummaries(settings: ReadonlyMap<string, HparamValue>, now: number): SummaryValue[] {
  const hparams = new Map([...settings, ...[...optional].filter(([name]) => !settings.has(name))]);
  const metrics = new Map([
    ["accuracy", "accuracy"],
    ["loss", "loss"],
  ]);
  return [experimentValue({ hparams, metrics, created: now }), sessionStartValue(settings, now)];
}
