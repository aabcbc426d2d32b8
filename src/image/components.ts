import type { Box, GreyImage } from "./picture.ts";

/** A connected piece of ink. */
export interface Component {
  /** The sum of the ink in it, in pixels' worth of full ink. */
  readonly mass: number;
  readonly box: Box;
}

/** The pieces of an image and which of them each pixel belongs to. */
export interface Components {
  /** `[height, width]`: 0 is no ink, k is `components[k - 1]`. */
  readonly labels: Int32Array;
  readonly components: readonly Component[];
}

/** Parts the pixels with more than `threshold` ink into pieces that touch at sides or corners. */
export function connectedComponents({ width, height, data }: GreyImage, threshold: number): Components {
  const labels = new Int32Array(width * height);
  const components: Component[] = [];
  const stack: number[] = [];
  for (let start = 0; start < data.length; start++) {
    if (labels[start] !== 0 || data[start]! <= threshold) continue;
    const label = components.length + 1;
    let mass = 0;
    let left = width;
    let right = 0;
    let top = height;
    let bottom = 0;
    labels[start] = label;
    stack.push(start);
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      const x = i % width;
      const y = (i - x) / width;
      mass += data[i]!;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (labels[next] !== 0 || data[next]! <= threshold) continue;
          labels[next] = label;
          stack.push(next);
        }
      }
    }
    components.push({ mass, box: { x: left, y: top, width: right - left + 1, height: bottom - top + 1 } });
  }
  return { labels, components };
}
