import type { Engine } from "./engine/engine.ts";
import type { Tensor } from "./engine/tensor.ts";
import { createActivationProbe } from "./nn/activations.ts";
import { fullName } from "./nn/network.ts";
import type { TrainingStep } from "./nn/trainingStep.ts";

/**
 * Finds where the numbers of a training stopped being finite, after a step whose loss is not: the images of that step
 * go through the layers once more, one by one, with the weights that gave the loss.
 *
 * @returns what to say of it, without a full stop.
 */
export function describeDivergence(engine: Engine, trainingStep: TrainingStep, count: number): string {
  const { network, parameters, images } = trainingStep;
  const largest = (one: Tensor, elements = one.size): number => {
    let most = 0;
    for (const value of engine.floats(one).subarray(0, elements)) {
      if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY;
      most = Math.max(most, Math.abs(value));
    }
    return most;
  };
  const [batchSize = count] = images.shape;
  const probe = createActivationProbe(engine, network, parameters, { images, batchSize });
  probe.run(count);
  let most = 0;
  for (const layer of network.layers) {
    const weights = layer.parameters.map((one) => largest(parameters.get(fullName(network, one))!));
    if (weights.includes(Number.POSITIVE_INFINITY)) {
      return `the weights of layer ${layer.name} are no finite numbers any more`;
    }
    const output = probe.outputs.get(layer.name)!;
    most = largest(output, (output.size / batchSize) * count);
    if (most === Number.POSITIVE_INFINITY) {
      const of =
        weights.length > 0
          ? `; its weights are finite, the largest ${Math.max(...weights).toPrecision(2)}`
          : "";
      return `layer ${layer.name} gave the first number that is not finite${of}`;
    }
  }
  return `all layers gave finite numbers, the last one up to ${most.toPrecision(2)}`;
}
