import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import {
  decodeEvaluation,
  decodeRobustness,
  encodeEvaluation,
  encodeRobustness,
  type Robustness,
} from "../src/evaluationFile.ts";
import { createMetrics } from "../src/metrics.ts";

const streaming = createMetrics(["a", "b"]);
streaming.add([0.75, 0.25, 0.5, 0.5], [0, 1], 2);
const metrics = streaming.result();
const pixels = Uint8Array.from({ length: 784 }, (_, i) => (i * 7) % 256);
const mistakes = [{ index: 1, label: 1, predicted: 0, probabilities: [0.5, 0.5], pixels }];
const about = { data: "a.tfrecord", step: 12, wallTime: 1_800_000_000.5 };
const text = encodeEvaluation({ ...about, what: "test", seconds: 0.25 }, { metrics, mistakes });

const robustness: Robustness = {
  images: 10,
  clean: { accuracy: 0.9, low: 0.6, high: 0.98 },
  perturbations: [{ name: "rotation", severity: 1, accuracy: 0.8, low: 0.5, high: 0.9 }],
  meanAccuracy: 0.8,
};

/** The document with what is at `path` replaced. */
function changed(document: string, path: readonly (string | number)[], value: unknown): string {
  const whole = JSON.parse(document);
  let at = whole;
  for (const key of path.slice(0, -1)) at = at[key];
  at[path.at(-1) ?? ""] = value;
  return JSON.stringify(whole);
}

describe("an evaluation's file", () => {
  test("gives back all of it, and images as PNGs that others read", () => {
    const file = decodeEvaluation(text, "test.json");
    expect(file).toEqual({
      format: "mnist-classification evaluation 1",
      what: "test",
      ...about,
      seconds: 0.25,
      metrics,
      mistakes: [{ index: 1, label: 1, predicted: 0, probabilities: [0.5, 0.5], png: expect.any(String) }],
    });
    const png = decode(Buffer.from(file.mistakes[0]?.png ?? "", "base64"));
    expect(png).toMatchObject({ width: 28, height: 28, channels: 1 });
    expect(Buffer.from(png.data)).toEqual(Buffer.from(pixels));
  });

  test.each<[string, string, string]>([
    ["text", "no JSON", "not JSON; the file is damaged"],
    ["half a file", text.slice(0, 200), "not JSON; the file is damaged"],
    ["a list", "[]", "the document: expected an object, found a list of 0"],
    [
      "another format",
      changed(text, ["format"], "mnist-classification robustness 1"),
      'format: expected "mnist-classification evaluation 1", found "mnist-classification robustness 1"',
    ],
    ["no step", changed(text, ["step"], undefined), "step: expected a whole number, found nothing"],
    [
      "an accuracy that is none",
      changed(text, ["metrics", "accuracy"], 1.5),
      "metrics.accuracy: expected a number from 0 to 1, found 1.5",
    ],
    [
      "a hole in the matrix",
      changed(text, ["metrics", "confusionMatrix", 1, 0], null),
      "metrics.confusionMatrix[1][0]: expected a whole number, found null",
    ],
    [
      "a mistake without its image",
      changed(text, ["mistakes", 0, "png"], {}),
      "mistakes[0].png: expected text, found an object",
    ],
  ])("%s is refused in one sentence", (_, bad, message) => {
    expect(() => decodeEvaluation(bad, "test.json")).toThrow(
      expect.objectContaining({
        code: "BAD_DATA",
        message: `test.json: ${message}${message.startsWith("not") ? ":" : ";"} run mnist validate again`,
      }),
    );
  });
});

describe("a file of robustness", () => {
  test("gives back all of it", () => {
    expect(decodeRobustness(encodeRobustness(about, robustness), "robustness.json")).toEqual({
      format: "mnist-classification robustness 1",
      ...about,
      ...robustness,
    });
  });

  test("is refused where it is none", () => {
    expect(() => decodeRobustness(text, "robustness.json")).toThrow(
      'robustness.json: format: expected "mnist-classification robustness 1", found "mnist-classification evaluation 1"; run mnist validate again',
    );
    const bad = changed(encodeRobustness(about, robustness), ["perturbations", 0, "low"], "0");
    expect(() => decodeRobustness(bad, "robustness.json")).toThrow(
      'robustness.json: perturbations[0].low: expected a number from 0 to 1, found "0"; run mnist validate again',
    );
  });
});
