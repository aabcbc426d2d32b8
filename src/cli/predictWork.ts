import { MnistError } from "../core/errors.ts";
import { stopOptimizing } from "../node/optimizer.ts";
import { nodePlatform } from "../node/platform.ts";
import type { Library, Model } from "../predict.ts";
import type { Prediction } from "../recognition/prediction.ts";
import type { PictureFiles } from "./predictFiles.ts";
import type { ReadSettings } from "./predictFlags.ts";
import { untilAborted } from "./predictQueue.ts";
import type { Source } from "./predictSource.ts";
import { rehearse } from "./rehearse.ts";
import { formatCount, type Io } from "./terminal.ts";

/** What came of one picture. */
export type Answer =
  | { readonly source: string; readonly prediction: Prediction }
  | { readonly source: string; readonly error: MnistError };

/** What pictures are read with. */
export interface Reading {
  readonly library: Library;
  /** It may still be loading while pictures are fetched and decoded. */
  readonly model: Promise<Model>;
  readonly limits: ReadSettings["limits"];
  readonly allowFormats: ReadSettings["allowFormats"];
  readonly isSingle: boolean;
  /** There is one picture, after which the process ends. */
  readonly isOne: boolean;
  readonly files?: PictureFiles;
  readonly signal: AbortSignal;
}

/**
 * A function that reads a picture. What is wrong with the picture is an answer; what would go wrong with every other one too,
 * the model or a full disk, is thrown.
 */
export function pictureReader(reading: Reading, io: Io): (source: Source) => Promise<Answer> {
  const { library, model, allowFormats, isSingle, isOne, files, signal } = reading;
  let isRehearsed = false;
  return async (source) => {
    const fileName = files?.nameFor(source);
    const { name } = source;
    try {
      const shown = name === "-" ? "standard input" : name;
      const bytes = await untilAborted(bytesOf(source, reading, io), signal, interrupted);
      const decoding = nodePlatform.decodePicture(bytes, shown, { allowFormats });
      if (!isRehearsed) rehearse(library, model, decoding);
      isRehearsed = true;
      if (isOne) stopOptimizing();
      const picture = await decoding;
      if (signal.aborted) throw interrupted();
      const prediction = await library.predict(model, picture, { name: shown, single: isSingle });
      if (files && fileName) await files.write(fileName, picture, prediction);
      return { source: name, prediction };
    } catch (error) {
      await model; // without a model no other picture can do better
      if (error instanceof MnistError) return { source: name, error };
      throw error;
    }
  };
}

function interrupted(): MnistError {
  return new MnistError("INTERRUPTED", "interrupted");
}

async function bytesOf(source: Source, { limits, signal }: Reading, io: Io): Promise<Uint8Array> {
  if (signal.aborted) throw interrupted();
  if (source.kind === "refused") throw source.error;
  if (source.kind === "input") return readAll(io.stdin, limits.maxBytes);
  try {
    return await nodePlatform.read(source.kind === "file" ? source.path : source.name, { ...limits, signal });
  } catch (error) {
    if (error instanceof MnistError || !(error instanceof Error && "code" in error)) throw error;
    const message = `${source.name}: it cannot be read (${String(error.code)}); check the path`;
    throw new MnistError("NOT_FOUND", message, { cause: error });
  }
}

/** A pipe may have no end. */
async function readAll(stdin: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > maxBytes) {
      const most = formatCount(maxBytes);
      throw new MnistError(
        "BAD_IMAGE",
        `standard input: at most ${most} bytes are read, and more came; give a smaller picture`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
