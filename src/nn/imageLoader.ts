import { gaussianWeights } from "../core/gaussian.ts";
import type { Engine } from "../engine/engine.ts";
import { AUGMENT_CELLS } from "../engine/kernels/opcodes.ts";
import { augment as augmentPixels, pixelCells, scalePixels } from "../engine/operations/pixels.ts";
import type { Tensor } from "../engine/tensor.ts";
import { type Augmentation, augmentationDefaults, drawDistortions, isAugmenting } from "./augmentation.ts";
import type { InputDefinition } from "./definition.ts";

/** Fills the first of a batch's images from pixels 0..255, [count, height, width, channels], as step `step` distorts them. */
export type LoadImages = (pixels: Uint8Array, count: number, step: number) => void;

/** What turns pixels into a network's input, in `images`, [batchSize, height, width, channels]. */
export function createImageLoader(
  engine: Engine,
  images: Tensor,
  { shape: [height, width, channels], scale, offset }: InputDefinition,
  {
    seed,
    augment = augmentationDefaults.none,
  }: { readonly seed: number; readonly augment?: Augmentation | undefined },
): LoadImages {
  const [batchSize = 0] = images.shape;
  const pixels = engine.allocate("pixels", [pixelCells(images.size)]);
  const how = { pixels, x: images, scale, offset };
  if (!isAugmenting(augment)) {
    const program = engine.compile([scalePixels({ ...how, perImage: height * width * channels })]);
    return (bytes, count) => {
      engine.bytesOf(pixels).set(bytes);
      program.run(count);
    };
  }
  const parameters = engine.allocate("distortions", [batchSize, AUGMENT_CELLS]);
  const weights = gaussianWeights(augment.sigma);
  const taps = engine.allocate("taps", [weights.length]);
  engine.floats(taps).set(weights);
  const program = engine.compile([augmentPixels({ ...how, parameters, taps, height, width })]);
  return (bytes, count, step) => {
    engine.bytesOf(pixels).set(bytes);
    const cells = { floats: engine.floats(parameters), ints: engine.ints(parameters) };
    drawDistortions(cells, augment, { seed, step, count });
    program.run(count);
  };
}
