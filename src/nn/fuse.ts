import { hasRectifiedInput, type LayerDefinition } from "./definition.ts";
import { convBatchNormalizationLayer } from "./layers/convBatchNormalization.ts";
import { convMaxPoolLayer } from "./layers/convMaxPool.ts";
import { denseLayer } from "./layers/dense.ts";
import type { Layer } from "./layers/layer.ts";

/** A stage and how many layers it is. */
interface Stage {
  readonly layer: Layer;
  readonly count: number;
}

/** Layer `index` and those after it in one, where that saves work. */
function fuseAt(definitions: readonly LayerDefinition[], layers: readonly Layer[], index: number): Stage {
  const layer = layers[index]!;
  const [definition, next, afterNext] = definitions.slice(index, index + 3);
  const alone = { layer, count: 1 };
  if (definition?.type === "conv2d" && next?.type === "maxPool2d") {
    const fused = convMaxPoolLayer(definition, next, layer.inputShape);
    return fused ? { layer: fused, count: 2 } : alone;
  }
  if (definition?.type === "conv2d" && next?.type === "batchNormalization") {
    const pooling = afterNext?.type === "maxPool2d" ? afterNext : undefined;
    const chain = layers.slice(index, index + 3);
    return convBatchNormalizationLayer(definition, next, pooling, chain) ?? alone;
  }
  // With a ReLU what is 0 has no gradient, so dropout's mask can be read off the output.
  if (definition?.type === "dense" && definition.activation === "relu" && next?.type === "dropout") {
    const dropout = { definition: next, salt: index + 1 };
    const rectifiedInput = hasRectifiedInput(definitions, index);
    return { layer: denseLayer(definition, layer.inputShape, { rectifiedInput, dropout }), count: 2 };
  }
  return alone;
}

/**
 * The stages that compute `layers`. A convolution and the pooling after it become one, so that what the pooling throws
 * away is never written and its gradient, mostly zeros, never multiplied with; and so do a dense layer with a ReLU and the
 * dropout after it, so that in the gradient neither what was dropped nor what was stopped costs anything. A convolution
 * takes the normalisation after it into its weights where it predicts.
 */
export function fuse(definitions: readonly LayerDefinition[], layers: readonly Layer[]): readonly Layer[] {
  const stages: Layer[] = [];
  for (let index = 0; index < layers.length; ) {
    const { layer, count } = fuseAt(definitions, layers, index);
    stages.push(layer);
    index += count;
  }
  return stages;
}
