import { decodeEvent, type EventRecord } from "../formats/events.ts";
import type { SummaryValue } from "../formats/summary.ts";
import type { TFRecord } from "../formats/tfrecord.ts";
import type { DamageLog } from "./damage.ts";

/** What was written under one tag. */
export interface TagReport {
  readonly tag: string;
  /** The dashboard that shows it: `scalars`, `histograms`, `images`, `text` ... */
  readonly plugin: string;
  readonly values: number;
  /** The smallest and the largest step. */
  readonly firstStep: number;
  readonly lastStep: number;
  /** The number written last, of a tag of single numbers; `null` where JSON has no word for it: NaN, an infinity. */
  readonly last?: number | null;
}

/** What a TensorBoard event file holds. */
export interface EventsReport {
  readonly kind: "events";
  /** Of the file's format, such as `brain.Event:2`; absent where its first record is damaged. */
  readonly version?: string;
  /** Records that are intact, the one with the version among them. */
  readonly events: number;
  /** In the order of their first values. */
  readonly tags: readonly TagReport[];
  /** When the first and the last event were written, seconds since 1970. */
  readonly wallTime: { readonly first: number; readonly last: number };
}

/** More than any run has; what a foreign file has beyond is not told. */
const maxTags = 10_000;

/** An event's wall time is its first field, and no tf.Example begins like that. */
export function isEvent(data: Uint8Array): boolean {
  try {
    const { fileVersion, wallTime } = decodeEvent(data);
    return fileVersion !== undefined || wallTime > 0;
  } catch {
    return false;
  }
}

interface Tag {
  plugin: string;
  values: number;
  firstStep: number;
  lastStep: number;
  last: number | undefined;
}

/** Takes the records of an event file one after another. */
export function collectEvents(damage: DamageLog) {
  const tags = new Map<string, Tag>();
  let events = 0;
  let version: string | undefined;
  let [first, last] = [Number.POSITIVE_INFINITY, 0];

  const addValue = (value: SummaryValue, step: number): void => {
    let tag = tags.get(value.tag);
    if (!tag) {
      if (tags.size === maxTags) return;
      tag = { plugin: pluginOf(value), values: 0, firstStep: step, lastStep: step, last: undefined };
      tags.set(value.tag, tag);
    }
    tag.values++;
    tag.firstStep = Math.min(tag.firstStep, step);
    tag.lastStep = Math.max(tag.lastStep, step);
    tag.last = singleNumber(value);
  };

  return {
    add({ data, index, offset }: TFRecord): void {
      const event = damage.attempt(() => decodeEvent(data), { record: index, offset });
      if (event) addEvent(event);
    },
    report: (): EventsReport => ({
      kind: "events",
      ...(version !== undefined && { version }),
      events,
      tags: [...tags].map(([tag, { last, ...about }]) => {
        const isNumber = last !== undefined;
        return { tag, ...about, ...(isNumber && { last: Number.isFinite(last) ? last : null }) };
      }),
      wallTime: { first: events > 0 ? first : 0, last },
    }),
  };

  function addEvent({ fileVersion, wallTime, step, values }: EventRecord): void {
    events++;
    version ??= fileVersion;
    first = Math.min(first, wallTime);
    last = Math.max(last, wallTime);
    for (const value of values) addValue(value, step);
  }
}

/** As a tag's first value says; files of TensorFlow 1 do not, and have numbers only in a field of their own. */
function pluginOf(value: SummaryValue): string {
  return value.metadata?.pluginName || (singleNumber(value) === undefined ? "unknown" : "scalars");
}

function singleNumber({ tensor }: SummaryValue): number | undefined {
  if (!tensor || tensor.dtype === "string" || tensor.shape.length > 0) return undefined;
  return tensor.values[0];
}
