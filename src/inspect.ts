import type { ByteSource } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { joinBytes } from "./core/joinBytes.ts";
import { type Compression, openInflated } from "./formats/inflate.ts";
import { beginning } from "./image/acceptedImage.ts";
import { imageType } from "./image/imageType.ts";
import type { DamageReport } from "./inspect/damage.ts";
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
  const { fault, ...content } = await inspectAs({ kind, compression }, read, options);
  const { damage } = content.report;
  return {
    ...content,
    report: {
      bytes: source.byteLength ?? read.done(),
      ...(compression && { compression }),
      ...content.report,
      ...(fault !== undefined && {
        damage: { ...damage, count: damage.count + 1, first: [{ fault }, ...damage.first] },
      }),
    },
  };
}

interface Content extends Omit<Inspection, "report"> {
  readonly report: ContentReport;
  /** Why what is compressed could not be inflated to its end, where the report does not say it. */
  readonly fault?: string | undefined;
}

async function inspectAs(
  { kind, compression }: { readonly kind: FileKind; readonly compression: Compression | undefined },
  source: ByteSource,
  { preview = 0, decodePicture }: InspectOptions,
): Promise<Content> {
  if (kind === "tfrecord") return { ...(await inspectRecords(source, preview, decodePicture)), labels: [] };
  const plain = inflated(source);
  // A plain file has a length, against which lengths within it are checked.
  const read = compression ? plain : source;
  if (kind === "idx") return { ...(await inspectIdx(read, preview)), fault: plain.fault() };
  return { report: await inspectSafetensors(read), pictures: [], labels: [], fault: plain.fault() };
}

async function recognise(source: ByteSource) {
  const plain = inflated(source);
  const kind = kindOf(await headOf(plain));
  const compression = plain.compression();
  if (kind !== undefined) return { kind, compression };
  const found = describeOther(await headOf(source), compression);
  throw new MnistError(
    "UNSUPPORTED",
    `${source.name}: expected TFRecords, TensorBoard events, safetensors or IDX, found ${found}`,
  );
}

/** The source, inflated where it is compressed, which ends where it cannot be inflated further. */
function inflated(source: ByteSource) {
  let compression: Compression | undefined;
  let fault: string | undefined;
  return {
    name: source.name,
    compression: () => compression,
    fault: () => fault,
    async *stream() {
      const opened = await openInflated(source, headBytes, (head) => kindOf(head) !== undefined);
      compression = opened.compression;
      try {
        yield* opened.chunks;
      } catch (error) {
        if (!(error instanceof MnistError) || error.code !== "BAD_DATA") throw error;
        fault = error.message;
      }
    },
  };
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
