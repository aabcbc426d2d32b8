import { scalarValue } from "../formats/events.ts";
import type { SummaryValue } from "../formats/summary.ts";
import type { Metrics } from "../metrics.ts";

/** What a step tells of itself. */
export interface StepScalars {
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Of the weights' decay; absent where there is none. */
  readonly penalty?: number;
}

/** A training step's numbers; `total_loss` is what is minimised, as in TF-slim. */
export function stepScalars(step: StepScalars): SummaryValue[] {
  const { loss, accuracy, learningRate, imagesPerSecond, penalty } = step;
  return [
    scalarValue("loss", loss),
    ...(penalty === undefined ? [] : [scalarValue("total_loss", loss + penalty)]),
    scalarValue("accuracy", accuracy),
    scalarValue("learning_rate", learningRate),
    scalarValue("images_per_second", imagesPerSecond),
  ];
}

/** An evaluation's numbers. */
export function metricScalars(metrics: Metrics): SummaryValue[] {
  return [
    scalarValue("accuracy", metrics.accuracy),
    scalarValue("loss", metrics.crossEntropy),
    scalarValue("mean_squared_error", metrics.meanSquaredError),
    scalarValue("brier_score", metrics.brierScore),
    scalarValue("top_2_accuracy", metrics.topTwoAccuracy),
    scalarValue("expected_calibration_error", metrics.expectedCalibrationError),
  ];
}
