import { MnistError } from "./core/errors.ts";
import type { OutputFolder, PendingFile } from "./core/outputFolder.ts";
import type { PictureBlock, PictureBlocks } from "./core/pictureBlocks.ts";
import { checkDataFormat, type DataFormat, defaultDataFormat, splitFiles } from "./dataFormat.ts";
import { type EncodeJpeg, exampleEncoder } from "./exampleEncoder.ts";
import { digitNames } from "./formats/mnistIdx.ts";
import { encodeClassNames } from "./input/classNames.ts";
import {
  encodeManifest,
  filesOf,
  type Manifest,
  manifestFile,
  type PreparedFile,
  type PreparedSplit,
  parseManifest,
} from "./manifest.ts";
import { beginRecordFile, type RecordFile } from "./recordFile.ts";
import { writeSplit } from "./writeSplit.ts";

/** The files that preparing MNIST makes unless told otherwise, named as TF-slim names them. */
export const preparedFiles = {
  train: "mnist_train.tfrecord",
  test: "mnist_test.tfrecord",
  labels: "labels.txt",
  manifest: manifestFile,
} as const;

/** What is written: each split at once, or block by block, and what people call the place it comes from. */
export interface DataToPrepare {
  readonly origin: string;
  readonly train: PictureBlock | PictureBlocks;
  readonly test: PictureBlock | PictureBlocks;
}

/** How far preparing is; `done` and `total` count pictures. */
export interface PrepareProgress {
  readonly split: "train" | "test";
  readonly done: number;
  readonly total: number;
}

export interface PrepareOptions {
  /** What the slim layout's file names begin with; letters, digits, `_` and `-`. Default `mnist`. */
  readonly name?: string;
  /** For `labels.txt`: class `i` is called `classNames[i]`. Default the digits, `zero` to `nine`. */
  readonly classNames?: readonly string[];
  /** Finds the data; called only where there is something to make. */
  readonly load: () => Promise<DataToPrepare>;
  /** Tells the source's state: files made from another one are made again. */
  readonly source?: string;
  readonly output: OutputFolder;
  /** What is left out is as in {@link defaultDataFormat}; the classic layout is raw. */
  readonly format?: Partial<DataFormat>;
  /** Needed for the encoding `jpeg`. */
  readonly encodeJpeg?: EncodeJpeg;
  /** Make all files again, also those that are as they should be. */
  readonly force?: boolean;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

/** The manifest, and which files were made or taken away in this run: none where all was there already. */
export interface PrepareResult {
  readonly manifest: Manifest;
  readonly written: readonly string[];
  /** Files of a former run that these take the place of: another layout's or number of shards. */
  readonly removed: readonly string[];
}

/**
 * Writes a data set as TFRecords with `labels.txt` and, last, a manifest. Files that are there already, by length
 * and SHA-256, are left alone; a missing or damaged one is made again. Until all are made whole, none of the old ones
 * changes; then the new ones take their places, and those that only the former manifest names go.
 *
 * Throws what `load`, its blocks and `output` throw, and an {@link MnistError}: `INTERRUPTED` once `signal` is
 * aborted, `BAD_ARGUMENT` for a format that cannot be, or for a folder with another data set in it.
 */
export async function prepareDataset(options: PrepareOptions): Promise<PrepareResult> {
  const { name = "mnist", classNames = digitNames, output, force = false } = options;
  if (!dataSetName.test(name)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `name: expected letters, digits, _ and -, found ${JSON.stringify(name)}`,
    );
  }
  const format = formatOf(options);
  const wanted: Wanted = {
    format: "mnist-classification/data",
    version: 2,
    name,
    ...format,
    ...(options.source !== undefined && { source: options.source }),
    classNames,
  };

