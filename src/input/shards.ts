import type { ByteSource } from "../core/bytes.ts";
import { type RecordDamage, scanRecords, type TFRecord } from "../formats/tfrecord.ts";
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
 * The records of all `sources` in order: one file after another, but the shards of one set one record each in turn,
 * those that end early dropping out of the turn. Record `i` of a data set is in shard `i` modulo their number, so this
 * is the order of the same data set in a single file. Sets of more than {@link maximumOpen} shards are read so many
 * shards at a time.
 */
export async function* readInOrder(sources: readonly ByteSource[]): AsyncGenerator<readonly SourceItem[]> {
  for (const set of shardSets(sources))
    yield* set.length === 1 ? readOne(set[0] as ByteSource) : readInTurn(set);
}

/** Neighbours that are shards of one set belong together, by their numbers. */
function shardSets(sources: readonly ByteSource[]): ByteSource[][] {
  const sets: ByteSource[][] = [];
  let last: string | undefined;
  for (const source of sources) {
    const stem = shardOf(source.name)?.stem;
    const set = sets.at(-1);
    if (set && stem !== undefined && stem === last && set.length < maximumOpen) set.push(source);
    else sets.push([source]);
    last = stem;
  }
  return sets;
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
