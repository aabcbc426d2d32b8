import { type Shape, sizeOf } from "../../core/shape.ts";
import type { FlattenDefinition } from "../definition.ts";
import type { Layer } from "./layer.ts";

/** Images to vectors. Memory is row by row either way, so the tensor stays the same and only its shape is new. */
export function flattenLayer({ name }: FlattenDefinition, inputShape: Shape): Layer {
  return {
    type: "flatten",
    name,
    inputShape,
    outputShape: [sizeOf(inputShape)],
    parameters: [],
    multiplyAdds: 0,
    forward: (_graph, x) => x,
    backward: (_graph, { dy }) => dy,
  };
}
