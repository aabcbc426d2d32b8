import type { RandomAccess } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";

/** A tensor's numbers, outermost axis first, and what they are. */
export interface TensorData {
  readonly dtype: "F32" | "U8" | "I32";
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array;
}

/** A name for the elements of a tensor as the format knows it, whether or not this project computes with them. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** What the header says of a tensor of any dtype. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its data begin and end, in bytes from where all data begin. */
  readonly begin: number;
  readonly end: number;
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name. */
  readonly tensors: Map<string, TensorData>;
  readonly metadata: Record<string, string>;
}

const ARRAYS = { F32: Float32Array, U8: Uint8Array, I32: Int32Array } as const;
/** The dtypes of the format, bytes an element. */
const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
const METADATA_KEY = "__metadata__";
const LENGTH_BYTES = 8;
/** The specification's limit, so that a parser cannot be kept busy. */
const MAX_HEADER_BYTES = 100_000_000;
/** Where the data begins is a multiple of this, so that every dtype can be viewed in place. */
const ALIGNMENT = 8;

/**
 * `tensors` as a safetensors file: u64 header length, JSON header padded with spaces, then the data of the tensors in
 * the map's order without gaps, all little-endian (github.com/huggingface/safetensors, "Format").
 *
 * @throws MnistError `BAD_ARGUMENT` for a tensor whose data is not of its dtype and shape.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = Object.keys(metadata).length > 0 ? [`"${METADATA_KEY}":${JSON.stringify(metadata)}`] : [];
  let dataBytes = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const { dtype, shape, data } = tensor;
    const info = { dtype, shape, data_offsets: [dataBytes, dataBytes + data.byteLength] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    dataBytes += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(file.buffer).setUint32(0, headerBytes, true);
  file.set(json, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function checkTensor(name: string, { dtype, shape, data }: TensorData): void {
  const fail = (fault: string) => new MnistError("BAD_ARGUMENT", `safetensors: tensor "${name}": ${fault}`);
  if (name === METADATA_KEY)
    throw fail("the format keeps this name for the metadata; give the tensor another");
  if (!(data instanceof ARRAYS[dtype])) {
    throw fail(`dtype ${dtype} expects a ${ARRAYS[dtype].name}, found a ${data.constructor.name}`);
  }
  if (sizeOf(shape) !== data.length) {
    throw fail(`shape [${shape}] expects ${sizeOf(shape)} values, found ${data.length}`);
  }
}

/** Where a tensor's bytes are in the file, and what they are. */
export interface TensorPlace {
  readonly dtype: TensorData["dtype"];
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a safetensors file says of itself before its data. */
export interface SafetensorsHeader {
  /** By name. */
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file and checks all that the specification demands: nothing is taken of a file whose header and
 * data do not fit each other byte for byte. Tensors are views into `bytes` where the alignment allows it.
 *
 * @param name what people call the file; for messages.
 * @throws MnistError `BAD_CHECKPOINT`.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const { tensors, metadata } = decodeHeader(bytes, bytes.length, name);
  return {
    tensors: new Map(
      [...tensors].map(([key, place]) => [
        key,
        { dtype: place.dtype, shape: place.shape, data: viewData(bytes, place) },
      ]),
    ),
    metadata,
  };
}

/** Most headers are shorter: they come with the first read. */
const FIRST_READ_BYTES = 1 << 14;

/**
 * Reads the header of a safetensors file, and no data.
 *
 * @throws MnistError `BAD_CHECKPOINT`.
 */
export async function readSafetensorsHeader(file: RandomAccess): Promise<SafetensorsHeader> {
  const first = new Uint8Array(Math.min(FIRST_READ_BYTES, file.byteLength));
  await file.read(first, 0);
  const end = safetensorsDataStart(first, file.byteLength, file.name);
  if (end <= first.length) return decodeHeader(first, file.byteLength, file.name);
  const all = new Uint8Array(end);
  await file.read(all, 0);
  return decodeHeader(all, file.byteLength, file.name);
}

/** The header at the start of `bytes`, for a file of `fileBytes`, all of whose tensors this project can compute with. */
function decodeHeader(bytes: Uint8Array, fileBytes: number, name: string): SafetensorsHeader {
  const dataStart = safetensorsDataStart(bytes, fileBytes, name);
  const { tensors, metadata } = parseSafetensorsHeader(bytes.subarray(LENGTH_BYTES, dataStart), name);
  const places = tensors.map(({ name: tensor, dtype, shape, begin, end }) => {
    if (dtype === "F32" || dtype === "U8" || dtype === "I32") {
      return [tensor, { dtype, shape, begin: dataStart + begin, end: dataStart + end }] as const;
    }
    throw failure(name)(`tensor "${tensor}": dtype is "${dtype}", expected F32, U8 or I32`);
  });
  checkTensorOffsets(tensors, fileBytes - dataStart, name);
  return { tensors: new Map(places), metadata };
}

/**
 * Where the data of a safetensors file begin, by its first eight bytes.
 *
 * @param head the file's beginning.
 * @param fileBytes the file's length; infinite where it is not known.
 * @throws MnistError `BAD_CHECKPOINT` for a length that cannot be.
 */
export function safetensorsDataStart(head: Uint8Array, fileBytes: number, name: string): number {
  const fail = failure(name);
  if (head.length < LENGTH_BYTES) {
    throw fail(
      `a safetensors file begins with ${LENGTH_BYTES} bytes of header length, found ${head.length} in all`,
    );
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw fail(
      `the header length is ${headerBytes}, expected at most ${MAX_HEADER_BYTES}; is this a safetensors file?`,
    );
  }
  if (LENGTH_BYTES + headerBytes > fileBytes) {
    throw fail(
      `the header length is ${headerBytes}, but only ${fileBytes - LENGTH_BYTES} bytes follow; the file is cut off`,
    );
  }
  return LENGTH_BYTES + headerBytes;
}

/**
 * Reads the JSON of a safetensors header, the bytes between the header's length and the data: tensors of any dtype, in
 * its order.
 *
 * @throws MnistError `BAD_CHECKPOINT` where it is not as the specification demands.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  name: string,
): { readonly tensors: readonly TensorInfo[]; readonly metadata: Record<string, string> } {
  const fail = failure(name);
  const header = parseHeader(bytes, fail);
  const tensors = Object.entries(header)
    .filter(([key]) => key !== METADATA_KEY)
    .map(([tensor, value]) => parseInfo(tensor, value, fail));
  return { tensors, metadata: parseMetadata(header[METADATA_KEY], fail) };
}

function failure(name: string): Fail {
  return (fault, cause) => new MnistError("BAD_CHECKPOINT", `${name}: ${fault}`, { cause });
}

type Fail = (fault: string, cause?: unknown) => MnistError;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw fail(`the header begins with byte ${bytes[0] ?? "nothing"}, expected 123 ("{")`);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fail(`the header is not JSON in UTF-8: ${reason}`, cause);
  }
  const twice = findDuplicateKey(text);
  if (twice !== undefined) throw fail(`the header has the key "${twice}" twice, expected once`);
  return header as Record<string, unknown>; // valid JSON that begins with "{" is an object
}

/** The first key that occurs twice in one object of the valid JSON `text`: JSON.parse takes the last in silence. */
function findDuplicateKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{") objects.push(new Set());
    else if (char === "}") objects.pop();
    else if (char === '"') {
      const start = at;
      do at += text[at] === "\\" ? 2 : 1;
      while (text[at] !== '"');
      const after = /\S/g;
      after.lastIndex = at + 1;
      if (after.exec(text)?.[0] !== ":") continue;
      const key: string = JSON.parse(text.slice(start, at + 1));
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function parseMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw fail(`${METADATA_KEY} is ${shown(value)}, expected an object of strings`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw fail(`metadata "${key}" is ${shown(text)}, expected a string`);
  }
  return value as Record<string, string>;
}

function parseInfo(name: string, value: unknown, failFile: Fail): TensorInfo {
  const fail = (fault: string) => failFile(`tensor "${name}": ${fault}`);
  if (!isObject(value))
    throw fail(`found ${shown(value)}, expected an object with dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype))
    throw fail(`dtype is ${shown(dtype)}, expected one of ${Object.keys(DTYPE_BYTES).join(", ")}`);
  if (!isCounts(shape) || !Number.isSafeInteger(sizeOf(shape))) {
    throw fail(`shape is ${shown(shape)}, expected whole numbers with a product below 2^53`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw fail(`data_offsets are ${shown(offsets)}, expected two whole numbers`);
  }
  const [begin = 0, end = 0] = offsets;
  const expected = sizeOf(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== expected) {
    throw fail(
      `data_offsets [${begin},${end}] are ${end - begin} bytes, expected ${expected} for ${dtype} [${shape}]`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Checks that the tensors fill `dataBytes` bytes of data from the first to the last, without holes and overlaps.
 *
 * @throws MnistError `BAD_CHECKPOINT`.
 */
export function checkTensorOffsets(infos: readonly TensorInfo[], dataBytes: number, name: string): void {
  const fail = failure(name);
  let filled = 0;
  for (const { name: tensor, begin, end } of [...infos].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled) {
      const fault = begin < filled ? "it overlaps the tensor before it" : "there is a hole before it";
      throw fail(`tensor "${tensor}": its data begin at byte ${begin}, expected ${filled}; ${fault}`);
    }
    filled = end;
  }
  if (filled !== dataBytes) {
    const fault = filled > dataBytes ? "the file is cut off" : "the file has bytes that belong to no tensor";
    throw fail(`the data are ${dataBytes} bytes, expected ${filled}; ${fault}`);
  }
}

function viewData(file: Uint8Array, { dtype, begin, end }: TensorPlace): TensorData["data"] {
  const ArrayType = ARRAYS[dtype];
  const aligned = (file.byteOffset + begin) % ArrayType.BYTES_PER_ELEMENT === 0;
  const bytes = aligned ? file.subarray(begin, end) : file.slice(begin, end);
  return new ArrayType(
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.length / ArrayType.BYTES_PER_ELEMENT,
  );
}

const isDtype = (value: unknown): value is Dtype =>
  typeof value === "string" && Object.hasOwn(DTYPE_BYTES, value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);

/** A value from the header, short enough for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
