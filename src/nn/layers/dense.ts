import { MnistError } from "../../core/errors.ts";
import { formatShape, type Shape } from "../../core/shape.ts";
import * as op from "../../engine/operations.ts";
import type { DenseDefinition } from "../definition.ts";
import { type Layer, perImage } from "./layer.ts";
import { weightsAndBiases } from "./weighted.ts";

/** Fully connected: y = f(x weights + biases), weights [inputs, units]. */
export function denseLayer(definition: DenseDefinition, inputShape: Shape): Layer {
  const { name, units, activation = "linear" } = definition;
  const inputs = inputShape[0];
  if (inputShape.length !== 1 || inputs === undefined) {
    throw new MnistError(
      "BAD_MODEL",
      `layer ${name}: a dense layer takes vectors, but is given ${formatShape(inputShape)}; put a flatten layer before it`,
    );
  }
  const { weights, biases } = weightsAndBiases(definition, [inputs, units], inputs, units);
  const images = perImage(1);
  return {
    type: "dense",
    name,
    inputShape,
    outputShape: [units],
    parameters: biases ? [weights, biases] : [weights],
    multiplyAdds: inputs * units,
    forward(graph, x) {
      const y = graph.activation(name, [units]);
      const bias = biases ? { bias: graph.parameter(biases) } : {};
      const sizes = { rows: images, columns: units, inner: inputs };
      graph.add(op.matMul({ a: x, b: graph.parameter(weights), c: y, ...bias, ...sizes, activation }));
      return y;
    },
    backward(graph, { training, x, y, dy, inputGradient }) {
      if (activation !== "linear") {
        graph.add(op.activationGradient({ y, dy, dz: dy, size: perImage(units), activation }));
      }
      const dweights = training.gradient(weights);
      graph.add(
        op.matMul({
          a: x,
          b: dy,
          c: dweights,
          rows: inputs,
          columns: units,
          inner: images,
          transposeA: true,
        }),
      );
      if (biases)
        graph.add(op.biasGradient({ dy, dbias: training.gradient(biases), rows: images, columns: units }));
      if (!inputGradient) return undefined;
      const dx = graph.activation(`${name}:input_gradient`, inputShape);
      const sizes = { rows: images, columns: inputs, inner: units };
      graph.add(op.matMul({ a: dy, b: graph.parameter(weights), c: dx, ...sizes, transposeB: true }));
      return dx;
    },
  };
}
