import type { Random } from "../core/random.ts";
import { draw, type Grey, levelAt, pixelAt, side } from "./sampling.ts";

const middle = (side - 1) / 2;

/** Takes each pixel from where `a b; c d` puts it, both measured from the middle of the picture. */
function transformed(image: Grey, [a, b, c, d]: readonly [number, number, number, number]): Grey {
  return draw((x, y) => {
    const [right, down] = [x - middle, y - middle];
    return levelAt(image, middle + a * right + b * down, middle + c * right + d * down);
  });
}

function eitherWay(random: Random): 1 | -1 {
  return random.below(2) === 0 ? 1 : -1;
}

/** Turned by `degrees` around the middle, one way or the other. */
export function rotation(image: Grey, degrees: number, random: Random): Grey {
  return rotated(image, degrees * eitherWay(random));
}

/** Turned clockwise. */
export function rotated(image: Grey, degrees: number): Grey {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return transformed(image, [cos, sin, -sin, cos]);
}

/** Slanted: rows move sideways by `slope` of their distance from the middle, one way or the other. */
export function shear(image: Grey, slope: number, random: Random): Grey {
  return transformed(image, [1, slope * eitherWay(random), 0, 1]);
}

/** Drawn larger or smaller around the middle. */
export function scale(image: Grey, factor: number): Grey {
  return transformed(image, [1 / factor, 0, 0, 1 / factor]);
}

/** Moved by whole `pixels` along both axes, towards one of the corners. */
export function shift(image: Grey, pixels: number, random: Random): Grey {
  const [right, down] = [pixels * eitherWay(random), pixels * eitherWay(random)];
  return draw((x, y) => pixelAt(image, x - right, y - down));
}
