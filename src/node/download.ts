import { MnistError } from "../core/errors.ts";
import type { Clock } from "./clock.ts";
import type { PartialFile } from "./partialFile.ts";

export interface DownloadOptions {
  /** The length of the whole file; a server that has another one has another file. */
  readonly bytes: number;
  /** The server's word for what it sent the first pieces of, from {@link Outcome}. */
  readonly etag?: string;
  /** The most milliseconds without a byte, the first one included. */
  readonly stallMs: number;
  /** The most milliseconds for the whole request. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Told of the file's length whenever it grows. */
  readonly onProgress?: (length: number) => void;
}

/** What became of a request. */
export interface Outcome {
  /** In a few words, where the file is not whole. */
  readonly failure?: string;
  /** Whether the same request may well do better later. */
  readonly isPassing: boolean;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number;
  /** What tells this version of the file from others; never a weak one. */
  readonly etag?: string;
}

/**
 * Brings `file` from what is there to its whole length with one request to `url`, by Range where something is
 * there. What came stays in `file` on failure too, unless it cannot be of this file. Never writes more than
 * `bytes`, whatever the server says or sends. For URLs that the program itself knows; never for a stranger's.
 *
 * Throws what writing throws, and an {@link MnistError} `INTERRUPTED` once `signal` is aborted.
 */
export async function download(url: string, file: PartialFile, options: DownloadOptions): Promise<Outcome> {
  const { bytes, etag, stallMs, timeoutMs, clock, signal, onProgress } = options;
  const ended = new AbortController();
  let endedBy = "";
  const end = (reason: string) => () => {
    endedBy = reason;
    ended.abort();
  };
  const startStall = () => clock.alarm(stallMs, end(`no byte came for ${stallMs / 1000} s`));
  let stopStall = startStall();
  const stopTimeout = clock.alarm(timeoutMs, end(`not done after ${timeoutMs / 1000} s`));
  const failed = (error: unknown): Outcome => {
    if (signal?.aborted) throw new MnistError("INTERRUPTED", `${url}: the download was interrupted`);
    const failure = endedBy || reasonOf(error);
    return { failure: came(failure, file.length, bytes), isPassing: true };
  };
  const stop = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  try {
    let response: Response;
    try {
      response = await fetch(url, { headers: headersFor(file.length, etag), signal: stop });
    } catch (error) {
      return failed(error);
    }
    const refusal = await judge(response, file, bytes, clock.now());
    if (refusal !== undefined) return refusal;
    const tag = response.headers.get("etag");
    const known = tag?.startsWith('"') ? { etag: tag } : {};
    const chunks = (response.body ?? new ReadableStream())[Symbol.asyncIterator]();
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        return { ...failed(error), ...known };
      }
      if (next.done) break;
      stopStall();
      stopStall = startStall();
      if (file.length + next.value.byteLength > bytes) {
        await file.clear();
        return { failure: `it sent more than the ${count(bytes)} bytes of the file`, isPassing: false };
      }
      await file.append(next.value);
      onProgress?.(file.length);
    }
    if (file.length === bytes) return { isPassing: true };
    return { failure: came("the answer ended early", file.length, bytes), isPassing: true, ...known };
  } finally {
    stopStall();
    stopTimeout();
    ended.abort(); // Hangs up where something was left unread.
  }
}

function headersFor(from: number, etag: string | undefined): Record<string, string> {
  // Identity: the checksum is of the bytes as they lie on the server.
  const all = { "accept-encoding": "identity", "user-agent": "mnist-classification" };
  if (from === 0) return all;
  return { ...all, range: `bytes=${from}-`, ...(etag !== undefined && { "if-range": etag }) };
}

const passingStatuses: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** Why the body is not to be appended to `file`, which is cleared where the answer starts from the beginning. */
async function judge(
  { status, statusText, headers }: Response,
  file: PartialFile,
  bytes: number,
  now: number,
): Promise<Outcome | undefined> {
  const from = file.length;
  if (status === 416 && from > 0) {
    await file.clear();
    return {
      failure: `it has nothing from byte ${count(from)} on (416); starting anew`,
      isPassing: true,
    };
  }
  if (status !== 200 && status !== 206) {
    return {
      failure: `the server answered ${status} ${statusText.slice(0, 60)}`.trimEnd(),
      isPassing: passingStatuses.includes(status),
      ...retryAfter(headers.get("retry-after"), now),
    };
  }
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    return {
      failure: `it sent Content-Encoding ${encoding.slice(0, 40)}, which was not asked for`,
      isPassing: false,
    };
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const isOurs = Number(range?.[1]) === from && [String(bytes), "*"].includes(range?.[2] ?? "");
  if (status === 206 && (from === 0 || !isOurs)) {
    await file.clear();
    const found = headers.get("content-range")?.slice(0, 60) ?? "none";
    return {
      failure: `asked for the bytes from ${count(from)} of ${count(bytes)} on, it sent the range ${found}`,
      isPassing: from > 0,
    };
  }
  const left = status === 206 ? bytes - from : bytes;
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== left) {
    return {
      failure: `expected ${count(left)} bytes, Content-Length is ${length.slice(0, 20)}; it has another file`,
      isPassing: false,
    };
  }
  if (status === 206) file.patch();
  else await file.clear();
  return undefined;
}

/** `Retry-After` is a number of seconds or a date. */
function retryAfter(header: string | null, now: number): { retryAfterMs?: number } {
  if (header === null) return {};
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}

function came(failure: string, length: number, bytes: number): string {
  return length > 0 ? `${failure}, after ${count(length)} of ${count(bytes)} bytes` : failure;
}

function count(bytes: number): string {
  return bytes.toLocaleString("en-US");
}

/** Fetch says "fetch failed" and keeps the reason in `cause`, or in several of them where there are more addresses. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `its name cannot be resolved (${code}); is this machine online?`;
  }
  return cause.message.split("\n", 1)[0] || code || "the connection failed";
}
