import { mix } from "./hash.ts";
import type { Args, Cells, Kernel } from "./kernel.ts";

/** Whether dropout keeps element `index`. */
export function dropoutMask({ floats, ints }: Cells, rateAt: number, randomState: number, salt: number) {
  const rate = Math.fround(floats[rateAt]!);
  const key = mix(ints[randomState]! ^ mix(ints[randomState + 1]! ^ mix(salt)));
  const threshold = Math.floor(rate * 2 ** 32);
  return { keep: 1 - rate, keeps: (index: number) => mix(index ^ key) >= threshold };
}

export const dropout: Kernel = (cells, args) => {
  const [x, y, rate, randomState, salt, size] = args as Args<6>;
  const { keep, keeps } = dropoutMask(cells, rate, randomState, salt);
  const { floats: f } = cells;
  for (let i = 0; i < size; i++) f[y + i] = keeps(i) ? f[x + i]! / keep : 0;
};
