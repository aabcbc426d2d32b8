import type { Random } from "../core/random.ts";
import { draw, eachLevel, type Grey, side } from "./sampling.ts";

/** Normal noise whose deviation is this share of white, on every pixel by itself. */
export function gaussianNoise(image: Grey, deviation: number, random: Random): Grey {
  return eachLevel(image, (level) => level + 255 * deviation * random.normal());
}

/** Salt and pepper: this share of the pixels becomes black or white, as often the one as the other. */
export function impulseNoise(image: Grey, share: number, random: Random): Grey {
  return eachLevel(image, (level) => {
    if (random.uniform() >= share) return level;
    return random.below(2) === 0 ? 0 : 255;
  });
}

/** So many drops of ink, half to one and a half pixels in radius, anywhere. */
export function spatter(image: Grey, drops: number, random: Random): Grey {
  const circles = Array.from({ length: drops }, () => ({
    x: side * random.uniform() - 0.5,
    y: side * random.uniform() - 0.5,
    radius: 0.5 + random.uniform(),
  }));
  return draw((x, y, index) => {
    // A pixel is as light as the part of it that a drop covers, nearly: edges are a pixel wide.
    const covered = circles.map((drop) => drop.radius + 0.5 - Math.hypot(x - drop.x, y - drop.y));
    return Math.max(image[index]!, 255 * Math.min(1, Math.max(0, ...covered)));
  });
}
