import { bytesSource, randomAccessTo } from "../../src/core/bytes.ts";
import type { RunFolder } from "../../src/core/runFolder.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { readRecords } from "../../src/formats/tfrecord.ts";
import { lenet } from "../../src/lenet.ts";
import { conv2d, dense, flatten, type ModelDefinition, maxPool2d } from "../../src/nn/definition.ts";
import type { SummaryLevel } from "../../src/summaries/level.ts";
import { type TrainingEvent, type TrainOptions, train } from "../../src/train.ts";
import { defaultTrainingConfig, type TrainingConfig } from "../../src/trainingConfig.ts";
import { recordTraining } from "../../src/trainingRun.ts";
import { realRecords } from "../data/realImages.ts";
import { decodeAs } from "../formats/tensorflowProtos.ts";

/** LeNet's layers and names in a size that the reference kernels train in no time. */
export const definition: ModelDefinition = {
  ...lenet,
  layers: [
    conv2d({ name: "conv1", filters: 3, kernelSize: 5, strides: 3, activation: "relu" }), // [n, 8, 8, 3]
    maxPool2d({ name: "pool1", poolSize: 2 }), // [n, 4, 4, 3]
    flatten({ name: "Flatten" }),
    dense({ name: "fc4", units: 10 }),
  ],
};
export const parameters = { "conv1/weights": 75, "conv1/biases": 3, "fc4/weights": 480, "fc4/biases": 10 };
export const layers = ["conv1", "pool1", "Flatten", "fc4"];

/** 40 images, 8 held out: epochs of 4 steps. */
export const config: TrainingConfig = {
  ...defaultTrainingConfig,
  batchSize: 8,
  epochs: 3,
  learningRate: 0.01,
  validationCount: 8,
  shuffleBuffer: 50,
};

export function memoryFolder(): RunFolder & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    name: "runs/test",
    files,
    list: async (folder) =>
      [...files.keys()].flatMap((file) =>
        file.startsWith(`${folder}/`) ? [file.slice(folder.length + 1)] : [],
      ),
    async read(file) {
      const bytes = files.get(file);
      if (!bytes) throw new Error(`${file} was not written`);
      return bytes;
    },
    open: async (file) => randomAccessTo(`runs/test/${file}`, files.get(file)!),
    write: async (file, bytes) => void files.set(file, bytes.slice()),
    append: async (file, bytes) =>
      void files.set(file, Buffer.concat([files.get(file) ?? new Uint8Array(), bytes])),
    remove: async (file) => void files.delete(file),
  };
}

export interface RunOptions extends Partial<Pick<TrainOptions, "resume" | "checkpointEvery" | "signal">> {
  readonly summaries?: SummaryLevel;
  readonly config?: TrainingConfig;
  readonly startsAt?: number;
}

/** Trains and records into `folder`, on a clock that ticks a quarter of a second a reading; scalars every second step. */
export async function record(
  folder: RunFolder,
  options: RunOptions = {},
  onEvent?: (event: TrainingEvent, engine: Engine) => void,
): Promise<void> {
  const { summaries = "light", startsAt = 1_800_000_000, checkpointEvery = 100, ...others } = options;
  const engine = createEngine(createReferenceBackend());
  let time = startsAt;
  const sources = [realRecords("train", 0, 40)];
  const events = train({ engine, definition, config, sources, checkpointEvery, ...others });
  const recorded = recordTraining(events, {
    ...{ engine, folder, host: "my host", pid: 42, keep: 3 },
    ...{ config: others.config ?? config, summaries, scalarsEvery: 2, histogramsEvery: 5 },
    now: () => (time += 0.25),
  });
  for await (const event of recorded) onEvent?.(event, engine);
}

/** A value of an event, as protobuf's own decoder gives it. */
export interface DecodedValue {
  readonly tag: string;
  readonly tensor: {
    readonly dtype: number;
    readonly tensorShape: { readonly dim?: readonly { readonly size: string }[] };
    readonly floatVal?: readonly number[];
    readonly stringVal?: readonly string[];
    readonly tensorContent?: string;
  };
  readonly metadata?: {
    readonly pluginData: { readonly pluginName: string; readonly content?: string };
    readonly dataClass: number;
  };
}

export interface DecodedEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly graphDef?: string;
  readonly sessionLog?: { readonly status: number };
  readonly values: readonly DecodedValue[];
}

interface RawEvent extends Omit<DecodedEvent, "step" | "values"> {
  readonly step?: string;
  readonly summary?: { readonly value?: readonly DecodedValue[] };
}

/** The events of a file, as protobuf's own decoder reads TensorFlow's messages; up to where the file is cut off. */
export async function decodedEvents(name: string, bytes: Uint8Array): Promise<DecodedEvent[]> {
  const events: DecodedEvent[] = [];
  try {
    for await (const records of readRecords(bytesSource(name, bytes))) {
      for (const { data } of records) {
        const { step = "0", summary, ...rest } = decodeAs("Event", data) as unknown as RawEvent;
        events.push({
          ...rest,
          step: Number(step),
          values: summary?.value ?? [],
        });
      }
    }
  } catch (error) {
    if (!String(error).includes("truncated record")) throw error;
  }
  return events;
}

/** The event files of a run in the order of their names, each with its events. */
export async function eventFiles(
  files: ReadonlyMap<string, Uint8Array>,
  run: string,
): Promise<readonly (readonly DecodedEvent[])[]> {
  const names = [...files.keys()].filter((name) => name.startsWith(`${run}/events.out.tfevents.`)).sort();
  return Promise.all(names.map((name) => decodedEvents(name, files.get(name) ?? new Uint8Array())));
}
