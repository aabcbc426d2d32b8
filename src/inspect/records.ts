import type { ByteSource } from "../core/bytes.ts";
import { decodeExample } from "../formats/example.ts";
import { readRecords, type TFRecord } from "../formats/tfrecord.ts";
import { createDamageLog, type DamageReport } from "./damage.ts";
import { collectEvents, type EventsReport, isEvent } from "./events.ts";
import { collectExamples, type DecodePicture, type ExamplesReport, type Range } from "./examples.ts";
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
  let unread: number | undefined;
  const choose = ({ data }: TFRecord) =>
    isEvent(data)
      ? collectEvents(damage)
      : isExample(data)
        ? collectExamples(damage, preview)
        : collectOthers();
  let collector: ReturnType<typeof choose> | undefined;
  const batches = readRecords(source, "", ({ index, offset, fault, unread: rest }) => {
    damage.add({ record: index, offset, fault });
    unread = rest;
  });
  for await (const records of batches) {
    for (const record of records) {
      collector ??= choose(record);
      collector.add(record);
    }
  }
  collector ??= collectOthers();
  return {
    report: { ...collector.report(), damage: damage.report(unread) },
    pictures: "pictures" in collector ? await collector.pictures(decodePicture) : [],
  };
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
