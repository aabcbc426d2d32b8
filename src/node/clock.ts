import { setTimeout as wait } from "node:timers/promises";

/** Time as downloads see it: the machine's, or a test's, which need not pass. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Comes back after `ms`; throws once `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `ring` once after `ms`, unless the function that it gives back is called before. */
  alarm(ms: number, ring: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  wait: (ms, signal) => wait(ms, undefined, signal && { signal }),
  alarm(ms, ring) {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};
