import { MnistError } from "./core/errors.ts";
import { decodeMnistExample } from "./formats/mnistExample.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import type { DecodePicture } from "./image/picture.ts";
import { digitOfExample } from "./input/digitOfExample.ts";
import { type Batch, checkedOptions, type EpochOptions } from "./input/options.ts";
import { readInOrder, type SourceItem } from "./input/shards.ts";
import { createShuffleBuffer } from "./input/shuffleBuffer.ts";

type Options = ReturnType<typeof checkedOptions>;

const pixels = mnistSize * mnistSize;

/** Pictures that are with a decoder at once; each may be 64 MB there. */
const decodedAtOnce = 8;

/**
 * Batches of labelled pictures, streamed: memory holds the shuffle buffer, one batch and a few chunks of each open file,
 * whatever the length of the files. The next chunk is read while the consumer works.
 *
 * Throws an {@link MnistError} that names file, record and offset: `BAD_DATA` for a damaged record or one that is
 * no labelled picture, `UNSUPPORTED` for a picture that needs `decodePicture` where there is none.
 */
export async function* epochBatches(
  options: EpochOptions,
  decodePicture?: DecodePicture,
): AsyncGenerator<Batch> {
  const checked = checkedOptions(options);
  const { repeat, shuffle } = checked;
  let toSkip = checked.skipBatches;
  for (let pass = 0; pass < repeat; pass++) {
    const epoch = shuffle && { ...shuffle, epoch: shuffle.epoch + pass };
    let isEmpty = true;
    for await (const batch of onePass({ ...checked, shuffle: epoch }, decodePicture)) {
      isEmpty = false;
      if (toSkip > 0) toSkip--;
      else yield batch;
    }
    if (isEmpty) return; // else nothing would be repeated for ever
  }
}

async function* onePass(options: Options, decodePicture: DecodePicture | undefined): AsyncGenerator<Batch> {
  const { sources, recordCounts, batchSize, shuffle, skip, take, classes } = options;
  const end = skip + take;
  if (end === 0) return;
  const waiting = shuffle && createShuffleBuffer(shuffle, pixels);
  const images = new Uint8Array(batchSize * pixels);
  const labels = new Int32Array(batchSize);
  const batch = { images, labels, count: batchSize };
  let count = 0;
  /** Whether the batch is full now. */
  const isFull = (): boolean => {
    if (count < batchSize) return false;
    count = 0;
    return true;
  };
  /** Takes in what came of a record; gives whether the batch is full. */
  const accept = (place: Place, image: Uint8Array, label: Label): boolean => {
    if (typeof label !== "number") return leaveOut(place, label, options);
    if (waiting === undefined) {
      images.set(image, count * pixels);
      labels[count++] = label;
    } else if (waiting.exchange(image, label, batch, count)) count++;
    return isFull();
  };

  let index = 0;
  let image = new Uint8Array(pixels);
  /** Records whose pictures are being decoded beside each other, and those that wait behind them. */
  let decoding: Attempt[] = [];
  reading: for await (const items of readInOrder(sources, recordCounts)) {
    for (const { source, item } of items) {
      // A record that cannot be read is told of even where it would not be used.
      if ("fault" in item || isChosen(index, options)) {
        const place = { source, item, index };
        const label = decodeItem(place, image, classes, decodePicture);
        if (decoding.length === 0 && !(label instanceof Promise)) {
          if (accept(place, image, label)) yield batch;
        } else {
          decoding.push({ place, image, label });
          image = new Uint8Array(pixels);
          if (decoding.length === decodedAtOnce) {
            for (const one of decoding) if (accept(one.place, one.image, await one.label)) yield batch;
            decoding = [];
          }
        }
      }
      index++;
      if (index === end) break reading;
    }
  }
  for (const one of decoding) if (accept(one.place, one.image, await one.label)) yield batch;
  while (waiting?.drain(batch, count)) {
    count++;
    if (isFull()) yield batch;
  }
  if (count > 0)
    yield { images: images.subarray(0, count * pixels), labels: labels.subarray(0, count), count };
}

/** A record's place in the data set. */
interface Place extends SourceItem {
  readonly index: number;
}

/** A record whose picture is being decoded into `image`. */
interface Attempt {
  readonly place: Place;
  readonly image: Uint8Array;
  readonly label: Label | Promise<Label>;
}

function isChosen(index: number, { skip, shard, only, except }: Options): boolean {
  if (index < skip || (index - skip) % shard.count !== shard.index) return false;
  return (only?.has(index) ?? true) && !except?.has(index);
}

/** Throws what is wrong with a record, or tells of it where the options say so. */
function leaveOut(
  { source, item, index }: Place,
  error: MnistError,
  { onCorrupt, onDamage }: Options,
): false {
  if (onCorrupt === "fail" || error.code !== "BAD_DATA") throw error;
  const endsFile = "fault" in item && item.unread !== undefined;
  const { message } = error;
  onDamage?.({ source: source.name, record: item.index, offset: item.offset, index, message, endsFile });
  return false;
}

/** What came of a record: its label, or why it has none. */
type Label = number | MnistError;

/** Decodes a record's picture into `image` and gives its label, or says what is wrong with it. */
function decodeItem(
  { source, item }: SourceItem,
  image: Uint8Array,
  classes: number,
  decodePicture: DecodePicture | undefined,
): Label | Promise<Label> {
  if ("fault" in item) return new MnistError("BAD_DATA", item.message);
  const wrong = (error: unknown): MnistError => {
    if (!(error instanceof MnistError)) throw error;
    const at = `record ${item.index.toLocaleString("en-US")} at offset ${item.offset.toLocaleString("en-US")}`;
    const code = error.code === "BAD_IMAGE" ? "BAD_DATA" : error.code;
    return new MnistError(code, `${source.name}: ${at}: ${error.message}`, { cause: error });
  };
  try {
    const example = decodeMnistExample(item.data, classes);
    const decoding = digitOfExample(example, image, decodePicture);
    const labelled = decoding?.then(() => example.label, wrong);
    labelled?.catch(() => {}); // it is awaited in its turn
    return labelled ?? example.label;
  } catch (error) {
    return wrong(error);
  }
}
