import type { Address } from "./kernelExports.ts";
import { addressOf, computed, doublesAt, intsAt } from "./kernels.ts";
import type { Box, GreyImage } from "./picture.ts";

/** A connected piece of ink. */
export interface Component {
  /** The sum of the ink in it, in pixels' worth of full ink. */
  readonly mass: number;
  readonly box: Box;
  /** Its pixels: where each run of ink begins and ends, in turn, top to bottom. Plain numbers: noise has millions. */
  readonly ends: Int32Array;
}

/** Ink without a gap in one row: the pixels `from` .. `to` - 1 of `[height, width]`. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Which pieces are wanted of an image. */
export interface WantedComponents {
  /** The longer side of the smallest, pixels. */
  readonly leastSide?: number;
  /** Of so many pieces, no more than this, the heaviest first; without it all come, in the order of their first pixels. */
  readonly most?: (count: number) => number;
}

/**
 * Parts the pixels with more than `threshold` ink into pieces that touch at sides or corners: runs of ink in a row
 * are joined with those that they touch in the row above (Rosenfeld and Pfaltz, 1966).
 */
export function connectedComponents(
  { width, height, data }: GreyImage,
  threshold: number,
  { leastSide = 1, most = (count) => count }: WantedComponents = {},
): readonly Component[] {
  return computed((kernels) => {
    const pieces = kernels.pieces(addressOf(data), width, height, threshold, leastSide);
    const values = piecesAt(pieces);
    const wanted = heaviest(values.mass, most(values.count));
    // Where the ends of each wanted piece begin among those of all wanted ones.
    const address = kernels.reserve(values.count * 4);
    const next = intsAt(address, values.count).fill(-1);
    let length = 0;
    for (const piece of wanted) {
      next[piece] = length;
      length += 2 * values.runs[piece]!;
    }
    const to = kernels.reserve(length * 4);
    kernels.endsOf(pieces, address, to);
    const ends = new Int32Array(intsAt(to, length));
    return Array.from(wanted, (piece) => {
      const [x, y] = [values.left[piece]!, values.top[piece]!];
      const box = { x, y, width: values.right[piece]! - x, height: values.bottom[piece]! - y };
      const end = next[piece]!;
      return { mass: values.mass[piece]!, box, ends: ends.subarray(end - 2 * values.runs[piece]!, end) };
    });
  });
}

/** What is known of each piece: the fields of `Pieces` in kernels/components.ts. */
function piecesAt(address: Address) {
  const [count = 0, , , , , mass = 0, runs = 0, left = 0, top = 0, right = 0, bottom = 0] = intsAt(
    address,
    11,
  );
  const of = (values: Address) => intsAt(values, count);
  return {
    count,
    mass: doublesAt(mass, count),
    runs: of(runs),
    left: of(left),
    top: of(top),
    right: of(right),
    bottom: of(bottom),
  };
}

/** The numbers of the `most` heaviest pieces, the heaviest first; of all pieces, in their order, where these are no more. */
function heaviest(mass: Float64Array, most: number): number[] {
  if (mass.length <= most) return [...mass.keys()];
  // Sorted without their numbers, which is much faster: noise has a million.
  const least = new Float64Array(mass).sort()[mass.length - most]!;
  const heavy: number[] = [];
  for (let piece = 0; piece < mass.length; piece++) if (mass[piece]! >= least) heavy.push(piece);
  heavy.sort((a, b) => mass[b]! - mass[a]!);
  heavy.length = most;
  return heavy;
}
