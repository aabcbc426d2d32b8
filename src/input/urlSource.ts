import { type ByteSource, madeFrom } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";

export interface UrlOptions {
  /** How long a server may send nothing, in milliseconds; 30,000 if not given. */
  readonly stallMs?: number;
  /** How often in a row a broken connection is taken up again without a byte more; 4 if not given. */
  readonly retries?: number;
  /** The wait before the first of these, in milliseconds, doubled for each further one; 500 if not given. */
  readonly retryMs?: number;
}

/**
 * The file at an http or https URL, fetched anew for each pass, however long. A connection that breaks or stalls is
 * taken up where it ended, if the server takes ranges and the file is still the same. The address is trusted: for one
 * that a stranger gives there is `predict`'s way.
 *
 * Its stream throws an {@link MnistError} `NETWORK` that says at which byte and why it ends.
 */
export function urlSource(url: string, options: UrlOptions = {}): ByteSource {
  const { stallMs = 30_000, retries = 4, retryMs = 500 } = options;
  let byteLength: number | undefined;
  const source: ByteSource = {
    name: url,
    get byteLength() {
      return byteLength;
    },
    async *stream() {
      const pass: Pass = { url, at: 0, length: undefined, version: undefined, takesRanges: false };
      for (let failures = 0; ; ) {
        const before = pass.at;
        try {
          const watch = createWatch(stallMs);
          try {
            const body = await openAt(pass, watch);
            byteLength = pass.length;
            for (let part = await body?.read(); part && !part.done; part = await body?.read()) {
              pass.at += part.value.length;
              watch.pause(); // the consumer's time is not the server's
              yield part.value;
              watch.goOn();
            }
          } finally {
            watch.end();
          }
          if (pass.length === undefined || pass.at >= pass.length) return;
          throw new Error(`the connection ended after ${count(pass.at)} of ${count(pass.length)} bytes`);
        } catch (error) {
          if (error instanceof MnistError) throw error;
          failures = pass.at > before ? 1 : failures + 1;
          const isHopeless = pass.at > 0 && !pass.takesRanges;
          if (isHopeless || failures > retries) throw broken(pass, error, isHopeless);
          await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** (failures - 1)));
        }
      }
    },
  };
  return madeFrom(source, { kind: "url", url });
}

/** What is known while a file is fetched. */
interface Pass {
  readonly url: string;
  /** Bytes that have come. */
  at: number;
  length: number | undefined;
  /** What tells this file from a later one at the same address: its ETag, or when it was changed. */
  version: string | undefined;
  takesRanges: boolean;
}

/** Ends a request whose server sends nothing for so long. */
function createWatch(stallMs: number) {
  const controller = new AbortController();
  const stall = (): void => controller.abort(new Error(`nothing came for ${stallMs / 1000} s`));
  let timer = setTimeout(stall, stallMs);
  return {
    signal: controller.signal,
    pause(): void {
      clearTimeout(timer);
    },
    goOn(): void {
      timer = setTimeout(stall, stallMs);
    },
    /** Also ends the request, if it goes on. */
    end(): void {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** The bytes from `pass.at` on. */
async function openAt(
  pass: Pass,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadableStreamDefaultReader<Uint8Array> | undefined> {
  const range = { range: `bytes=${pass.at}-`, ...(pass.version && { "if-range": pass.version }) };
  // Encoded bodies have neither the file's length nor its ranges. (A browser asks for what it likes.)
  const headers = { "accept-encoding": "identity", ...(pass.at > 0 && range) };
  const response = await fetch(pass.url, { signal, headers });
  const { status, statusText, headers: answer } = response;
  // A server that has no time now may have some later.
  if (status >= 500 || status === 429) throw new Error(`the server answers ${status} ${statusText}`.trim());
  if (!response.ok) {
    throw failure(pass.url, `the server answers ${`${status} ${statusText}`.trim()}; check the address`);
  }
  if (pass.at > 0) {
    const [, start, end] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.get("content-range") ?? "") ?? [];
    const isSame = end === "*" || pass.length === undefined || Number(end) === pass.length;
    if (status !== 206 || Number(start) !== pass.at || !isSame || versionOf(answer) !== pass.version) {
      throw failure(pass.url, "the file was changed while it was read; read it again");
    }
    return response.body?.getReader();
  }
  const isEncoded = (answer.get("content-encoding") ?? "identity") !== "identity";
  const length = answer.get("content-length");
  pass.length = length === null || isEncoded ? undefined : Number(length);
  pass.version = versionOf(answer);
  pass.takesRanges = answer.get("accept-ranges") === "bytes" && !isEncoded && pass.version !== undefined;
  return response.body?.getReader();
}

/** A weak ETag does not promise the same bytes. */
function versionOf(headers: Headers): string | undefined {
  const tag = headers.get("etag");
  return (tag?.startsWith("W/") ? undefined : tag) ?? headers.get("last-modified") ?? undefined;
}

function broken({ url, at, length }: Pass, error: unknown, isHopeless: boolean): MnistError {
  const of = length === undefined ? "" : ` of ${count(length)}`;
  const where = at > 0 ? `it broke off after ${count(at)}${of} bytes` : "it cannot be fetched";
  const why = reasonOf(error);
  const then = isHopeless ? "the server cannot go on from there: try again" : "try again later";
  return failure(url, `${where} (${why}); ${then}`, error);
}

/** What `fetch` failed for: Node has the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}

function failure(url: string, what: string, cause?: unknown): MnistError {
  return new MnistError("NETWORK", `${url}: ${what}`, cause === undefined ? {} : { cause });
}

const count = (bytes: number): string => bytes.toLocaleString("en-US");
