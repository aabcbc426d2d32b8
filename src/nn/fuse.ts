import { hasRectifiedInput, type LayerDefinition } from "./definition.ts";
import { convMaxPoolLayer } from "./layers/convMaxPool.ts";
import { denseLayer } from "./layers/dense.ts";
import type { Layer } from "./layers/layer.ts";

/** Layer `index` and the one after it in one, where that saves work. */
function fusePair(definitions: readonly LayerDefinition[], index: number, layer: Layer): Layer | undefined {
  const [definition, next] = [definitions[index], definitions[index + 1]];
  if (definition?.type === "conv2d" && next?.type === "maxPool2d") {
    return convMaxPoolLayer(definition, next, layer.inputShape);
  }
  // With a ReLU what is 0 has no gradient, so dropout's mask can be read off the output.
  if (definition?.type === "dense" && definition.activation === "relu" && next?.type === "dropout") {
    return denseLayer(definition, layer.inputShape, {
      rectifiedInput: hasRectifiedInput(definitions, index),
      dropout: { definition: next, salt: index + 1 },
    });
  }
  return undefined;
}

/**
 * The stages that compute `layers`. A convolution and the pooling after it become one, so that what the pooling throws
 * away is never written and its gradient, mostly zeros, never multiplied with; and so do a dense layer with a ReLU and the
 * dropout after it, so that in the gradient neither what was dropped nor what was stopped costs anything.
 */
export function fuse(definitions: readonly LayerDefinition[], layers: readonly Layer[]): readonly Layer[] {
  const stages: Layer[] = [];
  for (let index = 0; index < layers.length; index++) {
    const layer = layers[index]!;
    const fused = fusePair(definitions, index, layer);
    stages.push(fused ?? layer);
    if (fused) index++;
  }
  return stages;
}
