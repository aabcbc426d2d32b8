import type { Dab } from "./pens.ts";

/** How much of each pixel, 0..1, the strokes cover: `[height, width]`, soft at the edges by a pixel. */
export function inkOf(strokes: readonly (readonly Dab[])[], width: number, height: number): Float32Array {
  const ink = new Float32Array(width * height);
  for (const stroke of strokes) {
    for (let i = 0; i + 1 < stroke.length; i++) addLine(ink, width, height, stroke[i]!, stroke[i + 1]!);
  }
  return ink;
}

/** A straight line with round ends. */
function addLine(ink: Float32Array, width: number, height: number, from: Dab, to: Dab): void {
  const reach = Math.max(from.width, to.width) / 2 + 1;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const t = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
      const distance = Math.hypot(px - t * dx, py - t * dy);
      const breadth = from.width + t * (to.width - from.width);
      // A line thinner than a pixel covers a part of it.
      const covered = Math.min(1, breadth, breadth / 2 - distance + 0.5);
      const at = y * width + x;
      if (covered > ink[at]!) ink[at] = covered;
    }
  }
}
