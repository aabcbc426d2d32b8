import type { GreyImage } from "./picture.ts";

/** Each pixel averaged with its neighbours by weights of 1 2 1 in both directions; those at the border stay. */
export function smoothed({ width, height, data }: GreyImage): GreyImage {
  const across = new Float32Array(data.length);
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) smoothAcross(across, data, y * width, (y + 1) * width);
  result.set(across.subarray(0, width));
  for (let y = 1; y + 1 < height; y++) smoothDown(result, across, y * width, width);
  if (height > 1) result.set(across.subarray((height - 1) * width), (height - 1) * width);
  return { width, height, data: result };
}

function smoothAcross(across: Float32Array, data: Float32Array, from: number, to: number): void {
  const last = data.length - 1;
  for (let i = from; i < to; i++)
    across[i] = i === 0 || i === last ? data[i]! : (data[i - 1]! + 2 * data[i]! + data[i + 1]!) / 4;
}

function smoothDown(result: Float32Array, across: Float32Array, from: number, width: number): void {
  for (let i = from; i < from + width; i++)
    result[i] = (across[i - width]! + 2 * across[i]! + across[i + width]!) / 4;
}
