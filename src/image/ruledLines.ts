import { addressOf, bytesAt, imageIf } from "./kernels.ts";
import type { GreyImage } from "./picture.ts";

/** What is left has at least this share of the ink. */
const LEAST_REST = 0.02;

/** What the kernel gives for ink that nothing can be read in. */
const TEXTURE = 1;

/**
 * Takes the lines of ruled and squared paper out of the ink, leaving strokes whole that cross them. A line is found as
 * a straight course that thin ink keeps to over much of the picture (Hough, 1962); of a crossing stroke more ink lies
 * across the line than the line is thick, by which it is known (as staff lines are removed from music; Dalitz et al., 2008).
 * Of ink that is a texture all over, nothing is left.
 */
export function withoutRuledLines(ink: GreyImage): GreyImage {
  const { width, height, data } = ink;
  const without = imageIf(width, height, (kernels, to) => {
    const all = addressOf(data);
    const lines = kernels.ruledLines(all, width, height);
    if (lines === 0) return false;
    if (lines === TEXTURE) {
      kernels.clear(to, data.byteLength);
      return true;
    }
    bytesAt(to, data.byteLength).set(bytesAt(all, data.byteLength));
    kernels.eraseLines(lines, to);
    // Where next to nothing else is there, it is no paper's line: a thin 1 is one, too.
    return kernels.sum(to, data.length) > LEAST_REST * kernels.sum(all, data.length);
  });
  return without ?? ink;
}
