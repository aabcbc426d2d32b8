import type { Fingerprint } from "./core/outputFolder.ts";
import type { RefusedPicture } from "./core/pictureBlocks.ts";
import type { DataFormat } from "./dataFormat.ts";

/** What the manifest beside prepared files is called. */
export const manifestFile = "mnist.json";

/** A file that preparing made, by its name in the folder. */
export interface PreparedFile extends Fingerprint {
  readonly file: string;
}

/** What preparing made, of one split. */
export interface PreparedSplit {
  /** One, or the shards in their order. */
  readonly files: readonly PreparedFile[];
  readonly examples: number;
  /** How many examples each class has, `[classes]`. */
  readonly perClass: readonly number[];
  /** The pictures that could not be used; only where the data come from a folder of pictures. */
  readonly refused?: readonly RefusedPicture[];
}

/** What `mnist.json` beside the prepared files says of them. */
export interface Manifest extends DataFormat {
  readonly format: "mnist-classification/data";
  readonly version: 2;
  /** What the files' names begin with. */
  readonly name: string;
  readonly origin: string;
  /** Tells this source from others, and from what it was at another time, where there is such a thing. */
  readonly source?: string;
  /** The name of class `i` is `classNames[i]`. */
  readonly classNames: readonly string[];
  readonly train: PreparedSplit;
  readonly test: PreparedSplit;
  readonly labels: PreparedFile;
}

/** All files that a manifest names but itself. */
export function filesOf({ train, test, labels }: Manifest): readonly PreparedFile[] {
  return [...train.files, ...test.files, labels];
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** `undefined` where there is no manifest or it is not one of ours: then all is made anew. */
export function parseManifest(bytes: Uint8Array | undefined): Manifest | undefined {
  if (bytes === undefined) return undefined;
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Manifest> | null;
    const isOurs =
      manifest?.format === "mnist-classification/data" &&
      manifest.version === 2 &&
      typeof manifest.name === "string" &&
      typeof manifest.origin === "string" &&
      isListOf(manifest.classNames, (name) => typeof name === "string") &&
      isSplit(manifest.train, manifest.classNames.length) &&
      isSplit(manifest.test, manifest.classNames.length) &&
      isFile(manifest.labels);
    return isOurs ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

function isSplit(split: Partial<PreparedSplit> | undefined, classes: number): boolean {
  return (
    Number.isSafeInteger(split?.examples) &&
    isListOf(split?.files, isFile) &&
    isListOf(split?.perClass, (count) => Number.isSafeInteger(count)) &&
    split?.perClass?.length === classes &&
    (split.refused === undefined || isListOf(split.refused, isRefused))
  );
}

function isRefused(refused: Partial<RefusedPicture> | null): boolean {
  return typeof refused?.picture === "string" && typeof refused.reason === "string";
}

/** A manifest may be a stranger's: no name in it leads out of the folder or to a file of another kind. */
const fileName = /^([\w-]+\.tfrecords?(-\d{5}-of-\d{5})?|labels\.txt)$/;

function isFile(file: Partial<PreparedFile> | null | undefined): boolean {
  return typeof file?.file === "string" && fileName.test(file.file);
}

function isListOf<T>(list: readonly T[] | undefined, is: (item: T) => boolean): list is readonly T[] {
  return Array.isArray(list) && list.every(is);
}
