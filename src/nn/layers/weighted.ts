import type { Shape } from "../../core/shape.ts";
import type { Initializer } from "../initializers.ts";
import type { Parameter } from "./layer.ts";

/** The parameters of a convolution or a dense layer: weights, and biases unless `useBias` is false. */
export function weightsAndBiases(
  definition: {
    readonly name: string;
    readonly useBias?: boolean;
    readonly kernelInitializer?: Initializer;
    readonly biasInitializer?: Initializer;
  },
  shape: Shape,
  outputs: number,
  fanIn: number,
  fanOut: number,
): { readonly weights: Parameter; readonly biases: Parameter | undefined } {
  const weights: Parameter = {
    name: `${definition.name}/weights`,
    shape,
    initializer: definition.kernelInitializer ?? "glorotUniform",
    fanIn,
    fanOut,
    trainable: true,
    decay: true,
  };
  const biases: Parameter = {
    name: `${definition.name}/biases`,
    shape: [outputs],
    initializer: definition.biasInitializer ?? "zeros",
    fanIn,
    fanOut,
    trainable: true,
    decay: false,
  };
  return { weights, biases: definition.useBias === false ? undefined : biases };
}
