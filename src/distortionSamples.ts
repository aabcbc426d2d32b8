import type { ByteSource } from "./core/bytes.ts";
import type { Engine } from "./engine/engine.ts";
import type { ReadBatches } from "./input/options.ts";
import type { GreyPixels } from "./inspect/pictures.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import { createImageLoader } from "./nn/imageLoader.ts";
import type { TrainingConfig } from "./trainingConfig.ts";

/** A training image, and what steps of a training would make of it. */
export interface DistortionSample {
  readonly label: number;
  readonly original: GreyPixels;
  readonly distorted: readonly GreyPixels[];
}

export interface SampleOptions {
  readonly engine: Engine;
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
  readonly sources: readonly ByteSource[];
  readonly readBatches: ReadBatches;
  /** How often each image is distorted. */
  readonly times: number;
}

/** Classes that are shown, and images among which their first ones are looked for. */
const mostClasses = 20;
const lookedAt = 5000;

/** The first image of each class, in their order, with the distortions of a training's first steps. */
export async function distortionSamples(options: SampleOptions): Promise<readonly DistortionSample[]> {
  const { engine, definition, config, times } = options;
  const firsts = await firstOfEachClass(options);
  const [height, width, channels] = definition.input.shape;
  const pixels = height * width * channels;
  const images = engine.allocate("images", [firsts.length, height, width, channels]);
  const load = createImageLoader(engine, images, definition.input, config);
  const batch = new Uint8Array(firsts.length * pixels);
  for (const [i, { image }] of firsts.entries()) batch.set(image, i * pixels);
  const samples = firsts.map(({ label, image }) => ({
    label,
    original: { width, height, pixels: image },
    distorted: [] as GreyPixels[],
  }));
  const { scale, offset } = definition.input;
  for (let step = 0; step < times; step++) {
    load(batch, firsts.length, step);
    const values = engine.floats(images);
    for (const [i, { distorted }] of samples.entries()) {
      const one = values.subarray(i * pixels, (i + 1) * pixels);
      const grey = Uint8Array.from(one, (value) => Math.round((value - offset) / scale));
      distorted.push({ width, height, pixels: grey });
    }
  }
  return samples;
}

async function firstOfEachClass({
  definition,
  sources,
  readBatches,
}: SampleOptions): Promise<readonly { readonly label: number; readonly image: Uint8Array }[]> {
  const classes = definition.classes.length;
  const found = new Map<number, Uint8Array>();
  for await (const { images, labels } of readBatches({ sources, classes, batchSize: 500, take: lookedAt })) {
    for (const [i, label] of labels.entries()) {
      if (!found.has(label)) found.set(label, images.slice(i * 784, (i + 1) * 784));
    }
    if (found.size === classes) break;
  }
  return [...found]
    .sort(([one], [other]) => one - other)
    .slice(0, mostClasses)
    .map(([label, image]) => ({ label, image }));
}
