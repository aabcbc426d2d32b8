import type { Damage } from "./options.ts";

/** What was left out of a data set because it is damaged. */
export interface LeftOut {
  /** Damaged records. */
  readonly records: number;
  /** Files that could be read only up to one of these records. */
  readonly cutFiles: number;
  /** Of the first ones: where, and what is wrong. */
  readonly first: readonly string[];
}

/** How many are told of one by one. */
const shown = 5;

/** Counts what is left out; each record once, however many passes tell of it. */
export function createLeftOut(): {
  readonly add: (damage: Damage) => void;
  /** The numbers of these records in the data set. */
  readonly indices: ReadonlySet<number>;
  readonly result: () => LeftOut;
} {
  const indices = new Set<number>();
  const first: string[] = [];
  let cutFiles = 0;
  return {
    add({ index, message, endsFile }) {
      if (indices.has(index)) return;
      indices.add(index);
      if (endsFile) cutFiles++;
      if (first.length < shown) first.push(message);
    },
    indices,
    result: () => ({ records: indices.size, cutFiles, first: [...first] }),
  };
}
