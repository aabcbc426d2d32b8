import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { bestVariant, createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { lenet5 } from "../../src/lenet.ts";
import { scheduleDefaults } from "../../src/nn/schedules.ts";
import { train } from "../../src/train.ts";
import { defaultTrainingConfig } from "../../src/trainingConfig.ts";
import { realRecords } from "./realImages.ts";

/** A checkpoint of LeNet-5 after two seconds of training on 3,000 images: it reads clear digits. */
export async function quickModel(): Promise<Uint8Array> {
  const engine = createEngine(
    bestVariant() ? await createWasmBackend({ threads: 1 }) : createReferenceBackend(),
  );
  const config = {
    ...defaultTrainingConfig,
    epochs: 2,
    batchSize: 32,
    learningRate: 0.004,
    schedule: scheduleDefaults.oneCycle,
    validationCount: 0,
  };
  const sources = [realRecords("train", 0, 3000)];
  try {
    for await (const event of train({ engine, definition: lenet5, config, sources, checkpointEvery: 1e6 })) {
      if (event.type === "model") return event.bytes;
    }
  } finally {
    engine.close();
  }
  throw new Error("the training gave no model");
}
