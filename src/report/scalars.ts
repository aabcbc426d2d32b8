import { bytesSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import type { RunFolder } from "../core/runFolder.ts";
import { decodeEvent, type EventRecord } from "../formats/events.ts";
import { scanRecords } from "../formats/tfrecord.ts";

/** One value of a tag. */
export interface Point {
  readonly step: number;
  readonly value: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Which of the folder's event files it is from: a training that was resumed has several. */
  readonly session: number;
}

/** The numbers of a folder of event files, by tag, in the order of their steps. */
export interface Scalars {
  readonly tags: Readonly<Record<string, readonly Point[]>>;
  /** What was damaged, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads the single numbers of `tags` out of all event files in a subfolder of a run. What is damaged is noted and left
 * out. Where a training went on from an earlier step, the steps that it did again count as it did them last.
 */
export async function readScalars(
  folder: RunFolder,
  subfolder: string,
  tags: readonly string[],
): Promise<Scalars> {
  const series = new Map<string, Point[]>();
  const notes: string[] = [];
  const files = (await folder.list(subfolder)).filter((file) => file.includes("tfevents"));
  for (const [session, file] of [...files].sort().entries()) {
    const name = `${subfolder}/${file}`;
    const read = new Map<string, Point[]>();
    let odd = 0;
    for await (const event of readableEvents(name, await folder.read(name), notes)) {
      for (const { tag, tensor } of event.values) {
        if (!tags.includes(tag) || !tensor || tensor.dtype === "string" || tensor.shape.length > 0) continue;
        const { step, wallTime } = event;
        const value = tensor.values[0]!;
        if (Number.isFinite(value) && Number.isFinite(wallTime)) {
          const points = read.get(tag) ?? [];
          points.push({ step, value, wallTime, session });
          read.set(tag, points);
        } else odd++;
      }
    }
    if (odd > 0) notes.push(`${name}: ${odd} values are not finite and are left out`);
    for (const [tag, points] of read) series.set(tag, continued(series.get(tag) ?? [], points));
  }
  return { tags: Object.fromEntries(series), notes };
}

function continued(before: readonly Point[], points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.step - b.step);
  const from = sorted[0]?.step ?? 0;
  return [...before.filter(({ step }) => step < from), ...sorted];
}

/** The intact events of a file; one note is added for all that is damaged in it. */
async function* readableEvents(
  name: string,
  bytes: Uint8Array,
  notes: string[],
): AsyncGenerator<EventRecord> {
  const faults: string[] = [];
  for await (const items of scanRecords(bytesSource(name, bytes))) {
    for (const item of items) {
      const place = `record ${item.index} at offset ${item.offset.toLocaleString("en-US")}`;
      try {
        if ("data" in item) yield decodeEvent(item.data);
        else faults.push(`${place}: ${item.fault}`);
      } catch (error) {
        if (!(error instanceof MnistError)) throw error;
        faults.push(`${place}: ${error.message}`);
      }
    }
  }
  const [first] = faults;
  if (first === undefined) return;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  notes.push(`${name}: ${first}${more}; the readable rest is shown`);
}
