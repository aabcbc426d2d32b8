import { MnistError } from "../core/errors.ts";
import { decodeExample, encodeExample, type Feature } from "./example.ts";

/** How the pixels of an example are written: a PNG or JPEG file, or the grey levels themselves. */
export type ImageEncoding = "png" | "jpeg" | "raw";

/** One labelled picture as a tf.Example holds it. */
export interface MnistExample {
  readonly label: number;
  readonly height: number;
  readonly width: number;
  /** Of raw pixels; what a picture file has, it says itself. */
  readonly channels: number;
  readonly encoding: ImageEncoding;
  /** The picture file, or raw levels `[height, width, channels]`. */
  readonly bytes: Uint8Array;
}

/** The names of a layout's features. */
interface Layout {
  readonly image: string;
  readonly label: string;
  readonly height: string;
  readonly width: string;
}

/** TF-slim's (research/slim, datasets/dataset_utils.py). */
const slim: Layout = {
  image: "image/encoded",
  label: "image/class/label",
  height: "image/height",
  width: "image/width",
};

/** That of this project's Python ancestor, and of many a tutorial: raw pixels under plain names. */
const plain: Layout = { image: "image_raw", label: "label", height: "height", width: "width" };

/** A tf.Example in TF-slim's layout. */
export function encodeSlimExample(example: Omit<MnistExample, "channels">): Uint8Array {
  return encodeExample(
    new Map<string, Feature>([
      [slim.image, { bytesList: [example.bytes] }],
      ["image/format", { bytesList: [formats[example.encoding]] }],
      [slim.label, { int64List: [example.label] }],
      [slim.height, { int64List: [example.height] }],
      [slim.width, { int64List: [example.width] }],
    ]),
  );
}

const formats: Readonly<Record<ImageEncoding, Uint8Array>> = {
  png: new TextEncoder().encode("png"),
  jpeg: new TextEncoder().encode("jpeg"),
  raw: new TextEncoder().encode("raw"),
};

/** A tf.Example in the plain layout; its `bytes` are raw grey levels. */
export function encodePlainExample(example: Omit<MnistExample, "encoding">): Uint8Array {
  return encodeExample(
    new Map<string, Feature>([
      [plain.image, { bytesList: [example.bytes] }],
      [plain.label, { int64List: [example.label] }],
      [plain.height, { int64List: [example.height] }],
      [plain.width, { int64List: [example.width] }],
      ["depth", { int64List: [example.channels] }],
    ]),
  );
}

/**
 * A labelled picture out of a tf.Example in TF-slim's layout or the plain one, told apart by the keys found.
 *
 * Throws an {@link MnistError} `BAD_DATA` that names the feature where one is missing, is of another type or has
 * a value that cannot be: among these a label that is not 0 .. `classes` - 1.
 */
export function decodeMnistExample(record: Uint8Array, classes: number): MnistExample {
  const features = decodeExample(record);
  const isSlim = features.has(slim.image);
  if (!isSlim && !features.has(plain.image)) {
    const found = [...features.keys()].sort().slice(0, 8).join(", ") || "no features";
    throw new MnistError(
      "BAD_DATA",
      `expected an example with "${slim.image}" (TF-slim) or "${plain.image}", found ${found}`,
    );
  }
  const layout = isSlim ? slim : plain;
  const label = integer(features, layout.label);
  if (label < 0 || label >= classes) {
    throw new MnistError("BAD_DATA", `"${layout.label}" is ${label}, expected 0 to ${classes - 1}`);
  }
  const height = integer(features, layout.height);
  const width = integer(features, layout.width);
  const bytes = oneBytes(features, layout.image);
  const encoding = isSlim ? encodingOf(features) : "raw";
  const channels = encoding === "raw" ? channelsOf(features, bytes.length / (height * width)) : 1;
  if (encoding === "raw" && bytes.length !== height * width * channels) {
    throw new MnistError(
      "BAD_DATA",
      `"${layout.image}" has ${bytes.length} bytes, expected ${height} x ${width} x ${channels}`,
    );
  }
  return { label, height, width, channels, encoding, bytes };
}

/** What the example says, under the plain layout's key or the one of TF-slim's other data sets, or else its length. */
function channelsOf(features: ReadonlyMap<string, Feature>, ratio: number): number {
  for (const key of ["depth", "image/channels"]) if (features.has(key)) return integer(features, key);
  return ratio === 3 || ratio === 4 ? ratio : 1;
}

/** TF-slim's readers take a missing format as raw. */
function encodingOf(features: ReadonlyMap<string, Feature>): ImageEncoding {
  if (!features.has("image/format")) return "raw";
  const bytes = oneBytes(features, "image/format");
  const format = String.fromCharCode(...bytes.subarray(0, 16)).toLowerCase();
  if (format === "png" || format === "raw" || format === "jpeg") return format;
  if (format === "jpg") return "jpeg";
  throw new MnistError("BAD_DATA", `"image/format" is ${JSON.stringify(format)}, expected png, jpeg or raw`);
}

function integer(features: ReadonlyMap<string, Feature>, key: string): number {
  const feature = required(features, key);
  if (!("int64List" in feature)) throw wrongType(key, "an int64 list", feature);
  return single(feature.int64List, key);
}

function oneBytes(features: ReadonlyMap<string, Feature>, key: string): Uint8Array {
  const feature = required(features, key);
  if (!("bytesList" in feature)) throw wrongType(key, "a bytes list", feature);
  return single(feature.bytesList, key);
}

function required(features: ReadonlyMap<string, Feature>, key: string): Feature {
  const feature = features.get(key);
  if (feature === undefined) throw new MnistError("BAD_DATA", `the example has no "${key}"`);
  return feature;
}

function single<T>(values: readonly T[], key: string): T {
  const [value] = values;
  if (value === undefined || values.length !== 1) {
    throw new MnistError("BAD_DATA", `"${key}" has ${values.length} values, expected 1`);
  }
  return value;
}

function wrongType(key: string, expected: string, feature: Feature): MnistError {
  const found =
    "bytesList" in feature ? "a bytes list" : "floatList" in feature ? "a float list" : "an int64 list";
  return new MnistError("BAD_DATA", `"${key}" is ${found}, expected ${expected}`);
}
