import { formatCount, formatDuration, formatPercent } from "../core/numberText.ts";
import type { EvaluationFile } from "../evaluationFile.ts";
import { calibrationChart } from "./calibration.ts";
import { classTable } from "./classTable.ts";
import { confusionMatrix } from "./confusionMatrix.ts";
import { factList } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { mistakePictures } from "./mistakes.ts";

/** All that was measured on one set of images. */
export function evaluationSection(evaluation: EvaluationFile, temperature: number | undefined): Html {
  const { metrics, data, step, seconds, mistakes, what } = evaluation;
  const { count, accuracy, accuracyInterval, confusionMatrix: matrix, classes } = metrics;
  // A training evaluates before it fits the temperature.
  const fitted =
    temperature === undefined ? undefined : { value: temperature, isFittedHere: what === "validation" };
  const wrong = count - matrix.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  return html`<p class="lead">${formatCount(count)} images of ${data}, measured in ${formatDuration(seconds)} with the weights of step ${formatCount(step)}.</p>
${factList([
  [
    "Accuracy",
    formatPercent(accuracy),
    `95 %: ${formatPercent(accuracyInterval.low)} to ${formatPercent(accuracyInterval.high)}`,
  ],
  ["Wrong", formatCount(wrong), `of ${formatCount(count)} images`],
  ["Among the first two", formatPercent(metrics.topTwoAccuracy)],
  ["Cross-entropy", metrics.crossEntropy.toFixed(4), "nats"],
  ["Brier score", metrics.brierScore.toFixed(4), "0 is best"],
  ["Calibration error", formatPercent(metrics.expectedCalibrationError), "expected, 15 bins"],
])}
<div class="pair"><div><h3>Confusion matrix</h3>${confusionMatrix(
    matrix,
    classes.map(({ name }) => name),
  )}</div>
<div><h3>Calibration</h3>${calibrationChart(metrics, fitted)}</div></div>
<h3>Classes</h3>${classTable(classes)}
${mistakes.length > 0 && html`<h3>Worst mistakes</h3><p class="note">Those whose label the model found least probable${mistakes.length < wrong && `: ${mistakes.length} of ${formatCount(wrong)}`}. Below each, its answer, then what it is.</p>${mistakePictures(evaluation)}`}`;
}
