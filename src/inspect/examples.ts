import { MnistError } from "../core/errors.ts";
import { decodeExample, type Feature } from "../formats/example.ts";
import { decodeMnistExample, type ImageEncoding, type MnistExample } from "../formats/mnistExample.ts";
import { decodeGreyPng } from "../formats/png.ts";
import type { TFRecord } from "../formats/tfrecord.ts";
import type { Picture } from "../image/picture.ts";
import type { DamageLog } from "./damage.ts";
import { type LabelCounts, labelHistogram } from "./labels.ts";
import { pictureHeader } from "./pictureHeader.ts";
import { decodedPreview, greyPreview, type LabelledPicture } from "./pictures.ts";

/** The least and the most of what was seen. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What the records have under one key. */
export interface KeyReport {
  readonly key: string;
  /** More than one where records differ. */
  readonly types: readonly FeatureType[];
  /** How many records have it. */
  readonly records: number;
  /** Values in a record. */
  readonly values: Range;
  /** Of each bytes value, where there are some. */
  readonly bytes?: Range;
  /** The smallest and the largest number, where there are some. */
  readonly numbers?: Range;
}

export type FeatureType = "bytes" | "float" | "int64";

/** Pictures that are alike in all but what they show. */
export interface PictureKind {
  readonly encoding: ImageEncoding;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly count: number;
  /** Of one picture, as it lies in the file. */
  readonly bytes: Range;
}

/** What a TFRecord file of tf.Examples holds. */
export interface ExamplesReport {
  readonly kind: "examples";
  /** Records that are intact tf.Examples, whether or not they have a picture. */
  readonly records: number;
  /** TF-slim's keys, or the plain ones (`image_raw`, `label`); `mixed` where records differ. */
  readonly layout: "slim" | "classic" | "mixed" | "unknown";
  /** By name. */
  readonly keys: readonly KeyReport[];
  /** The most frequent first. */
  readonly pictures: readonly PictureKind[];
  readonly labels: LabelCounts;
}

/** Reads a picture of any kind; what the machine has for it. */
export type DecodePicture = (bytes: Uint8Array, name: string) => Promise<Picture>;

/** More than any layout has; what a foreign file has beyond is not told. */
const maxKeys = 1000;
/** More than a data set of one making has; a folder's worth of photos may have as many as photos. */
const maxPictureKinds = 1000;
/** A label is a byte. */
const classes = 256;
/** Pictures with more are not decoded to be checked. */
const maxCheckedPixels = 4_000_000;

interface Key {
  readonly types: Set<FeatureType>;
  records: number;
  readonly values: MutableRange;
  readonly bytes: MutableRange;
  readonly numbers: MutableRange;
}

/**
 * Takes the records of a file of tf.Examples one after another. Damage is also what is whole as a record but is no
 * labelled picture though its keys say so.
 *
 * @param preview how many pictures to keep.
 */
