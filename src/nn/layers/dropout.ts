import { type Shape, sizeOf } from "../../core/shape.ts";
import { dropout } from "../../engine/operations/dropout.ts";
import type { DropoutDefinition } from "../definition.ts";
import { type Layer, perImage } from "./layer.ts";

/** Inverted dropout in training, nothing in prediction. `salt` keeps two dropout layers' masks apart. */
export function dropoutLayer({ name, rate }: DropoutDefinition, inputShape: Shape, salt: number): Layer {
  const size = perImage(sizeOf(inputShape));
  return {
    type: "dropout",
    name,
    inputShape,
    outputShape: inputShape,
    parameters: [],
    multiplyAdds: 0,
    forward(graph, x) {
      if (!graph.training) return x;
      const { randomState } = graph.training;
      const y = graph.activation(name, inputShape);
      graph.add(
        dropout({ x, y, rate: graph.training.constant(`${name}:rate`, rate), randomState, salt, size }),
      );
      return y;
    },
    backward(graph, { training, dy, inputGradient }) {
      if (!inputGradient) return undefined;
      const dx = graph.activation(`${name}:input_gradient`, inputShape);
      const { randomState } = training;
      // The mask is a function of seed, step, salt and index, so it is made again and never stored.
      graph.add(
        dropout({ x: dy, y: dx, rate: training.constant(`${name}:rate`, rate), randomState, salt, size }),
      );
      return dx;
    },
  };
}
