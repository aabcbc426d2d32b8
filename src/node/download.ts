import { MnistError } from "../core/errors.ts";

export interface DownloadOptions {
  /** The most bytes to take; more are a failure. */
  readonly maxBytes: number;
  /** For the whole download, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Bytes received so far, and the length that the server claims. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
}

/**
 * The body of `url`, as sent. For URLs that the program itself knows; never for one that a stranger gives.
 * Throws an {@link MnistError} `NETWORK` with one sentence, or `INTERRUPTED` once `signal` is aborted.
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { maxBytes, timeoutMs, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { "accept-encoding": "identity" },
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw failure(url, `the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    return await readBody(url, response, options);
  } catch (error) {
    if (error instanceof MnistError) throw error;
    if (signal?.aborted) throw new MnistError("INTERRUPTED", `${url}: the download was interrupted`);
    if (deadline.aborted) throw failure(url, `not complete after ${timeoutMs / 1000} s`, error);
    throw failure(url, reasonOf(error), error);
  }

  function failure(at: string, reason: string, cause?: unknown): MnistError {
    return new MnistError("NETWORK", `${at}: ${reason}`, { cause });
  }

  async function readBody(
    at: string,
    response: Response,
    { onProgress }: DownloadOptions,
  ): Promise<Uint8Array> {
    const claimed = Number(response.headers.get("content-length") ?? Number.NaN);
    const total = Number.isSafeInteger(claimed) ? claimed : undefined;
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of response.body ?? []) {
      received += chunk.byteLength;
      if (received > maxBytes) throw failure(at, `more than the ${maxBytes} bytes that were expected`);
      chunks.push(chunk);
      onProgress?.(received, total);
    }
    return Buffer.concat(chunks, received);
  }
}

/** Fetch says "fetch failed" and keeps the reason in `cause`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return cause.message || code || "the connection failed";
}
