import { addressOf, imageOf } from "./kernels.ts";
import type { GreyImage } from "./picture.ts";

/** Each pixel averaged with its neighbours by weights of 1 2 1 in both directions, `passes` times; those at the border stay. */
export function smoothed({ width, height, data }: GreyImage, passes = 1): GreyImage {
  return imageOf(width, height, (kernels, to) => {
    kernels.smooth(addressOf(data), width, height, to);
    for (let pass = 1; pass < passes; pass++) kernels.smooth(to, width, height, to);
  });
}
