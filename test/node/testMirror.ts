import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a mirror answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback that remembers what it was asked for. */
export interface TestMirror {
  /** With a slash at the end. */
  readonly url: string;
  /** The Range header of each request, `all` where there was none. */
  readonly asked: string[];
  close(): void;
}

/** Answers the first request with the first of `answers` and so on, and all further ones with the last. */
export async function testMirror(...answers: readonly Answer[]): Promise<TestMirror> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request.headers.range ?? "all");
    answer?.(request, response);
  });
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** As a good server does: the whole, or from where Range says on unless If-Range names another version. */
export function serving(bytes: Uint8Array, etag = '"one"'): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const isSame = (request.headers["if-range"] ?? etag) === etag;
    const rest = isSame ? bytes.subarray(from) : bytes;
    response.writeHead(isSame && from > 0 ? 206 : 200, {
      etag,
      "content-length": rest.length,
      ...(isSame && from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(rest);
  };
}

/** A status and nothing else. */
export function refusing(status: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(status, headers).end();
}
