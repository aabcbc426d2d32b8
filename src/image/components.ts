import type { Box, GreyImage } from "./picture.ts";

/** A connected piece of ink. */
export interface Component {
  /** The sum of the ink in it, in pixels' worth of full ink. */
  readonly mass: number;
  readonly box: Box;
  /** Its pixels: stretches of rows, top to bottom. */
  readonly runs: readonly Run[];
}

/** Ink without a gap in one row: the pixels `from` .. `to` - 1 of `[height, width]`. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

interface Piece extends Run {
  readonly y: number;
  readonly mass: number;
  /** Another piece of the same component; itself at the root. */
  parent: Piece;
}

/**
 * Parts the pixels with more than `threshold` ink into pieces that touch at sides or corners: runs of ink in a row
 * are joined with those that they touch in the row above (Rosenfeld and Pfaltz, 1966), so that a pixel is looked at
 * once.
 */
export function connectedComponents(image: GreyImage, threshold: number): readonly Component[] {
  const { width, height } = image;
  const pieces: Piece[] = [];
  let above: readonly Piece[] = [];
  for (let y = 0; y < height; y++) {
    const row = piecesOfRow(image, y, threshold);
    let first = 0;
    for (const piece of row) {
      pieces.push(piece);
      // In the row's own columns; corners touch, too.
      while (first < above.length && above[first]!.to + width < piece.from) first++;
      for (let k = first; k < above.length && above[k]!.from + width <= piece.to; k++) join(above[k]!, piece);
    }
    above = row;
  }
  const byRoot = new Map<Piece, Piece[]>();
  for (const piece of pieces) {
    const root = rootOf(piece);
    const same = byRoot.get(root);
    if (same) same.push(piece);
    else byRoot.set(root, [piece]);
  }
  return Array.from(byRoot.values(), (runs) => componentOf(runs, width));
}

function piecesOfRow({ width, data }: GreyImage, y: number, threshold: number): Piece[] {
  const pieces: Piece[] = [];
  const end = (y + 1) * width;
  for (let i = y * width; i < end; i++) {
    if (data[i]! <= threshold) continue;
    const from = i;
    let mass = 0;
    for (; i < end && data[i]! > threshold; i++) mass += data[i]!;
    const piece = { from, to: i, y, mass } as Piece;
    piece.parent = piece;
    pieces.push(piece);
  }
  return pieces;
}

function rootOf(piece: Piece): Piece {
  let one = piece;
  while (one.parent !== one) {
    one.parent = one.parent.parent; // halves the path for the next who comes
    one = one.parent;
  }
  return one;
}

/** The earlier root stays, so that roots come before what they are the root of. */
function join(a: Piece, b: Piece): void {
  const [rootA, rootB] = [rootOf(a), rootOf(b)];
  if (rootA.from < rootB.from) rootB.parent = rootA;
  else rootA.parent = rootB;
}

function componentOf(runs: readonly Piece[], width: number): Component {
  let mass = 0;
  let left = width;
  let right = 0;
  for (const { from, to, y, mass: own } of runs) {
    mass += own;
    left = Math.min(left, from - y * width);
    right = Math.max(right, to - y * width);
  }
  const top = runs[0]?.y ?? 0;
  const bottom = runs.at(-1)?.y ?? 0;
  return { mass, runs, box: { x: left, y: top, width: right - left, height: bottom - top + 1 } };
}
