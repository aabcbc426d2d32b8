import { unionOf } from "./boxes.ts";
import { median } from "./medians.ts";
import type { Box } from "./picture.ts";

/** Anything that stands somewhere. */
interface Placed {
  readonly box: Box;
}

/** Neighbours in a line are no further apart than so many heights. */
const WIDEST_GAP = 3;

/** The share of the lower one's height that neighbours in a line share. */
const LEAST_OVERLAP = 0.45;

/** Something much smaller than its neighbour is no digit beside it but a part of one, or a speck. */
const LEAST_SIZE_RATIO = 0.4;

/** A page has no more chains than this; where there are more, it is grain, and not worth joining. */
const MOST_CHAINS = 200;

/**
 * Parts marks into lines of writing, top to bottom, each left to right. Lines may slant and wave: each mark is chained to
 * the next one on its right that stands at about its height, and chains that go on in each other's direction are one line.
 */
export function textLines<T extends Placed>(marks: readonly T[]): T[][] {
  const byX = [...marks].sort((a, b) => middleX(a) - middleX(b));
  const next = new Map<T, T>();
  const previous = new Map<T, T>();
  const candidates: { from: T; to: T; cost: number }[] = [];
  for (const [i, from] of byX.entries()) {
    for (let k = i + 1; k < byX.length; k++) {
      const to = byX[k]!;
      const cost = linkCost(from, to);
      if (cost !== undefined) candidates.push({ from, to, cost });
    }
  }
  candidates.sort((a, b) => a.cost - b.cost);
  for (const { from, to } of candidates) {
    if (next.has(from) || previous.has(to)) continue;
    next.set(from, to);
    previous.set(to, from);
  }
  const chains: T[][] = [];
  for (const mark of byX) {
    if (previous.has(mark)) continue;
    const chain: T[] = [];
    for (let one: T | undefined = mark; one !== undefined; one = next.get(one)) chain.push(one);
    chains.push(chain);
  }
  return inReadingOrder(joinedChains(chains));
}

function linkCost({ box: a }: Placed, { box: b }: Placed): number | undefined {
  const low = Math.min(a.height, b.height);
  const high = Math.max(a.height, b.height);
  if (low < LEAST_SIZE_RATIO * high) return undefined;
  const gap = b.x - (a.x + a.width);
  if (gap > WIDEST_GAP * high || gap < -0.5 * Math.min(a.width, b.width)) return undefined;
  const overlap = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (overlap < LEAST_OVERLAP * low) return undefined;
  const drop = Math.abs(a.y + a.height / 2 - (b.y + b.height / 2));
  return Math.max(0, gap) + 2 * drop;
}

/** The line through a chain's middles, `y = at + slope * x`. */
interface Course {
  readonly at: number;
  readonly slope: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
}

function courseOf(chain: readonly Placed[], slopeOfPage: number): Course {
  const n = chain.length;
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  for (const mark of chain) {
    const x = middleX(mark);
    const y = middleY(mark);
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const spread = sxx - (sx * sx) / n;
  const height = median(chain.map(({ box }) => box.height));
  const { x: left, width } = unionOf(chain.map(({ box }) => box));
  const isLong = n >= 3 && width > 3 * height;
  const slope = isLong ? (sxy - (sx * sy) / n) / spread : slopeOfPage;
  return { at: (sy - slope * sx) / n, slope, height, left, right: left + width };
}

function joinedChains<T extends Placed>(chains: readonly T[][]): T[][] {
  if (chains.length > MOST_CHAINS) return [...chains];
  const slopes = chains.filter((chain) => chain.length >= 3).map((chain) => courseOf(chain, 0).slope);
  const slopeOfPage = slopes.length > 0 ? median(slopes) : 0;
  const withCourse = (marks: readonly T[]) => ({ marks: [...marks], ...courseOf(marks, slopeOfPage) });
  const lines = chains.map(withCourse);
  for (;;) {
    let best: { i: number; k: number; gap: number } | undefined;
    for (const [i, a] of lines.entries()) {
      for (const [k, b] of lines.entries()) {
        const gap = b.left - a.right;
        if (i === k || gap < -0.2 * Math.min(a.height, b.height)) continue;
        if (Math.min(a.height, b.height) < 0.5 * Math.max(a.height, b.height)) continue;
        const x = (a.right + b.left) / 2;
        const apart = Math.abs(a.at + a.slope * x - (b.at + b.slope * x));
        if (apart > 0.5 * Math.min(a.height, b.height)) continue;
        if (best === undefined || gap < best.gap) best = { i, k, gap };
      }
    }
    if (best === undefined) return lines.map(({ marks }) => marks);
    const { i, k } = best;
    const joined = withCourse([...lines[i]!.marks, ...lines[k]!.marks]);
    lines.splice(Math.max(i, k), 1);
    lines.splice(Math.min(i, k), 1, joined);
  }
}

function inReadingOrder<T extends Placed>(lines: readonly T[][]): T[][] {
  return lines
    .map((line) => [...line].sort((a, b) => middleX(a) - middleX(b)))
    .sort((a, b) => meanY(a) - meanY(b));
}

function meanY(line: readonly Placed[]): number {
  return line.reduce((sum, one) => sum + middleY(one), 0) / line.length;
}

function middleX({ box }: Placed): number {
  return box.x + box.width / 2;
}

function middleY({ box }: Placed): number {
  return box.y + box.height / 2;
}
