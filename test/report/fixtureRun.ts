import { randomAccessTo } from "../../src/core/bytes.ts";
import type { RunFolder } from "../../src/core/runFolder.ts";
import { encodeEvaluation, encodeRobustness } from "../../src/evaluationFile.ts";
import { createEventEncoder, scalarValue } from "../../src/formats/events.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { lenet5 } from "../../src/lenet.ts";
import { createMetrics } from "../../src/metrics.ts";
import type { ModelDefinition } from "../../src/nn/definition.ts";
import { defaultTrainingConfig } from "../../src/trainingConfig.ts";
import { realImages } from "../data/realImages.ts";

/** When the fixture's training began: 2023-11-14, 22:13:20 UTC. */
export const started = 1_700_000_000;

/** A folder of files in memory, to read from. */
export function folderOf(files: Readonly<Record<string, Uint8Array>>, name = "runs/fixture"): RunFolder {
  const refuse = async () => {
    throw new Error("a report changes nothing");
  };
  return {
    name,
    list: async (folder) => {
      const prefix = folder === "" ? "" : `${folder}/`;
      return Object.keys(files)
        .filter((file) => file.startsWith(prefix))
        .map((file) => file.slice(prefix.length));
    },
    read: async (file) => files[file]!,
    open: async (file) => randomAccessTo(`${name}/${file}`, files[file]!),
    write: refuse,
    append: refuse,
    remove: refuse,
  };
}

/** An event file of one value of each tag a step; steps are a second apart, from `after` seconds on. */
export function eventFile(
  tags: Readonly<Record<string, (step: number) => number>>,
  steps: readonly number[],
  after = 0,
): Uint8Array {
  const encoder = createEventEncoder();
  const records = steps.map((step, index) =>
    encoder.summary({
      wallTime: started + after + index,
      step,
      values: Object.entries(tags).map(([tag, value]) => scalarValue(tag, value(step))),
    }),
  );
  return Buffer.concat([encoder.fileVersion(started + after), ...records]);
}

/** A file of weights without the weights: what a report reads of it. */
export function modelFileOf(
  definition: ModelDefinition = lenet5,
  changes: Readonly<Record<string, unknown>> = {},
): Uint8Array {
  const metadata = {
    definition,
    config: { ...defaultTrainingConfig, batchSize: 50 },
    progress: { step: 40, best: { accuracy: 0.9, step: 40 } },
    calibration: { temperature: 1.25 },
    checksums: {},
    ...changes,
  };
  return encodeSafetensors(new Map(), {
    format: "mnist-classification checkpoint 1",
    ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, JSON.stringify(value)])),
  });
}

/** Eight real digits, of which the second is taken for class 3 with 0.75. */
export function evaluationOf(what: string, classes: readonly string[] = lenet5.classes): Uint8Array {
  const { images, labels } = realImages("t10k", 0, 8);
  const wrong = 1;
  const label = labels[wrong]!;
  const metrics = createMetrics(classes);
  const rows = [...labels].map((one, index) =>
    classes.map((_, other) => {
      if (index === wrong) return other === 3 ? 0.75 : other === label ? 0.25 : 0;
      return other === one ? 1 : 0;
    }),
  );
  metrics.add(rows.flat(), labels, labels.length);
  const mistake = { index: wrong, label, predicted: 3, probabilities: rows[wrong]! };
  const pixels = new Uint8Array(images.subarray(784 * wrong, 784 * (wrong + 1)));
  const about = { what, data: `data/${what}.tfrecord`, step: 40, wallTime: started + 50, seconds: 0.5 };
  return Buffer.from(
    encodeEvaluation(about, { metrics: metrics.result(), mistakes: [{ ...mistake, pixels }] }),
  );
}

export function robustnessFile(): Uint8Array {
  const interval = { low: 0.4, high: 0.9 };
  return Buffer.from(
    encodeRobustness(
      { data: "data/test.tfrecord", step: 40, wallTime: started + 60 },
      {
        images: 1000,
        clean: { accuracy: 0.98, ...interval },
        perturbations: [1, 2, 3].flatMap((severity) => [
          { name: "rotation", severity, accuracy: 0.95 - severity * 0.1, ...interval },
          { name: "noise", severity, accuracy: 0.97, ...interval },
        ]),
        meanAccuracy: 0.86,
      },
    ),
  );
}

const steps = Array.from({ length: 40 }, (_, i) => i + 1);

/** All that a run's folder may have: 40 steps in two epochs, a second a step. */
export function fixtureRun(): Record<string, Uint8Array> {
  return {
    "model.safetensors": modelFileOf(),
    "train/events.out.tfevents.1700000000.host.1.0": eventFile(
      {
        loss: (step) => 2.5 * 0.9 ** step,
        accuracy: (step) => 1 - 0.9 * 0.9 ** step,
        learning_rate: (step) => 0.001 * (1 - step / 40),
      },
      steps,
    ),
    "validation/events.out.tfevents.1700000019.host.1.1": eventFile(
      { loss: () => 0.3, accuracy: (step) => 0.8 + step / 400 },
      [20, 40],
      30,
    ),
    "evaluations/test.json": evaluationOf("test"),
    "evaluations/validation.json": evaluationOf("validation"),
    "evaluations/robustness.json": robustnessFile(),
  };
}
