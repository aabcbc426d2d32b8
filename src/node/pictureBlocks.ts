import { join } from "node:path";
import { MnistError } from "../core/errors.ts";
import type { PictureBlock, PictureBlocks, RefusedPicture } from "../core/pictureBlocks.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import { digitFromPicture } from "../image/digitFromPicture.ts";
import { decodePicture } from "./decodePicture.ts";
import { readFileBytes } from "./readFile.ts";

/** A file in a class's folder. */
export interface PictureFile {
  readonly label: number;
  readonly name: string;
  /** Why it is refused without being read. */
  readonly fault?: string;
}

/** More than any photo needs; the same as for pictures by URL. */
export const maximumFileBytes = 20_000_000;

interface PictureBlocksOptions {
  readonly folder: string;
  readonly classNames: readonly string[];
  /** Names of classes that must have a picture among these. */
  readonly required: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

/** Pictures of 28x28 in a block. */
const blockPictures = 256;

/** Pictures that are read and decoded at once: the decoder has four threads. */
const readAhead = 4;

const pixels = mnistSize * mnistSize;

/**
 * The pictures of `files` as MNIST's are, by the same steps as prediction's, read as they are asked for. Memory
 * holds a block and the few pictures that are being decoded.
 *
 * Its blocks throw an {@link MnistError} `BAD_DATA` in the end where a required class has no picture, `INTERRUPTED`.
 */
export function pictureBlocks(files: readonly PictureFile[], options: PictureBlocksOptions): PictureBlocks {
  const { folder, classNames, required, signal } = options;
  return {
    count: files.length,
    async *blocks(): AsyncGenerator<PictureBlock> {
      const empty = new Set(required);
      let block = emptyBlock();
      /** The first of each class. */
      const faults = new Map<number, string>();
      const read = (file: PictureFile) => readPicture(folder, classNames[file.label] ?? "", file);
      for await (const { label, picture, result } of inOrder(files, readAhead, read)) {
        if (signal?.aborted) throw new MnistError("INTERRUPTED", "preparing was interrupted; run it again");
        if (typeof result === "string") {
          block.refused.push({ picture, reason: result });
          if (!faults.has(label)) faults.set(label, `${picture}: ${result}`);
        } else {
          block.images.set(result, block.count * pixels);
          block.labels[block.count++] = label;
          empty.delete(classNames[label] ?? "");
        }
        if (block.count + block.refused.length === blockPictures) {
          yield block;
          block = emptyBlock();
        }
      }
      yield block;
      const [missing] = empty;
      if (missing !== undefined) {
        const fault = faults.get(classNames.indexOf(missing));
        throw new MnistError(
          "BAD_DATA",
          `${join(folder, missing)}: expected PNG or JPEG pictures to train on, and none could be used` +
            `${fault === undefined ? "" : ` (${fault})`}; add some, or remove the folder`,
        );
      }
    },
  };
}

function emptyBlock() {
  const [images, labels] = [new Uint8Array(blockPictures * pixels), new Uint8Array(blockPictures)];
  return { count: 0, images, labels, refused: [] as RefusedPicture[] };
}

/** The picture as 28x28 pixels, or the reason why it cannot be. */
async function readPicture(folder: string, className: string, { label, name, fault }: PictureFile) {
  const picture = `${className}/${name}`;
  const read = async (): Promise<Uint8Array | string> => {
    if (fault !== undefined) return fault;
    const path = join(folder, className, name);
    try {
      const digit = digitFromPicture(await decodePicture(await readFileBytes(path, maximumFileBytes), path));
      return digit?.pixels ?? "nothing is drawn in it";
    } catch (error) {
      if (!(error instanceof MnistError)) throw error;
      return error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message;
    }
  };
  return { label, picture, result: await read() };
}

/** What `work` gives for each item, in their order, `ahead` of them worked on at once. */
async function* inOrder<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for (const item of items) {
    const result = work(item);
    result.catch(() => {}); // thrown where it is its turn
    begun.push(result);
    const first = begun.length > ahead ? begun.shift() : undefined;
    if (first) yield await first;
  }
  for (const result of begun) yield await result;
}
