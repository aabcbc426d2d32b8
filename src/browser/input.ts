import type { ReadBatches } from "../input/options.ts";
import { type ReaderThread, threadedBatches } from "../input/threadedBatches.ts";
import { epochBatches } from "../input.ts";
import { decodePicture } from "./decodePicture.ts";

/** Starts a Web Worker that reads data sets; `undefined` where a page's policy forbids it. */
function startReader(): ReaderThread | undefined {
  let worker: Worker;
  try {
    worker = new Worker(new URL("./readerWorker.js", import.meta.url), { type: "module" });
  } catch {
    return undefined;
  }
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onFailure) {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = (event) =>
        onFailure(new Error(event.message || "the reading worker cannot be loaded"));
      worker.onmessageerror = () => onFailure(new Error("the reading worker sent what cannot be read"));
    },
    setNeeded() {}, // a page stays
    stop: () => worker.terminate(),
  };
}

/** Batches of a data set, read in a worker where the sources are files (`blobSource`) or URLs. */
export const readBatches: ReadBatches = threadedBatches(startReader, (options) =>
  epochBatches(options, decodePicture),
);
