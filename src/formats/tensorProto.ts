import { type BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Shape, sizeOf } from "../core/shape.ts";
import { beginMessage, checkEnd, readEnd, readInt64 } from "./protobuf.ts";

/** A TensorFlow tensor as summaries carry it; `values` are flat, outermost axis first. */
export type SummaryTensor =
  | { readonly dtype: "float32" | "float64"; readonly shape: Shape; readonly values: readonly number[] }
  | { readonly dtype: "string"; readonly shape: Shape; readonly values: readonly Uint8Array[] };

// Field numbers and data types of TensorFlow's tensor.proto, tensor_shape.proto and types.proto.
const DTYPE = 1;
const TENSOR_SHAPE = 2;
const TENSOR_CONTENT = 4;
const FLOAT_VAL = 5;
const DOUBLE_VAL = 6;
const STRING_VAL = 8;
const SHAPE_DIM = 2;
const DIM_SIZE = 1;
export const DT_FLOAT = 1;
const DT_DOUBLE = 2;
const DT_STRING = 7;

/** Writes `tensor` as field `field` of the message being written. */
export function writeTensor(writer: BinaryWriter, field: number, tensor: SummaryTensor): void {
  const types = { float32: DT_FLOAT, float64: DT_DOUBLE, string: DT_STRING };
  beginMessage(writer, field);
  writer.tag(DTYPE, WireType.Varint).int32(types[tensor.dtype]);
  writeShape(writer, TENSOR_SHAPE, tensor.shape);
  if (tensor.dtype === "string") {
    for (const bytes of tensor.values) writer.tag(STRING_VAL, WireType.LengthDelimited).bytes(bytes);
  } else if (tensor.dtype === "float32") {
    beginMessage(writer, FLOAT_VAL);
    for (const value of tensor.values) writer.float(Math.fround(value));
    writer.join();
  } else {
    beginMessage(writer, TENSOR_CONTENT);
    for (const value of tensor.values) writer.double(value);
    writer.join();
  }
  writer.join();
}

/** Writes `shape` as field `field`; -1 is an extent that is not known. */
export function writeShape(writer: BinaryWriter, field: number, shape: Shape): void {
  beginMessage(writer, field);
  for (const size of shape) {
    beginMessage(writer, SHAPE_DIM);
    if (size !== 0) writer.tag(DIM_SIZE, WireType.Varint).int64(size);
    writer.join();
  }
  writer.join();
}

/**
 * Reads a tensor that ends at `end`; undefined for a dtype that summaries of this project do not use.
 *
 * @throws RangeError where the values are not as many as the shape says.
 */
export function readTensor(reader: BinaryReader, end: number): SummaryTensor | undefined {
  let type = 0;
  let shape: number[] = [];
  let content: Uint8Array | undefined;
  const numbers: number[] = [];
  const strings: Uint8Array[] = [];
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    if (field === DTYPE && wire === WireType.Varint) type = reader.int32();
    else if (field === TENSOR_SHAPE && wire === WireType.LengthDelimited)
      shape = readShape(reader, readEnd(reader, end));
    else if (field === TENSOR_CONTENT && wire === WireType.LengthDelimited) content = reader.bytes();
    else if (field === STRING_VAL && wire === WireType.LengthDelimited) strings.push(reader.bytes());
    else if (field === FLOAT_VAL && wire === WireType.Bit32) numbers.push(reader.float());
    else if (field === DOUBLE_VAL && wire === WireType.Bit64) numbers.push(reader.double());
    else if ((field === FLOAT_VAL || field === DOUBLE_VAL) && wire === WireType.LengthDelimited) {
      const stop = readEnd(reader, end);
      while (reader.pos < stop) numbers.push(field === FLOAT_VAL ? reader.float() : reader.double());
      checkEnd(reader, stop);
    } else reader.skip(wire, field);
  }
  checkEnd(reader, end);
  if (type === DT_STRING) return { dtype: "string", shape, values: checkCount(shape, strings) };
  if (type !== DT_FLOAT && type !== DT_DOUBLE) return undefined;
  const dtype = type === DT_FLOAT ? "float32" : "float64";
  return { dtype, shape, values: checkCount(shape, content ? numbersOf(content, dtype) : numbers) };
}

function readShape(reader: BinaryReader, end: number): number[] {
  const shape: number[] = [];
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    if (field === SHAPE_DIM && wire === WireType.LengthDelimited)
      shape.push(readDim(reader, readEnd(reader, end)));
    else reader.skip(wire, field);
  }
  checkEnd(reader, end);
  return shape;
}

function readDim(reader: BinaryReader, end: number): number {
  let size = 0;
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    if (field === DIM_SIZE && wire === WireType.Varint) size = readInt64(reader);
    else reader.skip(wire, field);
  }
  checkEnd(reader, end);
  return size;
}

function numbersOf(content: Uint8Array, dtype: "float32" | "float64"): number[] {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const numbers: number[] = [];
  const step = dtype === "float32" ? 4 : 8;
  for (let at = 0; at < content.length; at += step) {
    numbers.push(step === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
  }
  return numbers;
}

function checkCount<T>(shape: Shape, values: readonly T[]): readonly T[] {
  if (values.length === sizeOf(shape)) return values;
  throw new RangeError(
    `a tensor has ${values.length} values, expected ${sizeOf(shape)} for shape [${shape}]`,
  );
}
