import type { Random } from "../../src/core/random.ts";
import { scoped } from "../../src/image/kernels.ts";
import { findMarks } from "../../src/image/marks.ts";
import { shapeOf } from "../../src/recognition/candidate.ts";
import { between, oneOf } from "../draw-digits/chance.ts";
import { handwritten } from "../draw-digits/handwriting.ts";
import { inkOf } from "../draw-digits/inkOf.ts";
import { drawnWith, type PenName, takePen } from "../draw-digits/pens.ts";
import type { Skeleton } from "../draw-digits/skeletons.ts";

const PENS: readonly PenName[] = [
  "ballpoint",
  "pencil",
  "fountain",
  "felt-tip",
  "marker",
  "chalk",
  "digital",
];

/** Paper around the drawing, pixels. */
const MARGIN = 8;

/** Broader pens close what is open in a letter; in hundredths of its height. */
const BROADEST = 18;

/** What a reader's network sees, [28, 28], of a letter or digit that somebody writes; `undefined` where no ink is found. */
export function shapeOfDrawing(skeleton: Skeleton, random: Random): Uint8Array | undefined {
  const height = between(random, 30, 90);
  const pen = takePen(random, oneOf(random, PENS));
  const breadth = Math.min(BROADEST, Math.max(pen.width, 150 / height));
  const paths = handwritten(random, skeleton, breadth);
  const points = paths.flat();
  const half = (side: "x" | "y") =>
    Math.ceil((height / 100) * (Math.max(...points.map((point) => Math.abs(point[side]))) + breadth)) +
    MARGIN;
  const [halfWidth, halfHeight] = [half("x"), half("y")];
  const strokes = paths.map((path) =>
    drawnWith({ ...pen, width: breadth }, path).map((dab) => ({
      x: halfWidth + (dab.x * height) / 100,
      y: halfHeight + (dab.y * height) / 100,
      width: (dab.width * height) / 100,
    })),
  );
  const ink = {
    width: 2 * halfWidth,
    height: 2 * halfHeight,
    data: inkOf(strokes, 2 * halfWidth, 2 * halfHeight),
  };
  return scoped(() => shapeOf(ink, findMarks(ink), [])?.pixels);
}
