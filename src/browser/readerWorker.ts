/** What a worker that reads data sets runs; `input.ts` starts it. */
import { type ByteSource, blobSource, type SourceOrigin } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { createReader, type FromReader } from "../input/readerThread.ts";
import { urlSource } from "../input/urlSource.ts";
import { decodePicture } from "./decodePicture.ts";

function open(origin: SourceOrigin): ByteSource {
  if (origin.kind === "url") return urlSource(origin.url);
  if (origin.kind === "blob") return blobSource(origin.blob, origin.name);
  throw new MnistError("UNSUPPORTED", `${origin.path}: a page has no files by path`);
}

/** A worker's own, which the types of a page do not have. */
const post = postMessage as (message: FromReader, transfer: Transferable[]) => void;
const answer = createReader({ open, decodePicture, post });
addEventListener("message", ({ data }) => answer(data));
post({ type: "ready" }, []);
