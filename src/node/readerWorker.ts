/** What a thread that reads data sets runs; `readerThread.ts` starts it. */
import { parentPort } from "node:worker_threads";
import { createReader } from "../input/readerThread.ts";
import { decodeOne, openOrigin } from "./input.ts";

const port = parentPort;
if (port !== null) {
  const post: Parameters<typeof createReader>[0]["post"] = (message, transfer) =>
    port.postMessage(message, transfer as ArrayBuffer[]);
  port.on("message", createReader({ open: openOrigin, decodePicture: decodeOne, post }));
  post({ type: "ready" }, []);
}
