import { scoped } from "../image/kernels.ts";
import { inkOfMarks, type Mark } from "../image/marks.ts";
import { normalizeDigit } from "../image/normalize.ts";
import type { Box, GreyImage } from "../image/picture.ts";
import { argMax } from "../nn/argMax.ts";
import type { Classify } from "./prediction.ts";

/** Marks as one digit, as the network sees them. */
export interface Shape {
  /** In the ink's pixels. */
  readonly box: Box;
  /** [28, 28] */
  readonly pixels: Uint8Array;
}

/** A {@link Shape} with what the network says about it. */
export interface Candidate extends Shape {
  readonly probabilities: readonly number[];
  readonly digit: number;
  readonly confidence: number;
}

/** The shape of `marks`, without what belongs to others of `all`; `undefined` where nothing of it is ink. */
export function shapeOf(ink: GreyImage, marks: readonly Mark[], all: readonly Mark[]): Shape | undefined {
  return scoped(() => {
    const crop = inkOfMarks(ink, marks, all);
    const digit = normalizeDigit(crop.ink);
    if (digit === undefined) return undefined;
    const { box, pixels } = digit;
    return { box: { ...box, x: box.x + crop.x, y: box.y + crop.y }, pixels };
  });
}

/** Classifies all `shapes` at once. */
export function classified(shapes: readonly Shape[], classify: Classify): Candidate[] {
  if (shapes.length === 0) return [];
  const size = shapes[0]!.pixels.length;
  const pixels = new Uint8Array(shapes.length * size);
  for (const [i, shape] of shapes.entries()) pixels.set(shape.pixels, i * size);
  const rows = classify(pixels);
  const classes = rows.length / shapes.length;
  return shapes.map((shape, i) => {
    const probabilities = Array.from(rows.subarray(i * classes, (i + 1) * classes));
    const digit = argMax(probabilities, 0, classes);
    return { ...shape, probabilities, digit, confidence: probabilities[digit]! };
  });
}
