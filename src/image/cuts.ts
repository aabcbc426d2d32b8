import { unionOf } from "./boxes.ts";
import type { Run } from "./components.ts";
import { scoped } from "./kernels.ts";
import { inkOfMarks, type Mark, strokeOf } from "./marks.ts";
import type { GreyImage } from "./picture.ts";

/** Two cuts are further apart than this share of a line's height, and as far from the ends. */
const LEAST_SLICE = 0.15;

/** A cut goes through at most so much ink, in breadths of the mark's strokes: two 0s touch along two or three. */
const MOST_INK = 5;

/** More cuts than this in one mark are not tried. */
const MOST_CUTS = 12;

/** What a step aside costs, in pixels of full ink: a cut goes around a stroke, not around a digit. */
const ASIDE = 0.4;

/**
 * Cuts a mark where touching digits may be parted: along the ways from top to bottom that cross the least ink (seams,
 * by dynamic programming; Avidan and Shamir, 2007), each the best one around its place. Left to right; the mark alone where
 * there is no such place. `height` is the line's.
 */
export function slicesOf(ink: GreyImage, mark: Mark, height: number): Mark[] {
  return scoped(() => {
    const { ink: crop, x, y } = inkOfMarks(ink, [mark], []);
    const reach = Math.max(2, Math.round(LEAST_SLICE * height));
    const most = MOST_INK * strokeOf(ink, mark);
    const left = mark.box.x - x;
    const seams = seamsOf(crop, left + reach, left + mark.box.width - reach, reach, most);
    return seams.length === 0 ? [mark] : cutAlong(ink, mark, { x, y }, seams);
  });
}

/**
 * The best seams through columns `from` .. `to` of the middle row, left to right: the cheapest ones, of at most `most` ink, none
 * nearer than `reach` to a cheaper one.
 */
function seamsOf(image: GreyImage, from: number, to: number, reach: number, most: number): Int32Array[] {
  const { width, height } = image;
  const middle = height >> 1;
  const above = waysDown(image, 0, middle, 1);
  const below = waysDown(image, height - 1, middle, -1);
  const costs = new Float32Array(width);
  for (let x = 0; x < width; x++)
    costs[x] = above.costs[x]! + below.costs[x]! - image.data[middle * width + x]!;
  const places: number[] = [];
  for (let x = from; x <= to; x++) if (costs[x]! <= most) places.push(x);
  places.sort((a, b) => costs[a]! - costs[b]!);
  const chosen: number[] = [];
  for (const x of places) {
    if (chosen.length === MOST_CUTS) break;
    if (chosen.every((other) => Math.abs(other - x) >= reach)) chosen.push(x);
  }
  chosen.sort((a, b) => a - b);
  return chosen.map((x) => {
    const columns = new Int32Array(height);
    follow(above, x, middle, -1, columns);
    follow(below, x, middle, 1, columns);
    return columns;
  });
}

/** The least costs to reach each pixel of row `last` from row `first`, and from where each pixel is reached. */
interface Ways {
  readonly costs: Float32Array;
  /** `[height, width]`: -1, 0 or 1, the column before less this one. */
  readonly before: Int8Array;
  readonly width: number;
}

function waysDown({ width, height, data }: GreyImage, first: number, last: number, step: 1 | -1): Ways {
  const before = new Int8Array(width * height);
  let costs = data.slice(first * width, (first + 1) * width);
  let next = new Float32Array(width);
  for (let y = first; y !== last; ) {
    y += step;
    for (let x = 0; x < width; x++) {
      let least = costs[x]!;
      let move = 0;
      if (x > 0 && costs[x - 1]! + ASIDE < least) {
        least = costs[x - 1]! + ASIDE;
        move = -1;
      }
      if (x + 1 < width && costs[x + 1]! + ASIDE < least) {
        least = costs[x + 1]! + ASIDE;
        move = 1;
      }
      next[x] = least + data[y * width + x]!;
      before[y * width + x] = move;
    }
    [costs, next] = [next, costs];
  }
  return { costs, before, width };
}

function follow({ before, width }: Ways, x: number, y: number, step: 1 | -1, columns: Int32Array): void {
  let column = x;
  for (let row = y; row >= 0 && row < columns.length; row += step) {
    columns[row] = column;
    column += before[row * width + column]!;
  }
}

/** Parts a mark along seams: for each row of the crop at `at`, the column right of the cut. */
function cutAlong(
  { width, data }: GreyImage,
  mark: Mark,
  at: { readonly x: number; readonly y: number },
  seams: readonly Int32Array[],
): Mark[] {
  const slices: Run[][] = Array.from({ length: seams.length + 1 }, () => []);
  for (const { from, to } of mark.runs) {
    const y = Math.floor(from / width);
    let begin = from;
    for (let k = 0; k <= seams.length && begin < to; k++) {
      const column = k === seams.length ? width : seams[k]![y - at.y]! + at.x;
      const end = Math.min(to, Math.max(begin, y * width + column));
      if (end > begin) slices[k]!.push({ from: begin, to: end });
      begin = end;
    }
  }
  return slices.filter((runs) => runs.length > 0).map((runs) => sliceOf(runs, mark, width, data));
}

function sliceOf(runs: readonly Run[], { level }: Mark, width: number, data: Float32Array): Mark {
  let mass = 0;
  for (const { from, to } of runs) for (let i = from; i < to; i++) mass += data[i]!;
  const box = unionOf(
    runs.map(({ from, to }) => ({
      x: from % width,
      y: Math.floor(from / width),
      width: to - from,
      height: 1,
    })),
  );
  return { mass, box, runs, level };
}
