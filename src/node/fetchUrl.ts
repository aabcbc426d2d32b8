import { lookup } from "node:dns/promises";
import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { MnistError } from "../core/errors.ts";
import { isPublicAddress } from "./publicAddress.ts";

/** What {@link fetchUrl} allows. */
export interface FetchOptions {
  /** The most bytes that are read; 20 MB if not given. */
  readonly maxBytes?: number;
  /** Milliseconds for everything together: names, connections, redirects, the body; 20,000 if not given. */
  readonly timeoutMs?: number;
  /** Redirects that are followed, 3 if not given. */
  readonly maxRedirects?: number;
  /** Also fetch from addresses that are not public: this machine, the local network; false if not given. */
  readonly allowPrivate?: boolean;
  /** Ends the fetch with an error of code INTERRUPTED. */
  readonly signal?: AbortSignal;
}

/** The network as {@link fetchThrough} sees it. */
export interface Network {
  /** All addresses of a host name. */
  resolve(hostname: string): Promise<readonly string[]>;
  /** Whether a connection to this address is allowed. */
  mayConnect(address: string): boolean;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The bytes behind an http or https URL that a stranger may have given. Every address that a name resolves to,
 * and every address that stands in a URL, must be public unicast, at each redirect anew; the connection goes to
 * the very addresses that were checked. Proxies of the environment are not used, and a body in a
 * Content-Encoding is refused (OWASP, "Server-Side Request Forgery Prevention", case 2).
 *
 * Throws NETWORK with one sentence that says what failed, INTERRUPTED when `signal` fires.
 */
export function fetchUrl(url: string | URL, options: FetchOptions = {}): Promise<Uint8Array> {
  const { allowPrivate = false } = options;
  return fetchThrough(
    { resolve: addressesOf, mayConnect: (address) => allowPrivate || isPublicAddress(address) },
    url,
    options,
  );
}

/** {@link fetchUrl} over a given {@link Network}, which alone decides which addresses are allowed. */
export async function fetchThrough(
  network: Network,
  url: string | URL,
  { maxBytes = 20_000_000, timeoutMs = 20_000, maxRedirects = 3, signal }: FetchOptions = {},
): Promise<Uint8Array> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let target = checkedUrl(String(url), String(url));
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await open(target, await checkedAddresses(network, target, stop), stop);
      try {
        const location = redirectOf(response, target);
        if (location === undefined) return await body(response, target, maxBytes);
        if (redirects === maxRedirects) {
          throw failure(
            String(url),
            `more than ${maxRedirects} redirects; give the address of the picture itself`,
          );
        }
        target = checkedUrl(location, target.href);
      } finally {
        response.destroy();
      }
    }
  } catch (error) {
    if (signal?.aborted)
      throw new MnistError("INTERRUPTED", `${shown(target.href)}: the fetch was interrupted`);
    if (deadline.aborted)
      throw failure(target.href, `no whole answer within ${timeoutMs / 1000} s; try again later`, error);
    if (error instanceof MnistError) throw error;
    throw failure(target.href, explained(error, target), error);
  }
}

/** The URL in `text`, relative to `base`, if it is one that may be fetched. */
function checkedUrl(text: string, base: string): URL {
  if (!URL.canParse(text, base))
    throw failure(text, "not a URL; give one like https://example.org/digit.png");
  const absolute = new URL(text, base);
  if (absolute.protocol !== "http:" && absolute.protocol !== "https:") {
    throw failure(
      absolute.href,
      `the scheme is "${absolute.protocol.slice(0, -1)}", only http and https are fetched`,
    );
  }
  if (absolute.username !== "" || absolute.password !== "") {
    throw failure(absolute.href, "it holds a user name or a password, which are not sent; give it without");
  }
  return absolute;
}

async function addressesOf(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

/** The addresses of a URL's host, each of them allowed. */
async function checkedAddresses(network: Network, url: URL, stop: AbortSignal): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(host) !== 0 ? [host] : await untilStopped(network.resolve(host), stop);
  const refused = addresses.find((address) => !network.mayConnect(address));
  if (refused === undefined) return addresses;
  const where = refused === host ? `${host} is` : `${host} has the address ${refused},`;
  throw failure(url.href, `${where} not a public address, and only public ones are fetched from`);
}

/** A promise that cannot be cancelled, given up when `stop` fires. */
function untilStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(stop.reason);
    if (stop.aborted) giveUp();
    stop.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => stop.removeEventListener("abort", giveUp));
  });
}

