import { type Checkpoint, parseCheckpointMetadata } from "../checkpoint.ts";
import { randomAccessTo } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import type { RunFolder } from "../core/runFolder.ts";
import { readSafetensorsHeader } from "../formats/safetensors.ts";
import { buildNetwork, parameterCount } from "../nn/network.ts";
import { listCheckpoints, modelFile } from "../trainingRun.ts";

/** A layer with all worked out. */
export interface LayerReport {
  readonly name: string;
  readonly type: string;
  /** Without the batch. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
  /** Multiplications for one image, forwards. */
  readonly multiplyAdds: number;
}

/** What a checkpoint says of the model and its training. */
export interface ModelReport extends Omit<Checkpoint, "tensors" | "checksums"> {
  /** The file it is from, in the run's folder. */
  readonly file: string;
  readonly layers: readonly LayerReport[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** The model of a run's best weights, or of its newest checkpoint that can be read; others are noted. */
export async function readModelReport(folder: RunFolder, notes: string[]): Promise<ModelReport | undefined> {
  const files = await folder.list("");
  const candidates = [
    ...(files.includes(modelFile) ? [modelFile] : []),
    ...[...(await listCheckpoints(folder))].reverse(),
  ];
  for (const file of candidates) {
    try {
      const { metadata } = await readSafetensorsHeader(randomAccessTo(file, await folder.read(file)));
      const { checksums: _, ...about } = parseCheckpointMetadata(metadata, file);
      const network = buildNetwork(about.definition);
      const layers = network.layers.map(({ name, type, outputShape, parameters, multiplyAdds }) => ({
        name,
        type,
        outputShape,
        parameters: parameterCount({ parameters }),
        multiplyAdds,
      }));
      return {
        file,
        ...about,
        layers,
        parameters: parameterCount(network),
        multiplyAdds: layers.reduce((count, layer) => count + layer.multiplyAdds, 0),
      };
    } catch (error) {
      if (!(error instanceof MnistError)) throw error;
      notes.push(error.message);
    }
  }
  return undefined;
}
