import { crc32c, maskCrc } from "../formats/crc32c.ts";
import { beginsAsIdx } from "./idx.ts";

/** What a file is, before it is known what its records are. */
export type FileKind = "tfrecord" | "safetensors" | "idx";

/** How many bytes of a file are enough to tell its kind. */
export const headBytes = 1 << 16;

/** The kind of the file that begins with `head`, {@link headBytes} of it or all; `undefined` for any other. */
export function kindOf(head: Uint8Array): FileKind | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (beginsAsRecords(head, view)) return "tfrecord";
  if (beginsAsSafetensors(head, view)) return "safetensors";
  return beginsAsIdx(head) ? "idx" : undefined;
}

/** The first record's length has the right checksum; or else the second one's has, where the first one puts it. */
function beginsAsRecords(head: Uint8Array, view: DataView): boolean {
  if (isRecordHeader(head, view, 0)) return true;
  if (head.length < 12 || view.getUint32(4, true) !== 0) return false;
  return isRecordHeader(head, view, view.getUint32(0, true) + 16);
}

function isRecordHeader(head: Uint8Array, view: DataView, at: number): boolean {
  if (at + 12 > head.length) return false;
  return view.getUint32(at + 8, true) === maskCrc(crc32c(head, at, at + 8));
}

/** The length of a JSON object below 4 GB, then its brace. */
function beginsAsSafetensors(head: Uint8Array, view: DataView): boolean {
  return head.length >= 9 && view.getUint32(4, true) === 0 && head[8] === 0x7b;
}