/** The answer's head, from one of `addresses` and no other. */
function open(url: URL, addresses: readonly string[], stop: AbortSignal): Promise<IncomingMessage> {
  const resolved = addresses.map((address) => ({ address, family: isIP(address) }));
  const pinned: LookupFunction = (_hostname, { all }, callback) => {
    const [first] = resolved;
    if (first === undefined) callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "");
    else if (all) callback(null, resolved);
    else callback(null, first.address, first.family);
  };
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, {
      // A new agent for each request: no shared connections, and no proxy from the environment.
      agent: false,
      lookup: pinned,
      signal: stop,
      headers: {
        accept: "image/png, image/jpeg",
        "accept-encoding": "identity",
        "user-agent": "mnist-classification",
      },
    })
      .on("response", resolve)
      .on("error", reject)
      .end();
  });
}

/** Where a redirect leads; `undefined` for an answer that is none. Throws for a status that brings no picture. */
function redirectOf(
  { statusCode = 0, statusMessage, headers }: IncomingMessage,
  url: URL,
): string | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  if (REDIRECTS.includes(statusCode) && headers.location !== undefined) return headers.location;
  const reason = statusMessage || STATUS_CODES[statusCode] || "";
  throw failure(
    url.href,
    `the server answered ${`${statusCode} ${reason}`.trim().slice(0, 80)}; check the address`,
  );
}

/** The whole body, at most `maxBytes` of it. */
async function body(response: IncomingMessage, url: URL, maxBytes: number): Promise<Uint8Array> {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw failure(
      url.href,
      `the server sent Content-Encoding "${encoding.slice(0, 40)}", which was not asked for`,
    );
  }
  const declared = Number(response.headers["content-length"] ?? 0);
  if (declared > maxBytes)
    throw tooLarge(url, maxBytes, `Content-Length is ${declared.toLocaleString("en")}`);
  // One buffer that grows: as chunks of one byte each, kept in a list, 20 MB would take gigabytes.
  let bytes = new Uint8Array(1 << 16);
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > maxBytes) throw tooLarge(url, maxBytes, "more than that came");
      if (length + chunk.length > bytes.length) {
        const larger = new Uint8Array(Math.max(length + chunk.length, 2 * bytes.length));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    if (codeOf(error) !== "ECONNRESET") throw error;
    const expected = declared > 0 ? ` of ${declared.toLocaleString("en")}` : "";
    throw failure(
      url.href,
      `the answer was cut short after ${length.toLocaleString("en")}${expected} bytes; try again`,
      error,
    );
  }
  return bytes.slice(0, length);
}

function tooLarge(url: URL, maxBytes: number, found: string): MnistError {
  return failure(
    url.href,
    `at most ${maxBytes.toLocaleString("en")} bytes are read, and ${found}; give a smaller picture`,
  );
}

/** A failure below HTTP in words. */
function explained(error: unknown, { host, hostname, protocol }: URL): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `the name ${hostname} could not be resolved (${code}); check it`;
  if (code === "ECONNREFUSED") return `${host} refused the connection; is a server running there?`;
  if (code === "ECONNRESET" || code === "EPIPE")
    return `${host} closed the connection without an answer; try again`;
  if (code === "ENETUNREACH" || code === "EHOSTUNREACH" || code === "ETIMEDOUT")
    return `${host} cannot be reached (${code})`;
  if (code === "HPE_HEADER_OVERFLOW") return `${host} sent more headers than are read (${code})`;
  if (code.startsWith("HPE_")) return `${host} did not answer in HTTP (${code})`;
  if (protocol === "https:" && /SSL|TLS|CERT|EPROTO|SIGNATURE/.test(code)) {
    return `no trusted TLS connection to ${host} (${code}); check the address and the server's certificate`;
  }
  return `the fetch failed (${message.split("\n", 1)[0]})`;
}

/** The system's code of an error; of the first one where several addresses were tried. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function failure(url: string, found: string, cause?: unknown): MnistError {
  // Some of it was sent by the server, which must not steer a terminal.
  const message = `${shown(url)}: ${found}`.replace(/\p{Cc}/gu, "\ufffd");
  return new MnistError("NETWORK", message, cause === undefined ? {} : { cause });
}

/** A URL for a message: without a password, and not endless. */
function shown(url: string): string {
  const open = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
  return open.length > 200 ? `${open.slice(0, 200)}…` : open;
}
