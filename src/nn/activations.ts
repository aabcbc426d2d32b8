import type { Shape } from "../core/shape.ts";
import type { Engine } from "../engine/engine.ts";
import type { Operation } from "../engine/operations/operation.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import type { Parameter } from "./layers/layer.ts";
import { fullName, type Network } from "./network.ts";

/** A forward pass that keeps what every layer gives. */
export interface ActivationProbe {
  /** Computes all layers, with the parameters as they are now, for the first `count` images. */
  run(count: number): void;
  /**
   * The output of each layer, [batchSize, height, width, channels] or [batchSize, units], by the layer's name and in
   * their order; a run fills the first `count` images. Layers that change no value share their input's memory.
   */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/**
 * Compiles a forward pass over the layers of `network` as they are defined, not over the stages that training computes,
 * without dropout, so that each layer's output can be looked at.
 *
 * @param parameters by full name, as {@link TrainingStep.parameters}.
 * @param input `images` as the network takes them, scaled, [batchSize, height, width, channels].
 */
export function createActivationProbe(
  engine: Engine,
  network: Network,
  parameters: ReadonlyMap<string, Tensor>,
  { images, batchSize }: { readonly images: Tensor; readonly batchSize: number },
): ActivationProbe {
  const operations: Operation[] = [];
  const graph = {
    batchSize,
    // The weights change from run to run, so nothing is arranged for the next.
    isRepeated: false,
    room: (name: string, size: number) => tensor(name, [size]),
    add: (operation: Operation) => void operations.push(operation),
    activation: (name: string, shape: Shape) => tensor(name, [batchSize, ...shape], { kept: true }),
    parameter: (parameter: Parameter) => parameters.get(fullName(network, parameter))!,
    prepared(name: string, size: number, prepare: (to: Tensor) => Operation) {
      const one = tensor(name, [size]);
      operations.push(prepare(one));
      return one;
    },
  };
  let x = images;
  const given = network.layers.map((layer) => {
    x = layer.forward(graph, x);
    return { layer, y: x };
  });
  const program = engine.compile(operations);
  // Only now do the tensors have their places, which those with another name and shape take over.
  const outputs = new Map(
    given.map(({ layer: { name, outputShape }, y }) => [
      name,
      { ...y, name, shape: [batchSize, ...outputShape] },
    ]),
  );
  return { run: (count) => program.run(count), outputs };
}
