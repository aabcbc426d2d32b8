import { MnistError } from "../../core/errors.ts";
import { formatShape, type Shape } from "../../core/shape.ts";
import {
  dense,
  denseGradient,
  denseListCells,
  densePanelCells,
  densePanels,
  sparseDense,
  sparseListCells,
} from "../../engine/operations/dense.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { DenseDefinition, DropoutDefinition } from "../definition.ts";
import type { Graph, Layer, TrainingGraph } from "./layer.ts";
import { weightsAndBiases } from "./weighted.ts";

/** What a dense layer has before and behind it. */
export interface DenseNeighbours {
  /** Its input has passed a ReLU: prediction looks for the zeros in it and leaves them out. */
  readonly rectifiedInput: boolean;
  /** Dropout that is computed with it; `salt` keeps two dropout layers' masks apart. */
  readonly dropout?: { readonly definition: DropoutDefinition; readonly salt: number };
}

/**
 * Fully connected: y = f(x weights^T + biases), weights [units, inputs]. With the dropout that follows it in one, what
 * is dropped is not computed.
 */
export function denseLayer(
  definition: DenseDefinition,
  inputShape: Shape,
  { rectifiedInput, dropout: following }: DenseNeighbours,
): Layer {
  const { name, units, activation = "linear" } = definition;
  const inputs = inputShape[0];
  if (inputShape.length !== 1 || inputs === undefined) {
    throw new MnistError(
      "BAD_MODEL",
      `layer ${name}: a dense layer takes vectors, but is given ${formatShape(inputShape)}; put a flatten layer before it`,
    );
  }
  const { weights, biases } = weightsAndBiases(definition, [units, inputs], units, inputs, units);
  const dropoutOf = (training: TrainingGraph | undefined) =>
    training && following
      ? {
          dropout: {
            rate: training.constant(`${following.definition.name}:rate`, following.definition.rate),
            randomState: training.randomState,
            salt: following.salt,
          },
        }
      : {};
  const sparseForward = (graph: Graph, x: Tensor, y: Tensor, bias: { readonly bias?: Tensor }): Tensor => {
    const layer = { weights: graph.parameter(weights), units, inputs };
    const panels = graph.isRepeated && {
      panels: graph.prepared(`${name}:panels`, densePanelCells(units, inputs), (panels) =>
        densePanels({ ...layer, panels }),
      ),
    };
    const lists = graph.activation(`${name}:lists`, [sparseListCells(inputs)]);
    graph.add(sparseDense({ ...layer, ...panels, ...bias, x, y, lists, activation }));
    return y;
  };
  return {
    type: following ? "dense and dropout" : "dense",
    name,
    inputShape,
    outputShape: [units],
    parameters: biases ? [weights, biases] : [weights],
    multiplyAdds: inputs * units,
    forward(graph, x) {
      const y = graph.activation(name, [units]);
      const bias = biases ? { bias: graph.parameter(biases) } : {};
      if (rectifiedInput && !graph.training) return sparseForward(graph, x, y, bias);
      const rest = { units, inputs, activation, ...dropoutOf(graph.training) };
      const room = graph.room(`${name}:packed`, Math.ceil(graph.batchSize / 8) * 8 * inputs);
      graph.add(dense({ x, weights: graph.parameter(weights), ...bias, y, room, ...rest }));
      return y;
    },
    backward(graph, { training, x, y, dy, inputGradient }) {
      const dx = inputGradient ? graph.activation(`${name}:input_gradient`, inputShape) : undefined;
      graph.add(
        denseGradient({
          x,
          weights: graph.parameter(weights),
          y,
          dy,
          dweights: training.gradient(weights),
          ...(biases && { dbias: training.gradient(biases) }),
          ...(dx && { dx }),
          dz: graph.activation(`${name}:dz`, [units]),
          lists: graph.activation(`${name}:lists`, [denseListCells(units)]),
          units,
          inputs,
          activation,
          ...dropoutOf(training),
        }),
      );
      return dx;
    },
  };
}
