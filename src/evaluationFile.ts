import { encodeBase64 } from "./core/base64.ts";
import { MnistError } from "./core/errors.ts";
import {
  anyNumber,
  anyText,
  exactly,
  type JsonShape,
  listOf,
  objectOf,
  share,
  whole,
} from "./core/jsonShape.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import { greyPngEncoder } from "./formats/png.ts";
import type { Interval } from "./metrics/interval.ts";
import type { Mistake } from "./metrics/mistakes.ts";
import type { Metrics } from "./metrics.ts";
import type { Evaluation } from "./validate.ts";

/** Where a run's folder has what was measured on the held-out images, on the test images, and on perturbed ones. */
export const evaluationFiles = {
  validation: "evaluations/validation.json",
  test: "evaluations/test.json",
  robustness: "evaluations/robustness.json",
} as const;

/** What was evaluated and when. */
export interface EvaluationSource {
  /** For people: the files, or what of them. */
  readonly data: string;
  /** Steps that the weights were trained. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** An evaluation as a run's folder keeps it. */
export interface EvaluationFile extends EvaluationSource {
  readonly format: typeof EVALUATION_FORMAT;
  /** `validation`, `test`, or what else was evaluated. */
  readonly what: string;
  /** What it took. */
  readonly seconds: number;
  readonly metrics: Metrics;
  /** Worst first. */
  readonly mistakes: readonly MistakeInFile[];
}

/** A mistake whose image is a PNG, in base64. */
export interface MistakeInFile extends Omit<Mistake, "pixels"> {
  readonly png: string;
}

/** Accuracy on images that were changed in one way. */
export interface PerturbedAccuracy extends Interval {
  readonly name: string;
  /** 1, 2 or 3. */
  readonly severity: number;
  readonly accuracy: number;
}

/** What a model makes of perturbed images. */
export interface Robustness {
  /** How many were perturbed, each in every way. */
  readonly images: number;
  /** Of the same images as they are. */
  readonly clean: Interval & { readonly accuracy: number };
  readonly perturbations: readonly PerturbedAccuracy[];
  /** Over all perturbations and severities. */
  readonly meanAccuracy: number;
}

/** The same as a run's folder keeps it. */
export interface RobustnessFile extends EvaluationSource, Robustness {
  readonly format: typeof ROBUSTNESS_FORMAT;
}

const EVALUATION_FORMAT = "mnist-classification evaluation 1";
const ROBUSTNESS_FORMAT = "mnist-classification robustness 1";

/** The JSON of an evaluation. */
export function encodeEvaluation(
  about: EvaluationSource & Pick<EvaluationFile, "what" | "seconds">,
  { metrics, mistakes }: Evaluation,
): string {
  const { what, data, step, wallTime, seconds } = about;
  const file: EvaluationFile = {
    ...{ format: EVALUATION_FORMAT, what, data, step, wallTime, seconds, metrics },
    mistakes: mistakesInFile(mistakes),
  };
  return `${JSON.stringify(file)}\n`;
}

/** The same mistakes as files have them. */
export function mistakesInFile(mistakes: readonly Mistake[]): readonly MistakeInFile[] {
  const png = greyPngEncoder(mnistSize, mnistSize);
  return mistakes.map(({ pixels, ...mistake }) => ({ ...mistake, png: encodeBase64(png(pixels)) }));
}

/** The JSON of what was measured on perturbed images. */
export function encodeRobustness(about: EvaluationSource, robustness: Robustness): string {
  const { data, step, wallTime } = about;
  const { images, clean, perturbations, meanAccuracy } = robustness;
  const file: RobustnessFile = {
    ...{ format: ROBUSTNESS_FORMAT, data, step, wallTime, images, clean, perturbations, meanAccuracy },
  };
  return `${JSON.stringify(file)}\n`;
}

const source = { data: anyText, step: whole, wallTime: anyNumber };
const interval = { low: share, high: share };

const evaluationShape = objectOf({
  format: exactly(EVALUATION_FORMAT),
  what: anyText,
  ...source,
  seconds: anyNumber,
  metrics: objectOf({
    count: whole,
    accuracy: share,
    accuracyInterval: objectOf(interval),
    topTwoAccuracy: share,
    meanSquaredError: anyNumber,
    brierScore: anyNumber,
    crossEntropy: anyNumber,
    expectedCalibrationError: share,
    reliability: listOf(objectOf({ count: whole, confidence: anyNumber, accuracy: share })),
    confusionMatrix: listOf(listOf(whole)),
    classes: listOf(objectOf({ name: anyText, count: whole, precision: share, recall: share, f1: share })),
    precisionRecall: listOf(
      objectOf({
        truePositives: listOf(whole),
        falsePositives: listOf(whole),
        trueNegatives: listOf(whole),
        falseNegatives: listOf(whole),
      }),
    ),
  }),
  mistakes: listOf(
    objectOf({
      index: whole,
      label: whole,
      predicted: whole,
      probabilities: listOf(anyNumber),
      png: anyText,
    }),
  ),
});

const robustnessShape = objectOf({
  format: exactly(ROBUSTNESS_FORMAT),
  ...source,
  images: whole,
  clean: objectOf({ accuracy: share, ...interval }),
  perturbations: listOf(objectOf({ name: anyText, severity: whole, accuracy: share, ...interval })),
  meanAccuracy: share,
});

/**
 * Reads the JSON of an evaluation.
 *
 * @param name of the file, for messages.
 * @throws MnistError `BAD_DATA`, saying where it is not one.
 */
export function decodeEvaluation(text: string, name: string): EvaluationFile {
  return decoded(text, name, evaluationShape) as EvaluationFile;
}

/** The same of what was measured on perturbed images. */
export function decodeRobustness(text: string, name: string): RobustnessFile {
  return decoded(text, name, robustnessShape) as RobustnessFile;
}

function decoded(text: string, name: string, shape: JsonShape): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MnistError("BAD_DATA", `${name}: not JSON; the file is damaged: run mnist validate again`, {
      cause,
    });
  }
  const fault = shape(value, "");
  if (fault === undefined) return value;
  throw new MnistError("BAD_DATA", `${name}: ${fault}; run mnist validate again`);
}
