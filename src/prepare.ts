import { MnistError } from "./core/errors.ts";
import type { Fingerprint, OutputFolder } from "./core/outputFolder.ts";
import { encodeSlimExample } from "./formats/mnistExample.ts";
import { digitNames, type MnistData, type MnistSplit, mnistClasses, mnistSize } from "./formats/mnistIdx.ts";
import { greyPngEncoder } from "./formats/png.ts";
import { encodeRecord } from "./formats/tfrecord.ts";

/** The files that preparing makes of a data set, named as TF-slim names them; the manifest is written last. */
export function preparedFilesOf(name: string) {
  return {
    train: `${name}_train.tfrecord`,
    test: `${name}_test.tfrecord`,
    labels: "labels.txt",
    manifest: "mnist.json",
  } as const;
}

/** MNIST's. */
export const preparedFiles = preparedFilesOf("mnist");

/** What preparing made, of one split. */
export interface PreparedSplit extends Fingerprint {
  readonly file: string;
  readonly examples: number;
  /** How many examples each class has, `[10]`. */
  readonly perClass: readonly number[];
}

/** What `mnist.json` beside the prepared files says of them. */
export interface Manifest {
  readonly format: "mnist-classification/data";
  readonly version: 1;
  readonly origin: string;
  readonly train: PreparedSplit;
  readonly test: PreparedSplit;
  readonly labels: Fingerprint & { readonly file: string };
}

/** How far preparing is; `done` and `total` count examples. */
export interface PrepareProgress {
  readonly split: "train" | "test";
  readonly done: number;
  readonly total: number;
}

export interface PrepareOptions {
  /** What the files' names start with, `mnist` if not given. */
  readonly name?: string;
  /** For `labels.txt`, `[10]`: the name of class `i` is `classNames[i]`; the digits' if not given. */
  readonly classNames?: readonly string[];
  /** Finds the data set; called only where there is something to make. */
  readonly load: () => Promise<MnistData>;
  readonly output: OutputFolder;
  /** Make all files again, also those that are as they should be. */
  readonly force?: boolean;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

/** The manifest, and which files were made in this run: none where all was there already. */
export interface PrepareResult {
  readonly manifest: Manifest;
  readonly written: readonly string[];
}

/**
 * Writes MNIST, or a data set of the same form, as TFRecords of PNG pictures in TF-slim's layout, with `labels.txt`
 * and, last, a manifest. Files that are there already, by length and SHA-256, are left alone; a missing or damaged
 * one is made again.
 *
 * Throws what `load` and `output` throw, and an {@link MnistError} `INTERRUPTED` once `signal` is aborted.
 */
export async function prepareDataset(options: PrepareOptions): Promise<PrepareResult> {
  const { name = "mnist", classNames = digitNames, output, force = false } = options;
  const files = preparedFilesOf(name);
  const before = parseManifest(await output.read(files.manifest), files);
  const intact = async (file: Fingerprint & { readonly file: string }): Promise<boolean> => {
    const found = await output.fingerprint(file.file);
    return found !== undefined && found.bytes === file.bytes && found.sha256 === file.sha256;
  };
  const kept: { -readonly [K in "train" | "test" | "labels"]?: Manifest[K] } = {};
  if (before !== undefined && !force) {
    if (await intact(before.train)) kept.train = before.train;
    if (await intact(before.test)) kept.test = before.test;
    if (await intact(before.labels)) kept.labels = before.labels;
    if (kept.train && kept.test && kept.labels) return { manifest: before, written: [] };
  }
  const data = await options.load();
  const written: string[] = [];
  const makeSplit = async (split: "train" | "test"): Promise<PreparedSplit> => {
    const file = files[split];
    written.push(file);
    const fingerprint = await output.write(file, recordChunks(data[split], split, options));
    return { file, examples: data[split].count, perClass: countClasses(data[split].labels), ...fingerprint };
  };
  const makeLabels = async (): Promise<Manifest["labels"]> => {
    const file = files.labels;
    written.push(file);
    return { file, ...(await output.write(file, [labelsText(classNames)])) };
  };
  const manifest: Manifest = {
    format: "mnist-classification/data",
    version: 1,
    origin: data.origin,
    train: kept.train ?? (await makeSplit("train")),
    test: kept.test ?? (await makeSplit("test")),
    labels: kept.labels ?? (await makeLabels()),
  };
  written.push(files.manifest);
  await output.write(files.manifest, [utf8(`${JSON.stringify(manifest, null, 2)}\n`)]);
  return { manifest, written };
}

/** The TFRecord file of a split, one record an image, in chunks of some hundred kilobytes. */
export function* splitRecords({ count, images, labels }: MnistSplit): Generator<Uint8Array> {
  const pixels = mnistSize * mnistSize;
  const encodePng = greyPngEncoder(mnistSize, mnistSize);
  for (let start = 0; start < count; start += chunkExamples) {
    const records: Uint8Array[] = [];
    for (let i = start; i < Math.min(start + chunkExamples, count); i++) {
      const png = encodePng(images.subarray(i * pixels, (i + 1) * pixels));
      const example = { png, label: labels[i] ?? 0, height: mnistSize, width: mnistSize };
      records.push(encodeRecord(encodeSlimExample(example)));
    }
    yield concatenate(records);
  }
}

const chunkExamples = 1000;

function* recordChunks(
  split: MnistSplit,
  name: "train" | "test",
  { onProgress, signal }: PrepareOptions,
): Generator<Uint8Array> {
  let done = 0;
  for (const chunk of splitRecords(split)) {
    if (signal?.aborted) throw new MnistError("INTERRUPTED", "preparing was interrupted; run it again");
    yield chunk;
    done = Math.min(done + chunkExamples, split.count);
    onProgress?.({ split: name, done, total: split.count });
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function countClasses(labels: Uint8Array): number[] {
  const counts = new Array<number>(mnistClasses).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** A line for each class, as TF-slim writes them: `0:zero`. */
function labelsText(classNames: readonly string[]): Uint8Array {
  return utf8(classNames.map((name, label) => `${label}:${name}\n`).join(""));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `undefined` where there is no manifest or it is not one of ours: then all is made anew. */
function parseManifest(
  bytes: Uint8Array | undefined,
  files: ReturnType<typeof preparedFilesOf>,
): Manifest | undefined {
  if (bytes === undefined) return undefined;
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Manifest> | null;
    const isOurs =
      manifest?.format === "mnist-classification/data" &&
      manifest.version === 1 &&
      isSplit(manifest.train, files.train) &&
      isSplit(manifest.test, files.test) &&
      manifest.labels?.file === files.labels;
    return isOurs ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

function isSplit(split: PreparedSplit | undefined, file: string): boolean {
  return (
    split?.file === file &&
    Number.isSafeInteger(split.examples) &&
    Array.isArray(split.perClass) &&
    split.perClass.length === mnistClasses &&
    split.perClass.every((count) => Number.isSafeInteger(count))
  );
}
