/** Records that come in lists, and how many there will be. */
export interface Lane<Item> {
  readonly records: number;
  readonly lists: AsyncGenerator<readonly Item[]>;
}

/**
 * All lanes in one, evenly: of every stretch each has its share, and all end together. The record with number `k` of a
 * lane of `n` has its place at `(k + 1/2) / n` of the whole; where two have the same, the earlier lane goes first. What a
 * lane has beyond what was counted comes last. Of each lane one list is in memory.
 */
export async function* mixed<Item>(lanes: readonly Lane<Item>[]): AsyncGenerator<readonly Item[]> {
  const readers = lanes.map(({ records, lists }) => ({
    ...{ lists, records: Math.max(1, records), taken: 0, at: 0 },
    list: [] as readonly Item[],
  }));
  type Reader = (typeof readers)[number];
  // Whole numbers, which no rounding can turn about.
  const isBefore = (one: Reader, other: Reader): boolean =>
    (2 * one.taken + 1) * other.records < (2 * other.taken + 1) * one.records;
  let live = readers;
  try {
    let items: Item[] = [];
    while (live.length > 0) {
      const reader = live.reduce((first, one) => (isBefore(one, first) ? one : first));
      if (reader.at === reader.list.length) {
        if (items.length > 0) yield items;
        items = [];
        const next = await reader.lists.next();
        if (next.done) live = live.filter((other) => other !== reader);
        reader.list = next.done ? [] : next.value;
        reader.at = 0;
        continue;
      }
      items.push(reader.list[reader.at++] as Item);
      reader.taken++;
    }
    if (items.length > 0) yield items;
  } finally {
    for (const { lists } of readers) await lists.return(undefined);
  }
}
