import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MnistError } from "../core/errors.ts";
import { beginMessage, checkEnd, decodeMessage, readEnd, readInt64 } from "./protobuf.ts";

/** One value of a tf.Example: bytes, float32 numbers, or 64-bit whole numbers within ±(2^53 - 1). */
export type Feature =
  | { readonly bytesList: readonly Uint8Array[] }
  | { readonly floatList: readonly number[] }
  | { readonly int64List: readonly number[] };

/** The content of a tf.Example: its features by key. */
export type Features = ReadonlyMap<string, Feature>;

// Field numbers of TensorFlow's example.proto and feature.proto.
const EXAMPLE_FEATURES = 1;
const FEATURES_FEATURE = 1;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const FEATURE_BYTES_LIST = 1;
const FEATURE_FLOAT_LIST = 2;
const FEATURE_INT64_LIST = 3;
const LIST_VALUE = 1;

/** One writer for all examples: its buffer grows once, which saves half the time. */
const sharedWriter = new BinaryWriter();

/**
 * `features` as the bytes of a tf.Example, keys sorted and numbers packed, so that equal features give equal bytes.
 *
 * @throws MnistError `BAD_ARGUMENT` for a number that the format cannot hold.
 */
export function encodeExample(features: Features): Uint8Array {
  const writer = sharedWriter;
  writer.finish(); // an earlier call may have thrown half way
  beginMessage(writer, EXAMPLE_FEATURES);
  for (const [key, feature] of [...features].sort(([a], [b]) => (a < b ? -1 : 1))) {
    beginMessage(writer, FEATURES_FEATURE);
    writer.tag(ENTRY_KEY, WireType.LengthDelimited).string(key);
    beginMessage(writer, ENTRY_VALUE);
    writeFeature(writer, key, feature);
    writer.join().join();
  }
  return writer.join().finish();
}

function writeFeature(writer: BinaryWriter, key: string, feature: Feature): void {
  if ("bytesList" in feature) {
    beginMessage(writer, FEATURE_BYTES_LIST);
    for (const bytes of feature.bytesList) writer.tag(LIST_VALUE, WireType.LengthDelimited).bytes(bytes);
  } else if ("floatList" in feature) {
    beginMessage(writer, FEATURE_FLOAT_LIST);
    if (feature.floatList.length > 0) {
      beginMessage(writer, LIST_VALUE);
      for (const value of feature.floatList) writer.float(checkFloat32(value, key));
      writer.join();
    }
  } else {
    beginMessage(writer, FEATURE_INT64_LIST);
    if (feature.int64List.length > 0) {
      beginMessage(writer, LIST_VALUE);
      for (const value of feature.int64List) writer.int64(checkWhole(value, key));
      writer.join();
    }
  }
  writer.join();
}

function checkFloat32(value: number, key: string): number {
  const rounded = Math.fround(value);
  if (Number.isFinite(rounded) || !Number.isFinite(value)) return rounded;
  throw unfit(key, "a number within the range of float32", value);
}

function checkWhole(value: number, key: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw unfit(key, "a whole number within ±(2^53 - 1)", value);
}

function unfit(key: string, expected: string, found: number): MnistError {
  return new MnistError("BAD_ARGUMENT", `tf.Example feature "${key}": expected ${expected}, found ${found}`);
}

/**
 * Reads a tf.Example as protobuf demands: fields in any order, packed and unpacked numbers, unknown fields skipped,
 * the last of equal keys wins. The bytes of a bytes list are views into `bytes`.
 *
 * @throws MnistError `BAD_DATA` for bytes that are no tf.Example; the caller knows the file and the record.
 */
export function decodeExample(bytes: Uint8Array): Map<string, Feature> {
  return decodeMessage("tf.Example", new BinaryReader(bytes), readExample);
}

function readExample(reader: BinaryReader): Map<string, Feature> {
  const features = new Map<string, Feature>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === EXAMPLE_FEATURES && type === WireType.LengthDelimited) {
      readFeatures(reader, readEnd(reader, reader.len), features);
    } else reader.skip(type, field);
  }
  return features;
}

function readFeatures(reader: BinaryReader, end: number, features: Map<string, Feature>): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === FEATURES_FEATURE && type === WireType.LengthDelimited) {
      readEntry(reader, readEnd(reader, end), features);
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
}

function readEntry(reader: BinaryReader, end: number, features: Map<string, Feature>): void {
  let key = "";
  let feature: MutableFeature | undefined;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === ENTRY_KEY && type === WireType.LengthDelimited) key = reader.string(true);
    else if (field === ENTRY_VALUE && type === WireType.LengthDelimited) {
      feature = readFeature(reader, readEnd(reader, end), feature);
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
  if (feature) features.set(key, feature);
  else features.delete(key); // a feature of no kind is an absent one
}

type MutableFeature = { bytesList: Uint8Array[] } | { floatList: number[] } | { int64List: number[] };

/** Reads into `feature`, what the same entry said before: a list of its kind goes on, another kind replaces it. */
function readFeature(
  reader: BinaryReader,
  end: number,
  feature: MutableFeature | undefined,
): MutableFeature | undefined {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) reader.skip(type, field);
    else if (field === FEATURE_BYTES_LIST) {
      if (!(feature && "bytesList" in feature)) feature = { bytesList: [] };
      readBytesList(reader, readEnd(reader, end), feature.bytesList);
    } else if (field === FEATURE_FLOAT_LIST) {
      if (!(feature && "floatList" in feature)) feature = { floatList: [] };
      readNumbers(reader, readEnd(reader, end), feature.floatList, WireType.Bit32, readFloat);
    } else if (field === FEATURE_INT64_LIST) {
      if (!(feature && "int64List" in feature)) feature = { int64List: [] };
      readNumbers(reader, readEnd(reader, end), feature.int64List, WireType.Varint, readInt64);
    } else reader.skip(type, field);
  }
  checkEnd(reader, end);
  return feature;
}

function readBytesList(reader: BinaryReader, end: number, list: Uint8Array[]): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === LIST_VALUE && type === WireType.LengthDelimited) list.push(reader.bytes());
    else reader.skip(type, field);
  }
  checkEnd(reader, end);
}

const readFloat = (reader: BinaryReader): number => reader.float();

/** Numbers, packed and not; `unpacked` is the wire type of one that stands alone. */
function readNumbers(
  reader: BinaryReader,
  end: number,
  list: number[],
  unpacked: WireType,
  readOne: (reader: BinaryReader) => number,
): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === LIST_VALUE && type === WireType.LengthDelimited) {
      const stop = readEnd(reader, end);
      while (reader.pos < stop) list.push(readOne(reader));
      checkEnd(reader, stop);
    } else if (field === LIST_VALUE && type === unpacked) list.push(readOne(reader));
    else reader.skip(type, field);
  }
  checkEnd(reader, end);
}
