import { imageValue } from "../formats/events.ts";
import { encodeRgbPng } from "../formats/png.ts";
import { prCurveValue } from "../formats/prCurve.ts";
import type { SummaryValue } from "../formats/summary.ts";
import type { Evaluation } from "../validate.ts";
import { confusionPicture } from "./confusionPicture.ts";
import { mistakesPicture } from "./mistakesPicture.ts";
import { metricScalars } from "./scalars.ts";

/** All that an evaluation tells: numbers, the confusion matrix, the worst mistakes, a precision-recall curve a class. */
export function evaluationSummaries({ metrics, mistakes }: Evaluation): SummaryValue[] {
  const names = metrics.classes.map(({ name }) => name);
  const confusion = confusionPicture(metrics);
  const worst = mistakesPicture(mistakes, names);
  const png = ({ width, height, pixels }: typeof worst) => ({
    ...{ width, height, png: encodeRgbPng(height, width, pixels) },
  });
  return [
    ...metricScalars(metrics),
    imageValue("confusion_matrix", png(confusion), {
      description: "A row for each label, a column for each class that its images were taken for.",
    }),
    imageValue("worst_mistakes", png(worst), {
      description: "The label in green; in red what the picture was taken for, and how surely.",
    }),
    ...metrics.precisionRecall.map((counts, i) => prCurveValue(`precision_recall/${names[i]!}`, counts)),
  ];
}
