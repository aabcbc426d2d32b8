import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { joinBytes } from "./core/joinBytes.ts";
import { type Compression, compressionOf, inflated } from "./formats/inflate.ts";
import { beginning } from "./image/acceptedImage.ts";
import { imageType } from "./image/imageType.ts";
import { type DamageReport, withoutName } from "./inspect/damage.ts";
import type { EventsReport } from "./inspect/events.ts";
import type { DecodePicture, ExamplesReport } from "./inspect/examples.ts";
import { type IdxReport, inspectIdx } from "./inspect/idx.ts";
import { type FileKind, headBytes, kindOf } from "./inspect/kind.ts";
import type { LabelledPicture } from "./inspect/pictures.ts";
import { inspectRecords, type RecordsReport } from "./inspect/records.ts";
import { inspectSafetensors, type SafetensorsReport } from "./inspect/safetensors.ts";

/** What a file holds, and what is wrong with it. */
export type FileReport = ContentReport & {
  /** Of the file as it lies there. */
  readonly bytes: number;
  readonly compression?: Compression;
};

type ContentReport = (ExamplesReport | EventsReport | RecordsReport | SafetensorsReport | IdxReport) & {
  readonly damage: DamageReport;
};

export interface InspectOptions {
  /** How many pictures to give for people to look at. Default 0. */
  readonly preview?: number;
  /** For pictures of a preview that are not grey PNGs; these are left out without it. */
  readonly decodePicture?: DecodePicture;
  /** Bytes read of the file. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** A report, and the pictures that were asked for. */
export interface Inspection {
  readonly report: FileReport;
  readonly pictures: readonly LabelledPicture[];
  /** Of an IDX file of labels: those of the first pictures, which are in another file. */
  readonly labels: readonly number[];
}

/**
 * Looks into a file of TFRecords, TensorBoard events, tensors or IDX, plain or compressed by gzip or zlib. What it is
 * is told by its bytes, never by its name. It is read in one pass; memory holds a few chunks, whatever its length.
 * Damage is part of the report, and reading goes on after it where the format allows that.
 *
 * @throws MnistError `UNSUPPORTED` for a file of another kind, `INTERRUPTED` once `signal` is aborted.
 */
export async function inspect(source: ByteSource, options: InspectOptions = {}): Promise<Inspection> {
  const { kind, compression } = await recognise(source);
  const read = counted(source, options);
  const plain = compression === undefined ? read : endingAtDamage(inflated(read));
  const { report, pictures, labels } = await inspectAs(kind, plain, options);
  const fault = "fault" in plain ? plain.fault() : undefined;
  return {
    report: {
      bytes: source.byteLength ?? read.done(),
      ...(compression && { compression }),
      ...report,
      damage: fault === undefined ? report.damage : withFault(report.damage, fault),
    },
    pictures,
    labels,
  };
}

type Content = Omit<Inspection, "report"> & { readonly report: ContentReport };

async function inspectAs(kind: FileKind, source: ByteSource, options: InspectOptions): Promise<Content> {
  const { preview = 0, decodePicture } = options;
  if (kind === "idx") return inspectIdx(source, preview);
  if (kind === "tfrecord") return { ...(await inspectRecords(source, preview, decodePicture)), labels: [] };
  return { report: await inspectSafetensors(source), pictures: [], labels: [] };
}

/** The same source, which ends where what is compressed cannot be inflated further. */
function endingAtDamage(source: ByteSource) {
  let fault: string | undefined;
  return {
    ...source,
    fault: () => fault,
    async *stream() {
      try {
        yield* source.stream();
      } catch (error) {
        if (!(error instanceof MnistError) || error.code !== "BAD_DATA") throw error;
        fault = withoutName(error.message, source.name);
      }
    },
  };
}

function withFault({ count, first, ...others }: DamageReport, fault: string): DamageReport {
  return { count: count + 1, first: [{ fault }, ...first], ...others };
}

/** Plain formats come first: the length of a record may begin as a compressed stream does. */
async function recognise(source: ByteSource) {
  const head = await headOf(source);
  const plain = kindOf(head);
  if (plain !== undefined) return { kind: plain };
  const compression = compressionOf(head);
  const kind = compression && kindOf(await headOf(endingAtDamage(inflated(source))));
  if (kind !== undefined) return { kind, compression };
  const found = describeOther(head, compression);
  throw new MnistError(
    "UNSUPPORTED",
    `${source.name}: expected TFRecords, TensorBoard events, safetensors or IDX, found ${found}`,
  );
}

async function headOf(source: ByteSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.stream()) {
    pieces.push(chunk);
    length += chunk.length;
    if (length >= headBytes) break;
  }
  return joinBytes(pieces);
}

function describeOther(head: Uint8Array, compression: Compression | undefined): string {
  if (head.length === 0) return "an empty file";
  const picture = imageType(head);
  if (picture) return `a ${picture.toUpperCase()} picture; mnist predict reads digits in PNG and JPEG`;
  if (compression === "gzip") return "a gzip file of something else";
  return `a file of another kind (it begins with ${beginning(head)})`;
}

/** The same source, which tells how far it has been read and ends once the work is to end. */
function counted(source: ByteSource, { onProgress, signal }: InspectOptions) {
  let done = 0;
  return {
    ...source,
    done: () => done,
    async *stream() {
      done = 0;
      for await (const chunk of source.stream()) {
        if (signal?.aborted) throw new MnistError("INTERRUPTED", `${source.name}: interrupted`);
        done += chunk.length;
        onProgress?.(done);
        yield chunk;
      }
    },
  };
}