  const before = parseManifest(await output.read(manifestFile));
  if (before !== undefined && before.name !== name && !force) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `${output.name}: expected an empty folder or one with the data set ${name}, found ${before.name}; ` +
        "choose another --output, or replace it with --force",
    );
  }
  const kept = new Map<string, PreparedFile>();
  if (before !== undefined && !force && isSame(before, wanted)) {
    for (const file of filesOf(before)) if (await isIntact(output, file)) kept.set(file.file, file);
    if (kept.size === filesOf(before).length) return { manifest: before, written: [], removed: [] };
  }

  const data = await options.load();
  const staged: Staged[] = [];
  try {
    const makeSplit = async (split: "train" | "test"): Promise<PreparedSplit> => {
      const files = splitFiles(name, format, split);
      if (before !== undefined && files.every((file) => kept.has(file))) return before[split];
      const shards: (RecordFile | undefined)[] = [];
      for (const file of files) {
        const shard = kept.has(file) ? undefined : await beginRecordFile(output, file, format.compression);
        shards.push(shard);
        if (shard) staged.push({ name: file, file: shard });
      }
      const total = data[split].count;
      const { perClass, refused } = await writeSplit(data[split], shards, {
        encode: exampleEncoder(format, options.encodeJpeg),
        classes: classNames.length,
        onProgress: (done) => options.onProgress?.({ split, done, total }),
        ...(options.signal && { signal: options.signal }),
      });
      const made: PreparedFile[] = [];
      for (const [index, file] of files.entries()) {
        const fingerprint = (await shards[index]?.finish()) ?? kept.get(file);
        if (fingerprint) made.push({ file, bytes: fingerprint.bytes, sha256: fingerprint.sha256 });
      }
      const examples = perClass.reduce((sum, count) => sum + count, 0);
      return { files: made, examples, perClass, ...("blocks" in data[split] && { refused }) };
    };
    const makeLabels = async (): Promise<PreparedFile> => {
      const file = await output.begin(preparedFiles.labels);
      staged.push({ name: preparedFiles.labels, file });
      await file.write(encodeClassNames(classNames));
      return { file: preparedFiles.labels, ...(await file.finish()) };
    };
    const manifest: Manifest = {
      ...wanted,
      origin: data.origin,
      train: await makeSplit("train"),
      test: await makeSplit("test"),
      labels: kept.get(preparedFiles.labels) ?? (await makeLabels()),
    };
    for (const { file } of staged) await file.commit();
    const removed = await removeFormer(output, before, manifest);
    const file = await output.begin(manifestFile);
    staged.push({ name: manifestFile, file });
    await file.write(encodeManifest(manifest));
    await file.finish();
    await file.commit();
    return { manifest, written: staged.map((one) => one.name), removed };
  } finally {
    for (const { file } of staged) await file.discard(); // does nothing to those that have their names
  }
}

/** What a manifest says of the wish. */
type Wanted = Omit<Manifest, "origin" | "train" | "test" | "labels">;

interface Staged {
  readonly name: string;
  readonly file: Omit<PendingFile, "write">;
}

/** What becomes part of file names, and is looked for in them. */
const dataSetName = /^[\w-]+$/;

function formatOf({ format = {}, encodeJpeg }: PrepareOptions): DataFormat {
  const encoding = format.layout === "classic" ? "raw" : defaultDataFormat.encoding;
  const whole = { ...defaultDataFormat, encoding, ...format };
  checkDataFormat(whole);
  if (whole.encoding === "jpeg" && encodeJpeg === undefined)
    throw new MnistError("BAD_ARGUMENT", "encoding jpeg: expected encodeJpeg, found none; give one");
  return whole;
}

/** Whether what a manifest tells of was made of the same and in the same way. */
function isSame(before: Manifest, wanted: Wanted): boolean {
  const keys = ["name", "layout", "encoding", "shards", "compression", "source", "classNames"] as const;
  const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const hasFiles = (split: "train" | "test"): boolean =>
    isEqual(
      before[split].files.map(({ file }) => file),
      splitFiles(wanted.name, wanted, split),
    );
  return keys.every((key) => isEqual(before[key], wanted[key])) && hasFiles("train") && hasFiles("test");
}

async function isIntact(output: OutputFolder, file: PreparedFile): Promise<boolean> {
  const found = await output.fingerprint(file.file);
  return found !== undefined && found.bytes === file.bytes && found.sha256 === file.sha256;
}

/** Takes away the files of a former run that the new manifest does not name, so that readers find one data set. */
async function removeFormer(
  output: OutputFolder,
  before: Manifest | undefined,
  manifest: Manifest,
): Promise<readonly string[]> {
  if (before === undefined) return [];
  const named = new Set(filesOf(manifest).map(({ file }) => file));
  const former = filesOf(before).flatMap(({ file }) => (named.has(file) ? [] : [file]));
  const removed: string[] = [];
  for (const file of former) {
    if ((await output.fingerprint(file)) === undefined) continue;
    await output.remove(file);
    removed.push(file);
  }
  return removed;
}
