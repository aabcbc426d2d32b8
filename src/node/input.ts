import { type ByteSource, blobSource, type SourceOrigin } from "../core/bytes.ts";
import type { Picture } from "../image/picture.ts";
import type { ReadBatches } from "../input/options.ts";
import { threadedBatches } from "../input/threadedBatches.ts";
import { urlSource } from "../input/urlSource.ts";
import { epochBatches } from "../input.ts";
import { fileSource } from "./files.ts";
import { startReader } from "./readerThread.ts";

/** The source that was made from `origin`, on another thread. */
export function openOrigin(origin: SourceOrigin): ByteSource {
  if (origin.kind === "file") return fileSource(origin.path);
  if (origin.kind === "url") return urlSource(origin.url);
  return blobSource(origin.blob, origin.name);
}

/** sharp, or a decoder of our own, loaded at the first picture. */
export async function decodeOne(bytes: Uint8Array, name: string): Promise<Picture> {
  const { decodePicture } = await import("./decodePicture.ts");
  return decodePicture(bytes, name);
}

/** Batches of a data set, read on a thread of its own where the sources are files or URLs. */
export const readBatches: ReadBatches = threadedBatches(startReader, (options) =>
  epochBatches(options, decodeOne),
);
