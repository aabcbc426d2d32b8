import { MnistError } from "../core/errors.ts";
import type { Clock } from "./clock.ts";
import { download, type Outcome } from "./download.ts";
import type { PartialFile } from "./partialFile.ts";

export interface MirrorOptions {
  /** Where the file is, in the order to try. */
  readonly urls: readonly string[];
  /** What the file is called in messages. */
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
  /** What is wrong with bytes of that length, `undefined` where they are the file. */
  readonly check: (bytes: Uint8Array) => string | undefined;
  readonly clock: Clock;
  /** Evenly spread over [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (length: number) => void;
  /** What failed and what is waited for, for people who wonder why it takes so long. */
  readonly onTrouble?: (sentence: string) => void;
}

/** Every mirror is asked this many times while nothing comes. */
const rounds = 5;
/** The wait before the second round; each further one is twice as long. Half of it is left to chance. */
const backOffMs = 1_000;
/** The most that a server's Retry-After is heeded; one that asks for more is left alone. */
const longestRetryAfterMs = 60_000;
const stallMs = 30_000;
/** 26 MB in ten minutes are 44 kB/s; on a slower line the next request goes on from what came. */
const requestMs = 600_000;
/** What must come in a round for the rounds to start anew. */
const progressBytes = 1 << 16;

interface Mirror {
  readonly url: string;
  tries: number;
  failure: string;
  isOut: boolean;
  /** When it may be asked again. */
  readyAt: number;
  mismatches: number;
  etag?: string;
}

/**
 * The whole file, checked, from the first mirror that has it. What a mirror breaks off, it or the next one goes on
 * with. Mirrors that fail for a moment are asked again after all others were, and after a wait that doubles.
 *
 * Throws an {@link MnistError} `NETWORK` that says of each mirror why it failed, or `INTERRUPTED` once `signal` is
 * aborted; what came stays in `file` then.
 */
export async function fetchFromMirrors(
  file: PartialFile,
  options: MirrorOptions,
): Promise<{ readonly bytes: Uint8Array; readonly url?: string }> {
  const { urls, name, bytes, check, clock, random, signal } = options;
  const mirrors = urls.map(
    (url): Mirror => ({ url, tries: 0, failure: "", isOut: false, readyAt: 0, mismatches: 0 }),
  );
  let best = file.length;
  if (file.length === bytes) {
    // All had come, but the run ended before it was looked at.
    const whole = await file.read();
    if (check(whole) === undefined) return { bytes: whole };
    await file.clear();
  }
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      const wait = backOffMs * 2 ** (round - 1) * (1 - random() / 2);
      options.onTrouble?.(`asking again in ${(wait / 1000).toFixed(1)} s`);
      await pause(wait);
    }
    for (const mirror of mirrors) {
      if (mirror.isOut) continue;
      if (mirror.readyAt > clock.now()) await pause(mirror.readyAt - clock.now());
      const before = mirror.failure;
      const whole = await ask(mirror, file, options);
      if (whole !== undefined) return { bytes: whole, url: mirror.url };
      if (mirror.failure !== before) options.onTrouble?.(`${mirror.url}: ${mirror.failure}`);
    }
    if (mirrors.every(({ isOut }) => isOut)) break;
    if (file.length >= best + progressBytes) {
      best = file.length;
      round = 0;
    }
  }
  const lines = mirrors.map(
    ({ url, failure, tries }) => `\n  ${url}: ${failure}${tries > 1 ? ` (asked ${tries} times)` : ""}`,
  );
  throw new MnistError("NETWORK", `${name} could not be had from any mirror:${lines.join("")}`);

  async function pause(ms: number): Promise<void> {
    try {
      await clock.wait(ms, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      throw new MnistError("INTERRUPTED", `${name}: the download was interrupted`);
    }
  }
}

/** One request to one mirror, or a second one where the pieces of the first did not fit what was there. */
async function ask(
  mirror: Mirror,
  file: PartialFile,
  { bytes, check, clock, signal, onProgress }: MirrorOptions,
): Promise<Uint8Array | undefined> {
  for (;;) {
    mirror.tries++;
    const outcome = await download(mirror.url, file, {
      bytes,
      stallMs,
      timeoutMs: requestMs,
      clock,
      ...(mirror.etag !== undefined && { etag: mirror.etag }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    if (outcome.failure !== undefined) {
      note(mirror, outcome, clock.now());
      return undefined;
    }
    const whole = await file.read();
    const wrong = check(whole);
    if (wrong === undefined) return whole;
    // Pieces of different origin: whose fault it is shows when the file comes whole from this one.
    const isToBlame = !file.isPatched || ++mirror.mismatches > 1;
    await file.clear();
    if (isToBlame) {
      note(mirror, { failure: wrong, isPassing: false }, clock.now());
      return undefined;
    }
  }
}

function note(
  mirror: Mirror,
  { failure = "", isPassing, retryAfterMs = 0, etag }: Outcome,
  now: number,
): void {
  mirror.failure = failure;
  mirror.isOut = !isPassing;
  mirror.readyAt = now + retryAfterMs;
  if (etag !== undefined) mirror.etag = etag;
  if (retryAfterMs > longestRetryAfterMs) {
    mirror.failure += `, and asks to come back in ${Math.round(retryAfterMs / 1000).toLocaleString("en-US")} s`;
    mirror.isOut = true;
  }
}
