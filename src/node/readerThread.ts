import { Worker } from "node:worker_threads";
import type { ReaderThread } from "../input/threadedBatches.ts";

/**
 * The built file, from wherever in `src`, `dist` or the bundled command this is: the three lie beside each other. Sources
 * that run as they are have none, since what is built may be older than they are.
 */
const built = new URL("../../dist/node/readerWorker.js", import.meta.url);

/** Starts a thread that reads data sets; `undefined` where there can be none. */
export function startReader(
  file: URL | undefined = import.meta.url.endsWith(".ts") ? undefined : built,
): ReaderThread | undefined {
  if (file === undefined) return undefined;
  const worker = new Worker(file, { execArgv: [] });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    listen(onMessage, onFailure) {
      worker.removeAllListeners();
      worker.on("message", onMessage).on("error", onFailure).on("messageerror", onFailure);
      worker.on("exit", (code) => onFailure(new Error(`the reading thread ended with ${code}`)));
    },
    setNeeded(isNeeded) {
      if (isNeeded) worker.ref();
      else worker.unref();
    },
    stop: () => void worker.terminate(),
  };
}
