import { sizeOf } from "../core/shape.ts";
import type { Engine } from "../engine/engine.ts";
import { histogramValue, scalarValue } from "../formats/events.ts";
import type { SummaryValue } from "../formats/summary.ts";
import type { ActivationProbe } from "../nn/activations.ts";

/**
 * What each layer gives for the first `count` images that `probe` has run on, by TF-slim's tags: the distribution as
 * `activations/conv1`, the share of zeros as `sparsity/conv1`.
 */
export function activationSummaries(
  engine: Engine,
  { outputs }: Pick<ActivationProbe, "outputs">,
  count: number,
): SummaryValue[] {
  let last:
    | { readonly offset: number; readonly histogram: SummaryValue; readonly sparsity: number }
    | undefined;
  return [...outputs].flatMap(([name, output]) => {
    // Layers that change no value, as flattening, share their input's memory, and so what can be said of it.
    if (last?.offset !== output.offset) {
      const values = engine.floats(output).subarray(0, count * sizeOf(output.shape.slice(1)));
      const histogram = histogramValue(name, values);
      last = { offset: output.offset, histogram, sparsity: zeroFraction(values) };
    }
    return [
      { ...last.histogram, tag: `activations/${name}` },
      scalarValue(`sparsity/${name}`, last.sparsity),
    ];
  });
}

/** The share of `values` that is 0. */
function zeroFraction(values: ArrayLike<number>): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return values.length === 0 ? 0 : zeros / values.length;
}
