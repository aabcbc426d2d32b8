import { draw, type Grey, pixelAt } from "./sampling.ts";

/** What `pick` takes of a pixel and the four beside it. */
function ofNeighbours(image: Grey, pick: (...levels: number[]) => number): Grey {
  return draw((x, y, index) =>
    pick(
      image[index]!,
      pixelAt(image, x - 1, y),
      pixelAt(image, x + 1, y),
      pixelAt(image, x, y - 1),
      pixelAt(image, x, y + 1),
    ),
  );
}

function mixed(one: Grey, other: Grey, share: number): Grey {
  return draw((_x, _y, i) => one[i]! * (1 - share) + other[i]! * share);
}

/** Strokes that lose up to a pixel on each side: a mixture, to this share, with the least of each pixel's neighbours. */
export function thinner(image: Grey, share: number): Grey {
  return mixed(image, ofNeighbours(image, Math.min), share);
}

/** Strokes that win up to a pixel on each side: a mixture, to this share, with the most of each pixel's neighbours. */
export function thicker(image: Grey, share: number): Grey {
  return mixed(image, ofNeighbours(image, Math.max), share);
}
