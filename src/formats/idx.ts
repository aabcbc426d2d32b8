import { MnistError } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";

/** The array of an IDX file: its axes, outermost first, and its elements in row-major order. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file's own bytes, `[...shape]`. */
  readonly data: Uint8Array;
}

const uint8Type = 0x08;

/**
 * Reads an IDX file of unsigned bytes: two zero bytes, the element type, the number of axes, the length of each
 * axis as u32 BE, then the elements. `name` is used in messages.
 *
 * Throws an {@link MnistError} `BAD_DATA` unless magic, axes and the file's exact length agree.
 * Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  if (bytes.byteLength < 4) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected an IDX file, found ${bytes.byteLength} bytes, fewer than its magic number has`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 8 !== uint8Type || rank === 0) {
    const hint = magic >>> 16 === 0x1f8b ? "; the file is still compressed: its name must end in .gz" : "";
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected an IDX file of unsigned bytes (magic number 0x00000801 to 0x000008ff), ` +
        `found 0x${magic.toString(16).padStart(8, "0")}${hint}`,
    );
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.byteLength < headerBytes) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected a header of ${headerBytes} bytes for ${rank} axes, found ${bytes.byteLength} bytes in all`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = headerBytes + sizeOf(shape);
  if (bytes.byteLength !== expected) {
    throw new MnistError(
      "BAD_DATA",
      `${name}: expected ${expected} bytes for an array of ${formatShape(shape)}, found ${bytes.byteLength}; ` +
        "the file is cut off or damaged: get it again",
    );
  }
  return { shape, data: bytes.subarray(headerBytes) };
}
