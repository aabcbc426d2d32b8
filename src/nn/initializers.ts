import type { Random } from "../core/random.ts";
import type { Floats } from "../engine/reference/kernel.ts";

/** How a parameter begins; `truncatedNormal` takes its standard deviation. */
export type Initializer =
  | "zeros"
  | "ones"
  | "glorotUniform"
  | "glorotNormal"
  | "heUniform"
  | "heNormal"
  | { readonly truncatedNormal: number };

/** The deviation that a normal distribution of deviation 1 has once cut at -2 and 2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Normal, but drawn again beyond two deviations, as TensorFlow's truncated_normal. */
function truncatedNormal(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

/**
 * Fills `values` as TensorFlow's initializer of that name would. `fanIn` and `fanOut` are the inputs and outputs
 * that one unit has: kernel area times channels. Glorot and Bengio, 2010; He et al., 2015; the normal forms are
 * truncated at two deviations and widened so that their variance stays what the papers ask for.
 */
export function initialize(
  values: Floats,
  initializer: Initializer,
  fanIn: number,
  fanOut: number,
  random: Random,
): void {
  const fill = (draw: () => number) => {
    for (let i = 0; i < values.length; i++) values[i] = draw();
  };
  const uniform = (limit: number) => fill(() => (2 * random.uniform() - 1) * limit);
  const normal = (deviation: number) =>
    fill(() => (truncatedNormal(random) * deviation) / TRUNCATED_DEVIATION);

  if (typeof initializer === "object") fill(() => truncatedNormal(random) * initializer.truncatedNormal);
  else if (initializer === "glorotUniform") uniform(Math.sqrt(6 / (fanIn + fanOut)));
  else if (initializer === "glorotNormal") normal(Math.sqrt(2 / (fanIn + fanOut)));
  else if (initializer === "heUniform") uniform(Math.sqrt(6 / fanIn));
  else if (initializer === "heNormal") normal(Math.sqrt(2 / fanIn));
  else values.fill(initializer === "ones" ? 1 : 0);
}
