import { resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { distortionSamples } from "../distortionSamples.ts";
import type { Engine } from "../engine/engine.ts";
import { greyPngEncoder } from "../formats/png.ts";
import { contactSheet } from "../inspect/contactSheet.ts";
import { isAugmenting } from "../nn/augmentation.ts";
import { writeFileAtomic } from "../node/files.ts";
import { readBatches } from "../node/input.ts";
import { type Io, printJson } from "./terminal.ts";
import type { TrainingSetup } from "./trainingSetup.ts";

/** Distorted pictures beside each original. */
const times = 10;

/** `--augment-preview`: a sheet of training images, the first column as they are, the others as training distorts them. */
export async function writePreview(
  file: string,
  {
    engine,
    setup,
    isJson,
  }: { readonly engine: Engine; readonly setup: TrainingSetup; readonly isJson: boolean },
  io: Io,
): Promise<void> {
  const { definition, config, data } = setup;
  if (!isAugmenting(config.augment)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      "--augment-preview: nothing is distorted; add --augment light or strong, or a configuration that has it",
    );
  }
  const { sources } = data;
  const samples = await distortionSamples({ engine, definition, config, sources, readBatches, times });
  const pictures = samples.flatMap(({ label, original, distorted }, index) =>
    [original, ...distorted].map((picture) => ({ ...picture, index, label })),
  );
  const { width, height, pixels } = contactSheet(pictures, { columns: 1 + times, isComparison: true });
  await writeFileAtomic(resolve(io.cwd, file), greyPngEncoder(height, width)(pixels));
  if (isJson)
    printJson(io, { type: "preview", file, images: samples.length, times, augment: config.augment });
  else
    io.stdout.write(
      `${file}: ${samples.length} training images, and each as ${times} steps with --augment ${config.augment.name} distort it\n`,
    );
}
