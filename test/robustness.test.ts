import { expect, test } from "vitest";
import { decodeCheckpoint, loadParameters } from "../src/checkpoint.ts";
import { bytesSource } from "../src/core/bytes.ts";
import { createEngine } from "../src/engine/engine.ts";
import { createReferenceBackend } from "../src/engine/referenceBackend.ts";
import { wilsonInterval } from "../src/metrics/interval.ts";
import { buildNetwork } from "../src/nn/network.ts";
import { createPredictor } from "../src/nn/predictor.ts";
import { loadModel } from "../src/node.ts";
import { perturb, perturbations } from "../src/perturb.ts";
import { measureRobustness } from "../src/robustness.ts";
import { quickModel } from "./data/quickModel.ts";
import { realImages, realRecords } from "./data/realImages.ts";

const bytes = await quickModel();

test("is the accuracy on each image's perturbations, whatever the batches", async () => {
  const checkpoint = decodeCheckpoint(bytes, "model");
  const engine = createEngine(createReferenceBackend());
  const network = buildNetwork(checkpoint.definition);
  const predictor = createPredictor(engine, network, loadParameters(engine, network, checkpoint, "model"));
  const count = 12;
  const progress: number[] = [];
  const robustness = await measureRobustness(predictor, [realRecords("t10k", 0, 40)], {
    take: count,
    onProgress: (images) => progress.push(images),
  });

  const { images, labels } = realImages("t10k", 0, count);
  const model = await loadModel({ weights: bytes, threads: 1, variant: "reference" });
  const accuracyOf = (imageOf: (index: number) => Uint8Array) => {
    const right = [...labels].filter((label, i) => {
      const row = [...model.classify(imageOf(i))];
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    return { accuracy: right / count, ...wilsonInterval(right, count) };
  };
  const original = (i: number) => images.subarray(i * 784, (i + 1) * 784);
  const expected = perturbations.flatMap((one, number) =>
    ([1, 2, 3] as const).map((severity) => ({
      name: one.name,
      severity,
      ...accuracyOf((i) => perturb(original(i), one, severity, i * perturbations.length + number)),
    })),
  );
  const clean = accuracyOf(original);
  model.close();
  expect(robustness).toEqual({
    images: count,
    clean,
    perturbations: expected,
    meanAccuracy: expect.closeTo(expected.reduce((sum, { accuracy }) => sum + accuracy, 0) / 45, 12),
  });
  // Some are harder than the images as they are, or nothing was measured.
  expect(new Set(expected.map(({ accuracy }) => accuracy)).size).toBeGreaterThan(3);
  expect(progress).toHaveLength(45);
  expect(progress.at(-1)).toBe(count);
});

test("knows nothing of no images", async () => {
  const model = decodeCheckpoint(bytes, "model");
  const engine = createEngine(createReferenceBackend());
  const network = buildNetwork(model.definition);
  const predictor = createPredictor(engine, network, loadParameters(engine, network, model, "model"));
  const { images, clean } = await measureRobustness(predictor, [bytesSource("none", new Uint8Array())]);
  expect({ images, clean }).toEqual({ images: 0, clean: { accuracy: 0, low: 0, high: 1 } });
});
