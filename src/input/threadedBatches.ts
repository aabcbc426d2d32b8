import { originOf, type SourceOrigin } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import { checkedOptions, type ReadBatches } from "./options.ts";
import type { FromReader, ToReader } from "./readerThread.ts";

/** A thread that runs `createReader`. */
export interface ReaderThread {
  post(message: ToReader, transfer: Transferable[]): void;
  /** Both may be told of more than once; the last listeners count. */
  listen(onMessage: (message: FromReader) => void, onFailure: (error: unknown) => void): void;
  /** A thread that is needed keeps the process alive. */
  setNeeded(isNeeded: boolean): void;
  stop(): void;
}

/** Parcels of batches that are read ahead, each of 512 images or one batch. */
const parcelsAhead = 4;

const pixels = mnistSize * mnistSize;

/**
 * The same batches as `onThisThread` gives, read, inflated and decoded on a thread of its own, a few of them ahead. On this
 * thread where there can be no other: for sources that only this one can read, and where `start` fails.
 *
 * One thread is kept for the next call.
 */
export function threadedBatches(
  start: () => ReaderThread | undefined,
  onThisThread: ReadBatches,
): ReadBatches {
  let idle: ReaderThread | undefined;
  return async function* (options) {
    checkedOptions(options);
    const { sources, onDamage, ...sent } = options;
    const origins = sources.map(originOf).filter((origin) => origin !== undefined);
    const thread = origins.length === sources.length ? (idle ?? start()) : undefined;
    idle = undefined;
    if (thread === undefined) {
      yield* onThisThread(options);
      return;
    }
    let isDone = false;
    try {
      const next = converse(thread, origins, sent);
      for (let message = await next(); message.type !== "end"; message = await next()) {
        if (message.type === "damage") onDamage?.(message.damage);
        if (message.type === "failed") {
          yield* onThisThread(options);
          return;
        }
        if (message.type === "error") throw errorOf(message);
        if (message.type !== "parcel") continue;
        const { parcel, counts } = message;
        const { images, labels } = parcel;
        let at = 0;
        for (const count of counts) {
          yield {
            images: images.subarray(at * pixels, (at + count) * pixels),
            labels: labels.subarray(at, at + count),
            count,
          };
          at += count;
        }
        thread.post({ type: "more", parcel }, [images.buffer, labels.buffer]);
      }
      isDone = true;
    } finally {
      thread.setNeeded(false);
      if (isDone && idle === undefined) idle = thread;
      else thread.stop();
    }
  };
}

/** Sets the thread to work; gives what it tells, one after another, or `failed` where it could not even start. */
function converse(
  thread: ReaderThread,
  sources: readonly SourceOrigin[],
  options: Extract<ToReader, { type: "read" }>["options"],
): () => Promise<FromReader | { readonly type: "failed" }> {
  const messages: FromReader[] = [];
  let wake: (() => void) | undefined;
  let failure: { readonly error: unknown } | undefined;
  let hasSpoken = false;
  thread.setNeeded(true);
  thread.listen(
    (message) => {
      hasSpoken = true;
      messages.push(message);
      wake?.();
    },
    (error) => {
      failure = { error };
      wake?.();
    },
  );
  thread.post({ type: "read", sources, options, ahead: parcelsAhead }, []);
  return async () => {
    for (;;) {
      const message = messages.shift();
      if (message !== undefined) return message;
      if (failure !== undefined && !hasSpoken) return { type: "failed" };
      if (failure !== undefined) throw failure.error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}

function errorOf({ code, message }: Extract<FromReader, { type: "error" }>): Error {
  return code === undefined ? new Error(message) : new MnistError(code, message);
}
