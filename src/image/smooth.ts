import { addressOf, imageOf } from "./kernels.ts";
import type { GreyImage } from "./picture.ts";

/**
 * Each pixel averaged with its neighbours by weights of 1 2 1 in both directions, `passes` times; those at the border stay.
 * No pixel comes out below `left` of what it was.
 */
export function smoothed({ width, height, data }: GreyImage, passes = 1, left = 0): GreyImage {
  return imageOf(width, height, (kernels, to) => {
    const values = addressOf(data);
    kernels.smooth(values, width, height, to);
    for (let pass = 1; pass < passes; pass++) kernels.smooth(to, width, height, to);
    if (left > 0) kernels.raiseTo(to, values, data.length, left);
  });
}
