import { gaussianWeights } from "../core/gaussian.ts";
import type { Random } from "../core/random.ts";
import { draw, type Grey, levelAt, pixelAt } from "./sampling.ts";

/** Out of focus: a Gaussian of `deviation` pixels. */
export function gaussianBlur(image: Grey, deviation: number): Grey {
  const weights = gaussianWeights(deviation);
  const reach = (weights.length - 1) / 2;
  const mean = (levelOf: (offset: number) => number) =>
    weights.reduce((sum, weight, i) => sum + weight * levelOf(i - reach), 0);
  const across = draw((x, y) => mean((offset) => pixelAt(image, x + offset, y)));
  return draw((x, y) => mean((offset) => pixelAt(across, x, y + offset)));
}

/** Moved while it was taken: the mean along a line of `pixels` in any direction. */
export function motionBlur(image: Grey, pixels: number, random: Random): Grey {
  const angle = Math.PI * random.uniform();
  const [right, down] = [Math.cos(angle), Math.sin(angle)];
  const samples = 4 * pixels + 1;
  return draw((x, y) => {
    let sum = 0;
    for (let i = 0; i < samples; i++) {
      const along = pixels * (i / (samples - 1) - 0.5);
      sum += levelAt(image, x + along * right, y + along * down);
    }
    return sum / samples;
  });
}
