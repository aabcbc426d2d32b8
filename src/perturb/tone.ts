import type { Random } from "../core/random.ts";
import { draw, eachLevel, type Grey, side } from "./sampling.ts";

/** Black and white come this near to middle grey: 1 leaves all as it is, 0 would leave grey alone. */
export function contrast(image: Grey, factor: number): Grey {
  return eachLevel(image, (level) => 127.5 + factor * (level - 127.5));
}

/** Everything lighter by this share of white, at most white. */
export function brightness(image: Grey, share: number): Grey {
  return eachLevel(image, (level) => level + 255 * share);
}

/** Digits lie in the middle 20 of the 28 rows and columns. */
const margin = 4;

/**
 * A band of light so many pixels wide, level or upright, anywhere across the digit: half of white more. Ink stays the
 * lightest there is, so nothing is hidden, and nothing looks like another stroke.
 */
export function stripe(image: Grey, pixels: number, random: Random): Grey {
  const isLevel = random.below(2) === 0;
  const start = margin + random.below(side - 2 * margin - pixels + 1);
  return draw((x, y, index) => {
    const across = isLevel ? y : x;
    const isLit = across >= start && across < start + pixels;
    return image[index]! + (isLit ? 127.5 : 0);
  });
}
