import type { ByteSource } from "../core/bytes.ts";
import { joinBytes } from "../core/joinBytes.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { createDamageLog, type DamageReport } from "./damage.ts";
import type { LabelCounts } from "./labels.ts";
import { greyPreview, type LabelledPicture } from "./pictures.ts";
import { type Statistics, statisticsOfBytes } from "./statistics.ts";

/** What an IDX file holds. */
export interface IdxReport {
  readonly kind: "idx";
  /** By its axes: `[n]` are labels, `[n, height, width]` images. */
  readonly content: "labels" | "images" | "array";
  readonly elementType: string;
  /** As the header has it. */
  readonly shape: readonly number[];
  /** Of labels, each with its count. */
  readonly labels?: LabelCounts;
  /** Of bytes that are no labels. */
  readonly values?: Statistics;
  readonly damage: DamageReport;
}

/** Images with more pixels are not shown: they are no digits. */
const maxPreviewPixels = 512 * 512;

/** Element types by their code, with their bytes (http://yann.lecun.com/exdb/mnist/, "The IDX file format"). */
const elementTypes: Readonly<Record<number, readonly [name: string, bytes: number]>> = {
  8: ["uint8", 1],
  9: ["int8", 1],
  11: ["int16", 2],
  12: ["int32", 4],
  13: ["float32", 4],
  14: ["float64", 8],
};

/** Whether `head` begins as an IDX file does: two zero bytes, an element type that there is, at least one axis. */
export function beginsAsIdx(head: Uint8Array): boolean {
  const [first, second, type = 0, rank = 0] = head;
  return head.length >= 4 && first === 0 && second === 0 && type in elementTypes && rank > 0;
}

/** A report, and the beginning of the file for a preview. */
export interface IdxInspection {
  readonly report: IdxReport;
  readonly pictures: readonly LabelledPicture[];
  /** Of a file of labels; what an images file lacks. */
  readonly labels: readonly number[];
}

/**
 * Reads an IDX file once, of which {@link beginsAsIdx} is true; memory holds one chunk and the first `preview` images
 * or labels. An IDX file of images has no labels: they are in a file of their own.
 */
export async function inspectIdx(source: ByteSource, preview: number): Promise<IdxInspection> {
  const damage = createDamageLog(source.name);
  const header: number[] = [];
  let headerBytes = 4;
  let length = 0;
  let layout = layoutOf(header);
  const counts = new Float64Array(256);
  const first: Uint8Array[] = [];
  let room = 0;
  for await (const chunk of source.stream()) {
    length += chunk.length;
    let at = 0;
    while (header.length < headerBytes && at < chunk.length) {
      header.push(chunk[at++]!);
      if (header.length === 4) headerBytes = 4 + 4 * header[3]!;
      if (header.length !== headerBytes) continue;
      layout = layoutOf(header);
      room = bytesOfFirst(preview, layout);
    }
    const data = at === 0 ? chunk : chunk.subarray(at);
    if (room > 0 && data.length > 0) first.push(data.slice(0, room));
    room -= Math.min(room, data.length);
    if (layout.elementType === "uint8") for (const byte of data) counts[byte]!++;
  }
  const { shape, content, elementType, elementBytes } = layout;
  if (header.length < headerBytes) {
    damage.add({ fault: `the file ends after ${length} bytes, within its header of ${headerBytes}` });
  } else if (length !== headerBytes + sizeOf(shape) * elementBytes) {
    const expected = headerBytes + sizeOf(shape) * elementBytes;
    const what = length < expected ? "the file is cut off" : "there are bytes that belong to nothing";
    damage.add({
      fault: `${length} bytes, expected ${expected} for ${formatShape(shape)} of ${elementType}; ${what}`,
    });
  }
  const isBytes = elementType === "uint8" && shape.length > 0;
  const begun = joinBytes(first);
  return {
    report: {
      kind: "idx",
      content,
      elementType,
      shape,
      ...(isBytes && content === "labels" && { labels: labelsOf(counts) }),
      ...(isBytes && content !== "labels" && { values: statisticsOfBytes(counts) }),
      damage: damage.report(),
    },
    pictures: content === "images" ? picturesOf(begun, layout) : [],
    labels: content === "labels" ? [...begun] : [],
  };
}

interface Layout extends Pick<IdxReport, "content" | "elementType" | "shape"> {
  readonly elementBytes: number;
}

/** What a header says; without axes before it is whole. */
function layoutOf(header: readonly number[]): Layout {
  const [elementType, elementBytes] = elementTypes[header[2] ?? 8]!;
  const view = new DataView(Uint8Array.from(header).buffer);
  const rank = header[3] ?? 0;
  const isWhole = header.length === 4 + 4 * rank;
  const shape = isWhole ? Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)) : [];
  const content = rank === 1 ? "labels" : rank === 3 ? "images" : "array";
  return { content, elementType, elementBytes, shape };
}

/** How many bytes the first `count` images or labels take; none of what cannot be shown. */
function bytesOfFirst(count: number, { content, elementType, shape }: Layout): number {
  const size = sizeOf(shape.slice(1));
  if (elementType !== "uint8" || content === "array" || size > maxPreviewPixels) return 0;
  return Math.min(count, shape[0] ?? 0) * size;
}

function picturesOf(bytes: Uint8Array, { shape }: Layout): LabelledPicture[] {
  const [, height = 0, width = 0] = shape;
  const size = height * width;
  const count = size > 0 ? Math.floor(bytes.length / size) : 0;
  return Array.from({ length: count }, (_, index) => {
    const pixels = bytes.subarray(index * size, (index + 1) * size);
    return { ...greyPreview({ width, height }, pixels), index };
  });
}

function labelsOf(counts: Float64Array): LabelCounts {
  return [...counts].map((count, label) => ({ label, count })).filter(({ count }) => count > 0);
}
