import type { Shape } from "../../core/shape.ts";
import { pool2d, pool2dGradient } from "../../engine/operations/pool2d.ts";
import type { Pool2dDefinition } from "../definition.ts";
import type { Layer } from "./layer.ts";
import { slidingWindow } from "./window.ts";

/** Max or average pooling of each channel. */
export function pool2dLayer(definition: Pool2dDefinition, inputShape: Shape): Layer {
  const { name, type, poolSize } = definition;
  const kind = type === "maxPool2d" ? "max" : "average";
  const window = slidingWindow(
    name,
    inputShape,
    poolSize,
    definition.strides ?? poolSize,
    definition.padding ?? "valid",
  );
  const outputShape = [window.outputHeight, window.outputWidth, window.channels];
  return {
    type,
    name,
    inputShape,
    outputShape,
    parameters: [],
    multiplyAdds: 0,
    forward(graph, x) {
      const y = graph.activation(name, outputShape);
      graph.add(pool2d(kind, { x, y, window }));
      return y;
    },
    backward(graph, { x, y, dy, inputGradient }) {
      if (!inputGradient) return undefined;
      const dx = graph.activation(`${name}:input_gradient`, inputShape);
      graph.add(pool2dGradient(kind, { x, y, dy, dx, window }));
      return dx;
    },
  };
}
