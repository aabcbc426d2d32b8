import type { Dtype } from "../formats/safetensors.ts";
import { collectStatistics, type Statistics } from "./statistics.ts";

type ReadElement = (view: DataView, at: number) => number;

/** How one element is read, little-endian, by dtype; those of 8-bit floats are not looked at. */
const readers: Readonly<Partial<Record<Dtype, readonly [bytes: number, read: ReadElement]>>> = {
  BOOL: [1, (view, at) => view.getUint8(at)],
  U8: [1, (view, at) => view.getUint8(at)],
  I8: [1, (view, at) => view.getInt8(at)],
  U16: [2, (view, at) => view.getUint16(at, true)],
  I16: [2, (view, at) => view.getInt16(at, true)],
  F16: [2, (view, at) => halfToNumber(view.getUint16(at, true))],
  BF16: [2, (view, at) => brainToNumber(view.getUint16(at, true))],
  U32: [4, (view, at) => view.getUint32(at, true)],
  I32: [4, (view, at) => view.getInt32(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  U64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  F64: [8, (view, at) => view.getFloat64(at, true)],
};

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function brainToNumber(bits: number): number {
  scratch.setUint16(0, bits);
  return scratch.getFloat32(0);
}

/** Statistics of one tensor's elements, whose bytes come in pieces of any size. */
export interface TensorStatistics {
  add(bytes: Uint8Array): void;
  /** `undefined` for a dtype whose elements are not looked at. */
  result(): Statistics | undefined;
}

/** Statistics of the elements of a tensor of this dtype. */
export function tensorStatistics(dtype: Dtype): TensorStatistics {
  const reader = readers[dtype];
  if (!reader) return { add: () => {}, result: () => undefined };
  const [size, read] = reader;
  const statistics = collectStatistics();
  /** The beginning of an element whose end is in the next piece. */
  const cut = new Uint8Array(size);
  const cutView = new DataView(cut.buffer);
  let held = 0;
  return {
    add(bytes) {
      let at = 0;
      if (held > 0) {
        at = Math.min(size - held, bytes.length);
        cut.set(bytes.subarray(0, at), held);
        held += at;
        if (held < size) return;
        statistics.add(read(cutView, 0));
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (; at + size <= bytes.length; at += size) statistics.add(read(view, at));
      held = bytes.length - at;
      cut.set(bytes.subarray(at));
    },
    result: () => statistics.result(),
  };
}
