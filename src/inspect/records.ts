import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { decodeExample } from "../formats/example.ts";
import { openInflated } from "../formats/inflate.ts";
import { type RecordDamage, readRecords, type TFRecord } from "../formats/tfrecord.ts";
import { createDamageLog, type DamageReport } from "./damage.ts";
import { collectEvents, type EventsReport, isEvent } from "./events.ts";
import { collectExamples, type DecodePicture, type ExamplesReport, type Range } from "./examples.ts";
import { headBytes, kindOf } from "./kind.ts";
import type { LabelledPicture } from "./pictures.ts";

/** What a TFRecord file holds whose records are neither tf.Examples nor events. */
export interface RecordsReport {
  readonly kind: "records";
  /** Records that are intact. */
  readonly records: number;
  /** Of one record; absent where there is none. */
  readonly recordBytes?: Range;
}

/** A report, and the pictures that were asked for. */
export interface RecordsInspection {
  readonly report: (ExamplesReport | EventsReport | RecordsReport) & { readonly damage: DamageReport };
  readonly pictures: readonly LabelledPicture[];
}

/**
 * Reads a TFRecord file once, going on after records whose data are damaged. What the first intact record is, all are
 * taken to be.
 */
export async function inspectRecords(
  source: ByteSource,
  preview: number,
  decodePicture?: DecodePicture,
): Promise<RecordsInspection> {
  const damage = createDamageLog(source.name);
  let lost: RecordDamage | undefined;
  const choose = ({ data }: TFRecord) =>
    isEvent(data)
      ? collectEvents(damage)
      : isExample(data)
        ? collectExamples(damage, preview)
        : collectOthers();
  let collector: ReturnType<typeof choose> | undefined;
  const batches = readRecords(source, "", (found) => {
    const { index, offset, fault } = found;
    damage.add({ record: index, offset, fault });
    if (found.unread !== undefined) lost = found;
  });
  for await (const records of batches) {
    for (const record of records) {
      collector ??= choose(record);
      collector.add(record);
    }
  }
  collector ??= collectOthers();
  const unread = lost && (await unreadBytes(source, lost));
  return {
    report: { ...collector.report(), damage: damage.report(unread) },
    pictures: "pictures" in collector ? await collector.pictures(decodePicture) : [],
  };
}

/** How many bytes there are from the damage on, which another pass tells where the length is not known. */
async function unreadBytes(source: ByteSource, { offset, unread = 0 }: RecordDamage): Promise<number> {
  if (unread !== Number.POSITIVE_INFINITY) return unread;
  let length = 0;
  const { chunks } = await openInflated(source, headBytes, (head) => kindOf(head) !== undefined);
  try {
    for await (const chunk of chunks) length += chunk.length;
  } catch (error) {
    // What cannot be inflated was told of already.
    if (!(error instanceof MnistError) || error.code !== "BAD_DATA") throw error;
  }
  return length - offset;
}

/** A protobuf of another kind may be read as an example, but has no features then. */
function isExample(data: Uint8Array): boolean {
  try {
    return decodeExample(data).size > 0;
  } catch {
    return false;
  }
}

function collectOthers() {
  let records = 0;
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  return {
    add({ data }: TFRecord): void {
      records++;
      min = Math.min(min, data.length);
      max = Math.max(max, data.length);
    },
    report: (): RecordsReport => ({
      kind: "records",
      records,
      ...(records > 0 && { recordBytes: { min, max } }),
    }),
  };
}
