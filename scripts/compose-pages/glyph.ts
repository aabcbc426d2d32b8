import { connectedComponents } from "../../src/image/components.ts";
import type { Point } from "../draw-digits/skeletons.ts";

/** An MNIST digit as a shape that may be drawn at any size; lengths are MNIST's pixels. */
export interface Glyph {
  /** Which digit of those that are written with. */
  readonly index: number;
  /** How much ink there is at a place, 0..1, smooth everywhere; `edge` of it and more is ink. */
  readonly inkAt: (x: number, y: number) => number;
  readonly edge: number;
  /** Places all around the ink, on its edge or a little outside. */
  readonly outline: readonly Point[];
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const SIDE = 28;

/** Places that are looked at for each of MNIST's pixels, across and down. */
const FINENESS = 4;
const FINE = SIDE * FINENESS;

/** A piece with less of the ink than this is dirt, not a stroke. */
const LEAST_PIECE = 0.04;

/** Edges from thin strokes, where hardly a loop closes, to broad ones, where hardly a stroke breaks. */
const SAFE_EDGES = [0.5, 0.43, 0.36, 0.28, 0.2];

/** The digit with strokes as thin as `edge` makes them, 0.28 (broad) .. 0.5 (thin), or safe ones if it would break. */
export function glyphOf(pixels: Uint8Array, index: number, edge: number): Glyph {
  const inkAt = enlarged(withoutSpecks(pixels));
  const fine = new Float32Array(FINE * FINE);
  for (let y = 0; y < FINE; y++) {
    for (let x = 0; x < FINE; x++) fine[y * FINE + x] = inkAt((x + 0.5) / FINENESS, (y + 0.5) / FINENESS);
  }
  const used = edgeThatKeepsForm(fine, edge);
  const outline = outlineOf(fine, used);
  const xs = outline.map(({ x }) => x);
  const ys = outline.map(({ y }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    index,
    inkAt,
    edge: used,
    outline,
    left,
    top,
    width: Math.max(...xs) - left,
    height: Math.max(...ys) - top,
  };
}

/** MNIST has scanned dirt, too; on a page it would be a mark beside the digit. */
function withoutSpecks(pixels: Uint8Array): Uint8Array {
  const image = { width: SIDE, height: SIDE, data: Float32Array.from(pixels) };
  const pieces = connectedComponents(image, 0);
  const total = pieces.reduce((sum, { mass }) => sum + mass, 0);
  const clean = pixels.slice();
  for (const { mass, ends } of pieces) {
    if (mass >= LEAST_PIECE * total) continue;
    for (let k = 0; k < ends.length; k += 2) clean.fill(0, ends[k], ends[k + 1]);
  }
  return clean;
}

/** A cubic B-spline over the pixels: their steps are not seen, however large the digit is drawn. */
function enlarged(pixels: Uint8Array): (x: number, y: number) => number {
  // A margin of two, so that no place needs to be asked for whether it has neighbours.
  const margin = 2;
  const stride = SIDE + 2 * margin + 1;
  const padded = new Float32Array(stride * stride);
  for (let i = 0; i < pixels.length; i++) {
    padded[(Math.floor(i / SIDE) + margin) * stride + (i % SIDE) + margin] = pixels[i]! / 255;
  }
  return (x, y) => {
    if (x <= 0 || y <= 0 || x >= SIDE || y >= SIDE) return 0;
    const [u, v] = [x - 0.5 + margin, y - 0.5 + margin];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const across = weights(u - column);
    const down = weights(v - row);
    let sum = 0;
    for (let j = 0; j < 4; j++) {
      const at = (row + j - 1) * stride + column - 1;
      sum +=
        down[j]! *
        (across[0] * padded[at]! +
          across[1] * padded[at + 1]! +
          across[2] * padded[at + 2]! +
          across[3] * padded[at + 3]!);
    }
    return sum;
  };
}

function weights(t: number): readonly [number, number, number, number] {
  const u = 1 - t;
  const [t3, u3] = [t * t * t, u * u * u];
  return [u3 / 6, (4 - 6 * t * t + 3 * t3) / 6, (4 - 6 * u * u + 3 * u3) / 6, t3 / 6];
}

/** The edge, or, where strokes would break or loops close at it, the first safe one at which no stroke breaks. */
function edgeThatKeepsForm(fine: Float32Array, edge: number): number {
  const safe = SAFE_EDGES.map((one) => ({ edge: one, ...formOf(fine, one) })).filter(
    ({ pieces }) => pieces > 0,
  );
  const fewest = Math.min(...safe.map(({ pieces }) => pieces));
  const whole = safe.find(({ pieces }) => pieces === fewest)!;
  const form = formOf(fine, edge);
  return form.pieces === whole.pieces && form.grounds === whole.grounds ? edge : whole.edge;
}

/** How many pieces the ink has, and how many the paper (one more than there are loops). */
function formOf(fine: Float32Array, edge: number): { readonly pieces: number; readonly grounds: number } {
  const count = (data: Float32Array, threshold: number) =>
    connectedComponents({ width: FINE, height: FINE, data }, threshold).length;
  const paper = fine.map((ink) => 1 - ink);
  return { pieces: count(fine, edge), grounds: count(paper, 1 - edge) };
}

function outlineOf(fine: Float32Array, edge: number): Point[] {
  const isInk = (x: number, y: number) => fine[y * FINE + x]! >= edge;
  const points: Point[] = [];
  for (let y = 1; y + 1 < FINE; y++) {
    for (let x = 1; x + 1 < FINE; x++) {
      if (!isInk(x, y)) continue;
      if (isInk(x - 1, y) && isInk(x + 1, y) && isInk(x, y - 1) && isInk(x, y + 1)) continue;
      // The corners of a cell on the edge.
      const [left, top, right, bottom] = [x, y, x + 1, y + 1].map((at) => at / FINENESS) as [
        number,
        number,
        number,
        number,
      ];
      points.push({ x: left, y: top }, { x: right, y: top }, { x: left, y: bottom }, { x: right, y: bottom });
    }
  }
  return points;
}
