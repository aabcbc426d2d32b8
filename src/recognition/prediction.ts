import type { Box } from "../image/picture.ts";

/** A digit of a picture, or a mark where one could be. */
export interface DigitPrediction {
  /** The most probable class, 0..9. */
  readonly digit: number;
  /** Its probability. */
  readonly confidence: number;
  /** Of each class; they add to 1. */
  readonly probabilities: readonly number[];
  /** Whether it looks like a digit at all; texts have a question mark for what does not. */
  readonly isDigit: boolean;
  /** Where it is, in the picture's pixels. */
  readonly box: Box;
  /** What the network saw: [28, 28], light on dark, 0..255. */
  readonly pixels: Uint8Array;
}

/** Digits that stand in one line, left to right. */
export interface LinePrediction {
  readonly text: string;
  readonly box: Box;
  readonly digits: readonly DigitPrediction[];
}

/** What stands in a picture. */
export interface Prediction {
  /** The lines' texts, one below the other. */
  readonly text: string;
  /** Top to bottom. */
  readonly lines: readonly LinePrediction[];
  /** Those of all lines, in reading order. */
  readonly digits: readonly DigitPrediction[];
  /** The picture's size, pixels. */
  readonly width: number;
  readonly height: number;
}

/** [n, 28, 28] bytes to [n, 10] probabilities. */
export type Classify = (pixels: Uint8Array) => Float32Array;
