import type { Box } from "./picture.ts";

/** The smallest box around all of `boxes`, of which there is at least one. */
export function unionOf(boxes: readonly Box[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of boxes) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The box longer by `by` on every side, as far as an image of this size goes. */
export function grownWithin(
  { x, y, width, height }: Box,
  by: number,
  image: { readonly width: number; readonly height: number },
): Box {
  const left = Math.max(0, x - by);
  const top = Math.max(0, y - by);
  const right = Math.min(image.width, x + width + by);
  const bottom = Math.min(image.height, y + height + by);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** How many pixels lie between two boxes; 0 where they touch or overlap. */
export function distanceOf(a: Box, b: Box): number {
  const dx = Math.max(0, a.x - (b.x + b.width), b.x - (a.x + a.width));
  const dy = Math.max(0, a.y - (b.y + b.height), b.y - (a.y + a.height));
  return Math.sqrt(dx * dx + dy * dy);
}

export function isInside(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** The box in an image that is so many times as wide and as high, in whole pixels. */
export function scaledBox(box: Box, scaleX: number, scaleY: number): Box {
  const x = Math.floor(box.x * scaleX);
  const y = Math.floor(box.y * scaleY);
  return {
    x,
    y,
    width: Math.ceil((box.x + box.width) * scaleX) - x,
    height: Math.ceil((box.y + box.height) * scaleY) - y,
  };
}
