import type { Random } from "../../src/core/random.ts";
import { between } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";

/** How a flat sheet appears to a camera that is not quite straight above it. */
export interface Lens {
  /** Where a place of the sheet is in the picture; both in pixels, the sheet's from the picture's middle. */
  readonly toPicture: (place: Point) => Point;
  readonly toSheet: (pixel: Point) => Point;
}

/** Row by row. */
type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** A camera turned by up to `turn` degrees and tilted by up to `tilt`, both ways. */
export function takeLens(random: Random, width: number, height: number, turn: number, tilt: number): Lens {
  const angle = () => (Math.PI / 180) * between(random, -1, 1);
  const [a, b, c] = [turn * angle(), tilt * angle(), tilt * angle()];
  const focus = between(random, 1, 1.5) * Math.max(width, height);
  // The sheet's two directions after the turn (a) and the tilts about the vertical (b) and the horizontal (c) axis.
  const [cosA, sinA] = [Math.cos(a), Math.sin(a)];
  const turned = (x: number, y: number): [number, number, number] => {
    const [u, v] = [x * cosA - y * sinA, x * sinA + y * cosA];
    const [p, depth] = [u * Math.cos(b), u * Math.sin(b)];
    return [p, v * Math.cos(c) - depth * Math.sin(c), v * Math.sin(c) + depth * Math.cos(c)];
  };
  const [x, y] = [turned(1, 0), turned(0, 1)];
  const matrix: Matrix = [x[0], y[0], 0, x[1], y[1], 0, x[2] / focus, y[2] / focus, 1];
  const back = inverse(matrix);
  const [middleX, middleY] = [width / 2, height / 2];
  return {
    toPicture: (place) => {
      const { x, y } = mapped(matrix, place.x, place.y);
      return { x: x + middleX, y: y + middleY };
    },
    toSheet: (pixel) => mapped(back, pixel.x - middleX, pixel.y - middleY),
  };
}

function mapped(m: Matrix, x: number, y: number): Point {
  const depth = m[6] * x + m[7] * y + m[8];
  return { x: (m[0] * x + m[1] * y + m[2]) / depth, y: (m[3] * x + m[4] * y + m[5]) / depth };
}

/** By cofactors, up to a factor, which the division by the depth takes away. */
function inverse([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
}
