import type { Random } from "../../src/core/random.ts";
import { between, noiseAlong, normalWithin } from "./chance.ts";
import type { Point, Skeleton, Stroke } from "./skeletons.ts";

/** The path of the pen's tip, point by point. */
export type Path = readonly Point[];

/** Points between two that a curve passes. */
const STEPS = 10;

const DEGREE = Math.PI / 180;

/**
 * A skeleton as a hand writes it this time: its points are missed by a little, strokes begin and end too early or too
 * late, the hand trembles, and the whole is slanted, narrowed or broadened and turned. Broad pens (`penWidth` in the
 * same hundredths) make people write broadly. About 100 high, around (0, 0).
 */
export function handwritten(random: Random, skeleton: Skeleton, penWidth: number): Path[] {
  const carelessness = between(random, 0.8, 3.2);
  const width = normalWithin(random, 1, 0.15, 0.7, 1.35) + penWidth / 80;
  const lean = normalWithin(random, 6, 10, -25, 30);
  // Both together not so far that a person would doubt.
  const turn = Math.min(36 - lean, Math.max(-26 - lean, normalWithin(random, 0, 5, -12, 12)));
  const slant = Math.tan(lean * DEGREE);
  const [cos, sin] = [Math.cos(turn * DEGREE), Math.sin(turn * DEGREE)];
  const paths = skeleton.strokes.map((stroke) =>
    trembling(random, curveOf(missed(random, stroke, carelessness))),
  );
  const turned = paths.map((path) =>
    path.map(({ x, y }) => {
      const slanted = width * x - slant * (y - 50);
      return { x: cos * slanted - sin * y, y: sin * slanted + cos * y };
    }),
  );
  return centred(turned);
}

/** The stroke put down a little elsewhere, each point a little off, and its ends drawn out or cut short. */
function missed(random: Random, stroke: Stroke, carelessness: number): Stroke {
  const shift = { x: carelessness * 0.6 * random.normal(), y: carelessness * 0.6 * random.normal() };
  const off = (point: Point): Point => ({
    x: point.x + shift.x + carelessness * random.normal(),
    y: point.y + shift.y + carelessness * random.normal(),
  });
  let corner: Point | undefined;
  const curves = stroke.map((curve) => {
    const points = curve.map((point, i) => (i === 0 && corner !== undefined ? corner : off(point)));
    corner = points.at(-1);
    return points;
  });
  const [first, last] = [curves[0]!, curves.at(-1)!];
  first[0] = movedFrom(first[1]!, first[0]!, between(random, -4, 4));
  last[last.length - 1] = movedFrom(last.at(-2)!, last.at(-1)!, between(random, -5, 5));
  return curves;
}

/** The `end` moved away from `before`, or towards it, by `distance`. */
function movedFrom(before: Point, end: Point, distance: number): Point {
  const length = Math.hypot(end.x - before.x, end.y - before.y);
  const share = Math.max(-0.4, distance / length);
  return { x: end.x + share * (end.x - before.x), y: end.y + share * (end.y - before.y) };
}

function curveOf(stroke: Stroke): Path {
  return stroke.flatMap((points, i) => (i === 0 ? smoothThrough(points) : smoothThrough(points).slice(1)));
}

/** A centripetal Catmull-Rom spline: smooth, through all points, without loops or cusps of its own (Yuksel, 2011). */
function smoothThrough(points: readonly Point[]): Point[] {
  const [first, second] = [points[0]!, points[1]!];
  const [last, beforeLast] = [points.at(-1)!, points.at(-2)!];
  const all = [movedFrom(second, first, 1), ...points, movedFrom(beforeLast, last, 1)];
  const path: Point[] = [first];
  for (let i = 0; i + 3 < all.length; i++) {
    const [a, b, c, d] = [all[i]!, all[i + 1]!, all[i + 2]!, all[i + 3]!];
    const tb = knot(a, b);
    const tc = tb + knot(b, c);
    const td = tc + knot(c, d);
    for (let k = 1; k <= STEPS; k++) {
      const t = tb + ((tc - tb) * k) / STEPS;
      const ab = blend(a, b, t / tb);
      const bc = blend(b, c, (t - tb) / (tc - tb));
      const cd = blend(c, d, (t - tc) / (td - tc));
      path.push(blend(blend(ab, bc, t / tc), blend(bc, cd, (t - tb) / (td - tb)), (t - tb) / (tc - tb)));
    }
  }
  return path;
}

function knot(a: Point, b: Point): number {
  return Math.max(1e-6, Math.sqrt(Math.hypot(b.x - a.x, b.y - a.y)));
}

function blend(a: Point, b: Point, t: number): Point {
  return { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) };
}

/** The tremor of a hand: slow against the pen's width, so that a line sways rather than frays. */
function trembling(random: Random, path: Path): Path {
  const strength = between(random, 0, 1.3);
  const swayX = noiseAlong(random, between(random, 25, 60));
  const swayY = noiseAlong(random, between(random, 25, 60));
  let length = 0;
  return path.map((point, i) => {
    const before = path[i - 1] ?? point;
    length += Math.hypot(point.x - before.x, point.y - before.y);
    return { x: point.x + strength * swayX(length), y: point.y + strength * swayY(length) };
  });
}

function centred(paths: readonly Path[]): Path[] {
  const xs = paths.flatMap((path) => path.map(({ x }) => x));
  const ys = paths.flatMap((path) => path.map(({ y }) => y));
  const x0 = (Math.min(...xs) + Math.max(...xs)) / 2;
  const y0 = (Math.min(...ys) + Math.max(...ys)) / 2;
  return paths.map((path) => path.map(({ x, y }) => ({ x: x - x0, y: y - y0 })));
}
