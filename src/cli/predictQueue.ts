/** Values in the order in which they were put in, for one consumer that waits for them. */
export interface Queue<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** No more will come; with `error`, the consumer gets it after the values. */
  end(error?: unknown): void;
}

export function createQueue<T>(): Queue<T> {
  const values: T[] = [];
  let ended: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  return {
    push(value) {
      values.push(value);
      wake();
    },
    end(error) {
      ended ??= error === undefined ? {} : { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (values.length > 0) yield values.shift() as T;
        if (ended !== undefined) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if ("error" in ended) throw ended.error;
    },
  };
}

/** Results that may wait for an earlier one, for each that is worked on: a slow server does not stop the others at once. */
const aheadEach = 16;

/**
 * What `work` makes of each item, in the items' order, while up to `concurrency` of them are worked on. `work` is called
 * in that order too.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const results = createQueue<Promise<R>>();
  let running = 0;
  let untold = 0;
  let isLeft = false;
  let wake = (): void => {};
  const feed = async (): Promise<void> => {
    for await (const item of items) {
      while (!isLeft && (running >= concurrency || untold >= concurrency * aheadEach)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (isLeft) return;
      running++;
      untold++;
      const result = work(item);
      const done = (): void => {
        running--;
        wake();
      };
      result.then(done, done); // a failure is told of where it is waited for
      results.push(result);
    }
  };
  feed().then(
    () => results.end(),
    (error: unknown) => results.end(error),
  );
  try {
    for await (const result of results) {
      const value = await result;
      untold--;
      wake();
      yield value;
    }
  } finally {
    isLeft = true;
    wake();
  }
}

/** `promise`, or an error of `reason` as soon as `signal` fires, for what cannot be cancelled itself. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(reason());
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
