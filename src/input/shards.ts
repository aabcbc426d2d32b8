import type { ByteSource } from "../core/bytes.ts";
import { type RecordDamage, scanRecords, type TFRecord } from "../formats/tfrecord.ts";
import { mixed } from "./mixed.ts";
import { readAhead } from "./readAhead.ts";

/** A record, or what is wrong with it, and the file it is in. */
export interface SourceItem {
  readonly source: ByteSource;
  readonly item: TFRecord | RecordDamage;
}

/** How many files are open at once. */
export const maximumOpen = 64;

/** A shard's place in its set, by TensorFlow's manner of naming: `mnist_train.tfrecord-00002-of-00004`. */
export function shardOf(name: string): { stem: string; shard: number; shards: number } | undefined {
  const [, stem, shard, shards] = /^(.*)-(\d{5,})-of-(\d{5,})$/s.exec(name.replace(/[?#].*$/s, "")) ?? [];
  if (stem === undefined) return undefined;
  return { stem: `${stem} ${shards}`, shard: Number(shard), shards: Number(shards) };
}

/**
 * The records of all `sources` in order: one data set after another, or, where `recordCounts` says how many records each
 * source has, all data sets mixed (see {@link mixed}). A data set is a file, or the shards of one set: those are read one
 * record each in turn, those that end early dropping out of the turn. Record `i` of a data set is in shard `i` modulo
 * their number, so this is the order of the same data set in a single file. Sets of more than {@link maximumOpen} shards
 * are read so many shards at a time.
 */
export async function* readInOrder(
  sources: readonly ByteSource[],
  recordCounts?: readonly number[],
): AsyncGenerator<readonly SourceItem[]> {
  const sets = dataSets(sources);
  if (recordCounts === undefined || sets.length === 1) {
    for (const set of sets) yield* readSet(set, maximumOpen);
    return;
  }
  const countOf = new Map(sources.map((source, i) => [source, recordCounts[i] ?? 0]));
  const lanes = Math.min(sets.length, maximumOpen);
  const together = Math.floor(maximumOpen / lanes);
  yield* mixed(
    Array.from({ length: lanes }, (_, lane) => {
      const [from, to] = [lane, lane + 1].map((end) => Math.floor((end * sets.length) / lanes));
      const own = sets.slice(from, to);
      const records = own.flat().reduce((sum, source) => sum + (countOf.get(source) ?? 0), 0);
      return { records, lists: readSets(own, together) };
    }),
  );
}

/** Neighbours that are shards of one set belong together, by their numbers. */
export function dataSets(sources: readonly ByteSource[]): readonly (readonly ByteSource[])[] {
  const sets: ByteSource[][] = [];
  let last: string | undefined;
  for (const source of sources) {
    const stem = shardOf(source.name)?.stem;
    if (stem !== undefined && stem === last) sets.at(-1)?.push(source);
    else sets.push([source]);
    last = stem;
  }
  return sets;
}

async function* readSets(
  sets: readonly (readonly ByteSource[])[],
  together: number,
): AsyncGenerator<readonly SourceItem[]> {
  for (const set of sets) yield* readSet(set, together);
}

async function* readSet(set: readonly ByteSource[], together: number): AsyncGenerator<readonly SourceItem[]> {
  for (let first = 0; first < set.length; first += together) {
    const some = set.slice(first, first + together);
    yield* some.length === 1 ? readOne(some[0] as ByteSource) : readInTurn(some);
  }
}

async function* readOne(source: ByteSource): AsyncGenerator<readonly SourceItem[]> {
  for await (const items of scanRecords(readAhead(source))) yield items.map((item) => ({ source, item }));
}

async function* readInTurn(sources: readonly ByteSource[]): AsyncGenerator<readonly SourceItem[]> {
  const readers = sources.map((source) => ({
    source,
    lists: scanRecords(readAhead(source)),
    list: [] as readonly (TFRecord | RecordDamage)[],
    at: 0,
  }));
  let live = readers;
  try {
    let items: SourceItem[] = [];
    while (live.length > 0) {
      for (const reader of live) {
        if (reader.at === reader.list.length) {
          if (items.length > 0) yield items;
          items = [];
          const next = await reader.lists.next();
          if (next.done) {
            live = live.filter((other) => other !== reader);
            continue;
          }
          reader.list = next.value;
          reader.at = 0;
        }
        const item = reader.list[reader.at++];
        if (item) items.push({ source: reader.source, item });
      }
    }
    if (items.length > 0) yield items;
  } finally {
    for (const { lists } of readers) await lists.return(undefined);
  }
}
