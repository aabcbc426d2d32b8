import { argMax } from "../nn/argMax.ts";
import { type Candidate, classified } from "./candidate.ts";
import type { Classify } from "./prediction.ts";

/** Digits that the network is less sure of are looked at again. */
const UNSURE = 0.98;

/** A picture with more unsure ones has something else in it than digits. */
const MOST_UNSURE = 50;

/** Each time moved by a pixel: where a digit lies exactly should not matter, and where it does the mean is better. */
const MOVES = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/**
 * The candidates of a page's lines, those that are unsure with the mean of the probabilities that a network gives to the digit as
 * it is and moved by one pixel in four directions (test-time augmentation; Krizhevsky et al., 2012).
 *
 * @param loadBetter gives a network to ask instead of the first one; it is called only where a candidate is unsure.
 */
export async function withSecondLook<T extends Candidate>(
  lines: readonly (readonly T[])[],
  classify: Classify,
  loadBetter?: () => Promise<Classify>,
): Promise<readonly (readonly T[])[]> {
  const unsure = lines.flat().filter(({ confidence }) => confidence < UNSURE);
  if (unsure.length === 0 || unsure.length > MOST_UNSURE) return lines;
  const looks = unsure.flatMap(({ box, pixels }) => [
    { box, pixels },
    ...MOVES.map(([x, y]) => ({ box, pixels: moved(pixels, x, y) })),
  ]);
  const means = meansOf(classified(looks, (await loadBetter?.()) ?? classify), unsure.length);
  const again = new Map(
    unsure.map((candidate, at) => {
      const probabilities = means[at]!;
      const digit = argMax(probabilities, 0, probabilities.length);
      return [candidate, { ...candidate, probabilities, digit, confidence: probabilities[digit]! }];
    }),
  );
  return lines.map((line) => line.map((candidate) => again.get(candidate) ?? candidate));
}

/** The mean probabilities of each of `count` digits, all of whose looks follow each other. */
function meansOf(looks: readonly Candidate[], count: number): number[][] {
  const each = looks.length / count;
  return Array.from({ length: count }, (_, at) => {
    const own = looks.slice(at * each, (at + 1) * each);
    return own[0]!.probabilities.map(
      (_, i) => own.reduce((sum, look) => sum + look.probabilities[i]!, 0) / each,
    );
  });
}

/** A square image moved by whole pixels, paper coming in. */
function moved(pixels: Uint8Array, x: number, y: number): Uint8Array {
  const side = Math.sqrt(pixels.length);
  const result = new Uint8Array(pixels.length);
  for (let row = Math.max(0, y); row < Math.min(side, side + y); row++) {
    const from = (row - y) * side;
    result.set(
      pixels.subarray(from + Math.max(0, -x), from + side - Math.max(0, x)),
      row * side + Math.max(0, x),
    );
  }
  return result;
}
