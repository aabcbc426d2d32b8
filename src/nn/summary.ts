import type { Shape } from "../core/shape.ts";
import { type Network, parameterCount } from "./network.ts";

/** What there is to say of a layer. */
export interface LayerFacts {
  readonly name: string;
  readonly type: string;
  /** Of one image: [height, width, channels] or [units]. */
  readonly outputShape: Shape;
  /** Numbers that are trained, biases too. */
  readonly parameters: number;
  /** Multiplications for one image, forwards. */
  readonly multiplyAdds: number;
}

/** A model as a table: a row a layer, in their order, and what they come to. */
export interface ModelSummary {
  readonly name: string;
  readonly inputShape: Shape;
  readonly layers: readonly LayerFacts[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** The layers of a network as they were defined, with their sizes. */
export function summarizeModel({ definition, layers }: Network): ModelSummary {
  const rows = layers.map(
    ({ name, type, outputShape, parameters, multiplyAdds }): LayerFacts => ({
      ...{ name, type, outputShape, multiplyAdds },
      parameters: parameterCount({ parameters }),
    }),
  );
  const total = (key: "parameters" | "multiplyAdds") => rows.reduce((sum, row) => sum + row[key], 0);
  return {
    name: definition.name,
    inputShape: definition.input.shape,
    layers: rows,
    parameters: total("parameters"),
    multiplyAdds: total("multiplyAdds"),
  };
}
