import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ByteSource } from "../../src/core/bytes.ts";
import { urlSource } from "../../src/input/urlSource.ts";
import { epochBatches } from "../../src/input.ts";
import { realRecords } from "./realImages.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) >> 3);
const quick = { stallMs: 2000, retryMs: 1 };

interface Served {
  readonly url: string;
  /** What was asked for: the Range of each request. */
  readonly ranges: (string | undefined)[];
  /** Bytes of bodies that were handed to the network. */
  sent: number;
}

/** Serves on this machine; `answer` gets the number of the request. */
async function serve(
  answer: (response: ServerResponse, request: IncomingMessage, n: number) => void,
): Promise<Served> {
  const ranges: (string | undefined)[] = [];
  const one = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(response, request, ranges.length);
  });
  server = one;
  await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
  const served: Served = {
    url: `http://127.0.0.1:${(one.address() as AddressInfo).port}/f.tfrecord`,
    ranges,
    sent: 0,
  };
  return served;
}

/** Sends `content` from the asked byte on, and breaks the connection after `most` bytes of it. */
function send(
  response: ServerResponse,
  request: IncomingMessage,
  most = Infinity,
  changes: Record<string, string> = {},
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const body = content.subarray(start, start + most);
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": String(content.length - start),
    "accept-ranges": "bytes",
    etag: '"one"',
    ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    ...changes,
  });
  const isWhole = start + body.length === content.length;
  response.write(body, () => (isWhole ? response.end() : response.destroy()));
}

async function readAll(source: ByteSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("urlSource", () => {
  test("gives the file, on each pass", async () => {
    const { url, ranges } = await serve((response, request) => send(response, request));
    const source = urlSource(url, quick);
    expect(source.name).toBe(url);
    for (let pass = 0; pass < 2; pass++) expect(Buffer.compare(await readAll(source), content)).toBe(0);
    expect(source.byteLength).toBe(content.length);
    expect(ranges).toEqual([undefined, undefined]);
  });

  test("goes on where a connection broke, with the bytes that are missing only", async () => {
    const { url, ranges } = await serve((response, request, n) =>
      send(response, request, n < 4 ? 80_000 : Infinity),
    );
    expect(Buffer.compare(await readAll(urlSource(url, quick)), content)).toBe(0);
    expect(ranges).toEqual([undefined, "bytes=80000-", "bytes=160000-", "bytes=240000-"]);
  });

  test("goes on after a stall", async () => {
    const { url, ranges } = await serve((response, request, n) => {
      if (n === 1) {
        response.writeHead(200, {
          "content-length": String(content.length),
          "accept-ranges": "bytes",
          etag: '"one"',
        });
        response.write(content.subarray(0, 1000)); // and nothing more
      } else send(response, request);
    });
    expect(Buffer.compare(await readAll(urlSource(url, { stallMs: 100, retryMs: 1 })), content)).toBe(0);
    expect(ranges).toEqual([undefined, "bytes=1000-"]);
  });

  test("does not take its reader's time for a stall", async () => {
    const { url, ranges } = await serve((response, request) => send(response, request));
    let length = 0;
    for await (const chunk of urlSource(url, { stallMs: 500, retryMs: 1 }).stream()) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 800));
      length += chunk.length;
    }
    expect({ length, requests: ranges.length }).toEqual({ length: content.length, requests: 1 });
  });

  test("tries again where a server has no time, and says at last why not", async () => {
    const busy = await serve((response, request, n) => {
      if (n < 3) response.writeHead(503).end();
      else send(response, request);
    });
    expect((await readAll(urlSource(busy.url, quick))).length).toBe(content.length);
    server?.close();
    const { url, ranges } = await serve((response) => void response.writeHead(503).end());
    await expect(readAll(urlSource(url, { ...quick, retries: 2 }))).rejects.toThrow(
      `${url}: it cannot be fetched (the server answers 503 Service Unavailable); try again later`,
    );
    expect(ranges).toHaveLength(3);
  });

  test.each<[string, (response: ServerResponse, request: IncomingMessage, n: number) => void, RegExp]>([
    [
      "a missing file",
      (response) => void response.writeHead(404).end(),
      /: the server answers 404 Not Found; check the address$/,
    ],
    [
      "a server without ranges",
      (response, request) => send(response, request, 5000, { "accept-ranges": "none" }),
      /: it broke off after 5,000 of 300,000 bytes \(.+\); the server cannot go on from there: try again$/,
    ],
    [
      "a file that is another one now",
      (response, request, n) => send(response, request, 5000, { etag: `"${n}"` }),
      /: the file was changed while it was read; read it again$/,
    ],
    [
      "a server that begins anew",
      (response, request, n) => {
        if (n > 1) delete request.headers.range;
        send(response, request, 5000);
      },
      /: the file was changed while it was read; read it again$/,
    ],
  ])("ends with a sentence at %s", async (_, answer, message) => {
    const { url } = await serve(answer);
    await expect(readAll(urlSource(url, quick))).rejects.toThrow(
      expect.objectContaining({ code: "NETWORK", message: expect.stringMatching(message) }),
    );
  });

  test("ends with a sentence where nobody listens", async () => {
    const { url } = await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    await expect(readAll(urlSource(url, { ...quick, retries: 1 }))).rejects.toThrow(
      `${url}: it cannot be fetched (ECONNREFUSED); try again later`,
    );
  });

  test("fetches no more than is read, and lets the connection go", async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of realRecords("train", 0, 100).stream()) chunks.push(chunk);
    const endless = Buffer.concat(chunks);
    expect(endless.length).toBeGreaterThan(10_000);
    let isClosed = false;
    const served = await serve((response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed) {
          served.sent += endless.length;
          if (!response.write(endless)) return;
        }
      };
      response.on("drain", more).on("close", () => {
        isClosed = true;
      });
      more();
    });
    let examples = 0;
    const sources = [urlSource(served.url, quick)];
    for await (const { count } of epochBatches({ sources, batchSize: 50, take: 500 })) examples += count;
    expect(examples).toBe(500);
    await expect.poll(() => isClosed).toBe(true);
    // 500 examples are 0.2 MB; the rest is what sockets hold.
    expect(served.sent).toBeLessThan(30e6);
  });
});
