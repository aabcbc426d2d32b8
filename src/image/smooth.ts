import type { GreyImage } from "./picture.ts";

/** Each pixel averaged with its neighbours by weights of 1 2 1 in both directions; those at the border stay. */
export function smoothed({ width, height, data }: GreyImage): GreyImage {
  const across = data.slice();
  for (let i = 1; i + 1 < data.length; i++) across[i] = (data[i - 1]! + 2 * data[i]! + data[i + 1]!) / 4;
  const result = across.slice();
  for (let i = width; i + width < data.length; i++)
    result[i] = (across[i - width]! + 2 * across[i]! + across[i + width]!) / 4;
  return { width, height, data: result };
}
