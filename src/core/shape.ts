/** The lengths of a tensor's axes, outermost first; images are `[n, height, width, channels]`. */
export type Shape = readonly number[];

/** The number of elements of a tensor of `shape`; 1 for a scalar (`[]`). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `[5, 5, 1, 32]` as people read it: `5x5x1x32`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("x");
}