export function collectExamples(damage: DamageLog, preview: number) {
  const keys = new Map<string, Key>();
  const kinds = new Map<
    string,
    { kind: Omit<PictureKind, "count" | "bytes">; count: number; bytes: MutableRange }
  >();
  const labels = labelHistogram();
  const layouts = new Set<"slim" | "classic" | "unknown">();
  const kept: { readonly example: MnistExample; readonly index: number }[] = [];
  let records = 0;

  const addFeature = (key: string, feature: Feature): void => {
    let found = keys.get(key);
    if (!found) {
      if (keys.size === maxKeys) return;
      found = { types: new Set(), records: 0, values: range(), bytes: range(), numbers: range() };
      keys.set(key, found);
    }
    found.records++;
    if ("bytesList" in feature) {
      found.types.add("bytes");
      extend(found.values, feature.bytesList.length);
      for (const bytes of feature.bytesList) extend(found.bytes, bytes.length);
      return;
    }
    const isFloat = "floatList" in feature;
    const numbers = isFloat ? feature.floatList : feature.int64List;
    found.types.add(isFloat ? "float" : "int64");
    extend(found.values, numbers.length);
    for (const number of numbers) if (Number.isFinite(number)) extend(found.numbers, number);
  };

  const addPicture = (example: MnistExample, record: TFRecord): void => {
    const kind = checkPicture(example);
    labels.add(example.label);
    const { encoding, width, height, channels } = kind;
    const id = `${encoding} ${width} ${height} ${channels}`;
    const same = kinds.get(id) ?? { kind, count: 0, bytes: range() };
    if (kinds.size < maxPictureKinds) kinds.set(id, same);
    same.count++;
    extend(same.bytes, example.bytes.length);
    const isSmall = width * height * channels <= maxCheckedPixels;
    if (kept.length < preview && isSmall) {
      kept.push({ example: { ...example, ...kind, bytes: example.bytes.slice() }, index: record.index });
    }
  };

  return {
    add(record: TFRecord): void {
      const place = { record: record.index, offset: record.offset };
      const features = damage.attempt(() => decodeExample(record.data), place);
      if (!features) return;
      records++;
      for (const [key, feature] of features) addFeature(key, feature);
      const layout = layoutOf(features);
      layouts.add(layout);
      if (layout !== "unknown") {
        damage.attempt(() => addPicture(decodeMnistExample(record.data, classes), record), place);
      }
    },
    report: (): ExamplesReport => ({
      kind: "examples",
      records,
      layout: layouts.size > 1 ? "mixed" : ([...layouts][0] ?? "unknown"),
      keys: [...keys].map(([key, found]) => describeKey(key, found)).sort((a, b) => (a.key < b.key ? -1 : 1)),
      pictures: [...kinds.values()]
        .map(({ kind, count, bytes }) => ({ ...kind, count, bytes: { ...bytes } }))
        .sort((a, b) => b.count - a.count),
      labels: labels.result(),
    }),
    /** The pictures kept; one that needs `decode` and does not have it, or fails there, is left out. */
    async pictures(decode?: DecodePicture): Promise<LabelledPicture[]> {
      const shown: LabelledPicture[] = [];
      for (const { example, index } of kept) {
        const pixels = greyPixels(example);
        const picture = pixels ? greyPreview(example, pixels) : await decodeOther(example, decode);
        if (picture) shown.push({ ...picture, index, label: example.label });
      }
      return shown;
    },
  };
}

function layoutOf(features: ReadonlyMap<string, Feature>): "slim" | "classic" | "unknown" {
  if (features.has("image/encoded")) return "slim";
  return features.has("image_raw") ? "classic" : "unknown";
}

function describeKey(key: string, { types, records, values, bytes, numbers }: Key): KeyReport {
  return {
    key,
    types: [...types],
    records,
    values: { ...values },
    ...(bytes.min <= bytes.max && { bytes: { ...bytes } }),
    ...(numbers.min <= numbers.max && { numbers: { ...numbers } }),
  };
}

/**
 * What kind of picture an example has, as its bytes say, once these have been found to be what the example says of
 * them.
 *
 * @throws MnistError `BAD_DATA` where they are not, or are damaged.
 */
function checkPicture(example: MnistExample): Omit<PictureKind, "count" | "bytes"> {
  const { encoding, width, height, channels, bytes } = example;
  if (encoding === "raw") return { encoding, width, height, channels };
  const header = pictureHeader(bytes);
  const name = encoding.toUpperCase();
  if (header?.encoding !== encoding) {
    const found = header ? `a ${header.encoding.toUpperCase()}` : `${bytes.length} bytes that are none`;
    throw new MnistError("BAD_DATA", `expected a ${name} as the example says, found ${found}`);
  }
  if (header.width !== width || header.height !== height) {
    throw new MnistError(
      "BAD_DATA",
      `the ${name} is ${header.width}x${header.height}, expected ${width}x${height} as the example says`,
    );
  }
  greyPixels({ ...example, channels: header.channels });
  return header;
}

/** The pixels of a grey picture that needs no decoder but ours; `undefined` for others. */
function greyPixels(example: MnistExample): Uint8Array | undefined {
  const { encoding, width, height, channels, bytes } = example;
  if (channels !== 1 || width * height > maxCheckedPixels) return undefined;
  if (encoding === "raw") return bytes;
  if (encoding === "jpeg") return undefined;
  const pixels = new Uint8Array(width * height);
  try {
    decodeGreyPng(bytes, example, pixels);
    return pixels;
  } catch (error) {
    // Of 1, 2, 4 or 16 bits, or interlaced.
    if (error instanceof MnistError && error.code === "UNSUPPORTED") return undefined;
    throw error;
  }
}

async function decodeOther(example: MnistExample, decode: DecodePicture | undefined) {
  if (example.encoding === "raw" || !decode) return undefined;
  try {
    return decodedPreview(await decode(example.bytes, "picture"));
  } catch (error) {
    if (error instanceof MnistError) return undefined;
    throw error;
  }
}

interface MutableRange {
  min: number;
  max: number;
}

const range = (): MutableRange => ({ min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY });

function extend(one: MutableRange, value: number): void {
  if (value < one.min) one.min = value;
  if (value > one.max) one.max = value;
}
