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

/** How much of an opinion is another network's, where there is one. */
const OTHERS_SHARE = 0.65;

/**
 * The candidates, those that are unsure with the mean of the probabilities that the network gives to the digit as it is
 * and moved by one pixel in four directions (test-time augmentation; Krizhevsky et al., 2012), and with those of another network,
 * `classifyAgain`, which makes other mistakes.
 */
export function withSecondLook(
  candidates: readonly Candidate[],
  classify: Classify,
  classifyAgain?: Classify,
): Candidate[] {
  const unsure = candidates.filter(({ confidence }) => confidence < UNSURE);
  if (unsure.length > MOST_UNSURE) return [...candidates];
  const looks = unsure.flatMap(({ box, pixels }) => [
    { box, pixels },
    ...MOVES.map(([x, y]) => ({ box, pixels: moved(pixels, x, y) })),
  ]);
  const own = meansOf(classified(looks, classify), unsure.length);
  const others = classifyAgain && meansOf(classified(looks, classifyAgain), unsure.length);
  return candidates.map((candidate) => {
    const at = unsure.indexOf(candidate);
    if (at < 0) return candidate;
    const probabilities = own[at]!.map((mine, i) =>
      others ? mine + OTHERS_SHARE * (others[at]![i]! - mine) : mine,
    );
    const digit = argMax(probabilities, 0, probabilities.length);
    return { ...candidate, probabilities, digit, confidence: probabilities[digit]! };
  });
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
