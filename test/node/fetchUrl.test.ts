import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { MnistError } from "../../src/core/errors.ts";
import { type FetchOptions, fetchThrough, fetchUrl, type Network } from "../../src/node/fetchUrl.ts";
import { isPublicAddress } from "../../src/node/publicAddress.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function listening(server: Server, address = "127.0.0.1"): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `http://${address}:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener, address?: string): Promise<string> =>
  listening(createServer(listener), address);

/** A server that answers every connection with these very bytes and hangs up. */
const raw = (text: string | Uint8Array): Promise<string> =>
  listening(createSocketServer((socket) => socket.once("data", () => socket.end(text))));

const local = (url: string, options: FetchOptions = {}): Promise<Uint8Array> =>
  fetchUrl(url, { allowPrivate: true, ...options });

async function failure(promise: Promise<unknown>): Promise<MnistError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MnistError);
  if (!(error instanceof MnistError)) throw new Error("expected an MnistError");
  expect(error.message).not.toContain("\n");
  return error;
}

async function networkFailure(promise: Promise<unknown>): Promise<string> {
  const error = await failure(promise);
  expect(error.code).toBe("NETWORK");
  return error.message;
}

describe("what works", () => {
  test("brings the bytes, asks for no encoding and sends no cookies", async () => {
    let seen: IncomingMessage["headers"] = {};
    const url = await serve((request, response) => {
      seen = request.headers;
      response.end(Buffer.from([1, 2, 3]));
    });
    expect([...(await local(`${url}/digit.png`))]).toEqual([1, 2, 3]);
    expect(seen["accept-encoding"]).toBe("identity");
    expect(seen.cookie).toBeUndefined();
  });

  test("follows three redirects, relative ones too", async () => {
    const url = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step < 3) response.writeHead(302, { location: `/${step + 1}` }).end();
      else response.end("here");
    });
    expect(Buffer.from(await local(`${url}/0`)).toString()).toBe("here");
  });

  test("goes to the addresses that were checked, whatever the name", async () => {
    const url = await serve((request, response) => response.end(request.headers.host));
    const network: Network = { resolve: async () => ["127.0.0.1"], mayConnect: () => true };
    const named = url.replace("127.0.0.1", "digits.example");
    expect(Buffer.from(await fetchThrough(network, named)).toString()).toBe(new URL(named).host);
  });

  test("ignores proxies of the environment", async () => {
    const url = await serve((_, response) => response.end("direct"));
    const before = process.env.http_proxy;
    process.env.http_proxy = "http://127.0.0.1:9";
    try {
      expect(Buffer.from(await local(url)).toString()).toBe("direct");
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
  });
});

test("a body in many pieces is put together, whatever their sizes", async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
  const url = await serve((_, response) => {
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 20_011 || 1)
      response.write(bytes.subarray(at, at + size));
    response.end();
  });
  expect(Buffer.compare(await local(url, { maxBytes: bytes.length }), bytes)).toBe(0);
  expect(await networkFailure(local(url, { maxBytes: bytes.length - 1 }))).toContain("more than that came");
});

describe("which addresses", () => {
  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
  ])("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
    expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
    expect(isPublicAddress(`::${address}`)).toBe(false);
    expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false);
  });

  test.each([
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2001::1",
  ])("%s is not public", (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(["224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "nonsense", ""])(
    "%s is not public either",
    (address) => expect(isPublicAddress(address)).toBe(false),
  );

  test.each(["8.8.8.8", "::ffff:8.8.8.8", "2606:4700:4700::1111"])("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["[::ffff:127.0.0.1]", "::ffff:7f00:1"],
    ["169.254.169.254", "169.254.169.254"],
    // WHATWG's URL parser takes all of these for addresses, and so do the C libraries of some resolvers.
    ["127.1", "127.0.0.1"],
    ["127.0.0.1.", "127.0.0.1"],
    ["017700000001", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["0xA9FEA9FE", "169.254.169.254"],
    ["0", "0.0.0.0"],
    ["１２７.０.０.１", "127.0.0.1"],
    ["127。0。0。1", "127.0.0.1"],
    ["[0:0:0:0:0:ffff:127.0.0.1]", "::ffff:7f00:1"],
    ["[::127.0.0.1]", "::7f00:1"],
    ["[::ffff:0:127.0.0.1]", "::ffff:0:7f00:1"],
    ["[64:ff9b::10.0.0.1]", "64:ff9b::a00:1"],
    ["[64:ff9b:1::10.0.0.1]", "64:ff9b:1::a00:1"],
    ["[2002:a00:1::]", "2002:a00:1::"],
    ["[fd00:ec2::254]", "fd00:ec2::254"],
    ["[3fff::1]", "3fff::1"],
  ])("refuses http://%s/ without connecting", async (host, address) => {
    expect(await networkFailure(fetchUrl(`http://${host}/latest`))).toContain(
      `${address} is not a public address`,
    );
  });

  test("refuses a server of this machine unless that is allowed", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.end("secret");
    });
    expect(await networkFailure(fetchUrl(url))).toContain("127.0.0.1 is not a public address");
    expect(await networkFailure(fetchUrl(url.replace("127.0.0.1", "localhost")))).toMatch(
      /localhost has the address (127\.0\.0\.1|::1), not a public address/,
    );
    expect(requests).toBe(0);
  });

  test("refuses a name when one of its addresses is private", async () => {
    const network: Network = { resolve: async () => ["8.8.8.8", "10.0.0.1"], mayConnect: isPublicAddress };
    const message = await networkFailure(fetchThrough(network, "http://digits.example/7.png"));
    expect(message).toContain("digits.example has the address 10.0.0.1, not a public address");
  });

  test("refuses a name that resolves to a private address, and one behind a redirect", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: "http://inside.example/secret" }).end();
    });
    const network: Network = {
      resolve: async (name) => [name === "outside.example" ? "127.0.0.1" : "192.168.7.7"],
      mayConnect: (address) => address === "127.0.0.1" || isPublicAddress(address),
    };
    const refused = "inside.example has the address 192.168.7.7, not a public address";
    expect(await networkFailure(fetchThrough(network, "http://inside.example/"))).toContain(refused);
    expect(requests).toBe(0);
    const outside = url.replace("127.0.0.1", "outside.example");
    expect(await networkFailure(fetchThrough(network, outside))).toContain(refused);
    expect(requests).toBe(1);
  });

  test.each(["2130706433", "0x7f000001", "[::ffff:127.0.0.2]", "017700000002"])(
    "refuses a redirect to http://%s/",
    async (host) => {
      const outside = await serve((_, response) =>
        response.writeHead(302, { location: `http://${host}/secret` }).end(),
      );
      let asked = 0;
      const network: Network = {
        resolve: async () => [],
        // The first server stands for a public one.
        mayConnect: (address) => asked++ === 0 || isPublicAddress(address),
      };
      const message = await networkFailure(fetchThrough(network, outside));
      expect(message).toMatch(/is not a public address/);
      expect(asked).toBe(2);
    },
  );

  test("connects to no other address than those that were checked, when the name changes its mind", async () => {
    let secrets = 0;
    const inside = await serve((_, response) => {
      secrets++;
      response.end("secret");
    }, "127.0.0.2");
    const { port } = new URL(inside);
    // On 127.0.0.3 nobody listens at this port; a second look would have found 127.0.0.2.
    const answers = [["127.0.0.3"], ["127.0.0.2"]];
    const network: Network = { resolve: async () => answers.shift() ?? [], mayConnect: () => true };
    const message = await networkFailure(fetchThrough(network, `http://rebind.example:${port}/`));
    expect(message).toContain("refused the connection");
    expect(secrets).toBe(0);
  });

  test("asks again for a name that a redirect leads back to, and judges the new answer", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: "/again" }).end();
    });
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    const network: Network = {
      resolve: async () => answers.shift() ?? [],
      mayConnect: (address) => address === "127.0.0.1",
    };
    const message = await networkFailure(fetchThrough(network, url.replace("127.0.0.1", "rebind.example")));
    expect(message).toContain("rebind.example has the address 10.0.0.1, not a public address");
    expect(requests).toBe(1);
  });

  test("a name without an address", async () => {
    const network: Network = { resolve: async () => [], mayConnect: () => true };
    expect(await networkFailure(fetchThrough(network, "http://empty.example/"))).toContain(
      "the name empty.example could not be resolved",
    );
  });

  test("checks each redirect anew", async () => {
    let secrets = 0;
    const inside = await serve((_, response) => {
      secrets++;
      response.end("secret");
    }, "127.0.0.2");
    const outside = await serve((_, response) => response.writeHead(302, { location: inside }).end());
    const network: Network = {
      resolve: async () => [],
      mayConnect: (address) => address === "127.0.0.1",
    };
    const message = await networkFailure(fetchThrough(network, outside));
    expect(message).toContain("127.0.0.2 is not a public address");
    expect(secrets).toBe(0);
  });

  test("resolves a name once, so that a second answer cannot differ", async () => {
    const url = await serve((_, response) => response.end("once"));
    const answers = [["127.0.0.1"], ["127.0.0.2"]];
    let asked = 0;
    const network: Network = {
      resolve: async () => answers[asked++] ?? [],
      mayConnect: (address) => address === "127.0.0.1",
    };
    await fetchThrough(network, url.replace("127.0.0.1", "rebind.example"));
    expect(asked).toBe(1);
  });
});

describe("what fails, in one sentence", () => {
  test("not a URL, another scheme, user info", async () => {
    expect(await networkFailure(local("digit.png"))).toBe(
      "digit.png: not a URL; give one like https://example.org/digit.png",
    );
    expect(await networkFailure(local("file:///etc/passwd"))).toContain(
      'the scheme is "file", only http and https',
    );
    const message = await networkFailure(local("http://me:hush@example.org/7.png"));
    expect(message).toContain("user name or a password");
    expect(message).not.toContain("hush");
  });

  test("a redirect to another scheme", async () => {
    const url = await serve((_, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    expect(await networkFailure(local(url))).toContain('the scheme is "file"');
  });

  test("a redirect with a user name and a password, which no message shows", async () => {
    const url = await serve((_, response) =>
      response.writeHead(302, { location: "http://me:hush@127.0.0.1/" }).end(),
    );
    const message = await networkFailure(local(url));
    expect(message).toContain("user name or a password");
    expect(message).not.toContain("hush");
  });

  test("redirects between two addresses, and none at all where none are allowed", async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      response.writeHead(307, { location: request.url === "/a" ? "/b" : "/a" }).end();
    });
    expect(await networkFailure(local(`${url}/a`, { maxRedirects: 6 }))).toContain("more than 6 redirects");
    expect(requests).toBe(7);
    expect(await networkFailure(local(`${url}/a`, { maxRedirects: 0 }))).toContain("more than 0 redirects");
    expect(requests).toBe(8);
  });

  test("more headers than are read", async () => {
    const flood = `X-Flood: ${"x".repeat(1000)}\r\n`.repeat(100);
    expect(await networkFailure(local(await raw(`HTTP/1.1 200 OK\r\n${flood}\r\nhello`)))).toContain(
      "sent more headers than are read",
    );
    const endless = await listening(
      createSocketServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const more = (): void => {
          if (!socket.destroyed) socket.write(`X-Flood: ${"x".repeat(1000)}\r\n`, () => setImmediate(more));
        };
        socket.once("data", more);
      }),
    );
    expect(await networkFailure(local(endless))).toContain("sent more headers than are read");
  });

  test("more trailers than are read", async () => {
    const flood = `X-Flood: ${"x".repeat(1000)}\r\n`.repeat(100);
    const url = await raw(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${flood}\r\n`);
    expect(await networkFailure(local(url))).toContain("cut short after 1 bytes");
  });

  test("what a server sends does not steer a terminal", async () => {
    const url = await raw(Buffer.from("HTTP/1.1 200 OK\r\nContent-Encoding: \x9b31mred\r\n\r\nx", "latin1"));
    const message = await networkFailure(local(url));
    expect(message).toContain("Content-Encoding");
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(await networkFailure(local("http://\x1b[31m/"))).not.toMatch(/\p{Cc}/u);
  });

  test("a name that does not resolve", async () => {
    const network: Network = {
      resolve: () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })),
      mayConnect: () => true,
    };
    expect(await networkFailure(fetchThrough(network, "http://nowhere.invalid/7.png"))).toBe(
      "http://nowhere.invalid/7.png: the name nowhere.invalid could not be resolved (ENOTFOUND); check it",
    );
  });

  test("a refused connection", async () => {
    const url = await serve(() => {});
    await open.pop()?.();
    expect(await networkFailure(local(url))).toContain("refused the connection");
  });

  test("404 with its reason, 500, a redirect without a place", async () => {
    const url = await serve((request, response) =>
      response.writeHead(Number(request.url?.slice(1))).end("no"),
    );
    expect(await networkFailure(local(`${url}/404`))).toBe(
      `${url}/404: the server answered 404 Not Found; check the address`,
    );
    expect(await networkFailure(local(`${url}/500`))).toContain("500 Internal Server Error");
    expect(await networkFailure(local(`${url}/302`))).toContain("302 Found");
  });

  test("redirects in a circle", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(301, { location: "/again" }).end();
    });
    expect(await networkFailure(local(url))).toContain("more than 3 redirects");
    expect(requests).toBe(4);
  });

  test("a body in an encoding that was not asked for", async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
    );
    expect(await networkFailure(local(url))).toContain('Content-Encoding "gzip"');
  });

  test("a bomb of gzip, before any of it is unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const url = await serve((_, response) =>
      response.writeHead(200, { "content-type": "image/png", "content-encoding": "GZIP" }).end(bomb),
    );
    expect(await networkFailure(local(url, { maxBytes: 100_000 }))).toContain('Content-Encoding "GZIP"');
    const nested = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "identity, gzip" }).end(bomb),
    );
    expect(await networkFailure(local(nested))).toContain('Content-Encoding "identity, gzip"');
  });

  test("a Content-Length above the limit, before any of the body", async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { "content-length": 5_000_000_000 }).write("x"),
    );
    expect(await networkFailure(local(url, { maxBytes: 1000 }))).toContain(
      "at most 1,000 bytes are read, and Content-Length is 5,000,000,000",
    );
  });

  test("an endless body, soon after the limit", async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        sent += 65_536;
        response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      more();
    });
    expect(await networkFailure(local(url, { maxBytes: 500_000 }))).toContain(
      "at most 500,000 bytes are read",
    );
    expect(sent).toBeLessThan(20_000_000);
  });

  test("a body shorter than its Content-Length", async () => {
    const url = await raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
    expect(await networkFailure(local(url))).toContain("cut short after 9 of 1,000 bytes");
  });

  test("a chunked body without its end", async () => {
    const url = await raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    expect(await networkFailure(local(url))).toContain("cut short after 5 bytes");
  });

  test("a connection that is reset in the middle of the body", async () => {
    const url = await listening(
      createSocketServer((socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", () =>
            setTimeout(() => socket.resetAndDestroy(), 20),
          );
        }),
      ),
    );
    expect(await networkFailure(local(url))).toContain("cut short after 4 of 1,000 bytes");
  });

  test("a server that hangs up, and one that speaks no HTTP", async () => {
    expect(await networkFailure(local(await raw("")))).toContain("closed the connection without an answer");
    expect(await networkFailure(local(await raw("220 smtp ready\r\n")))).toContain("did not answer in HTTP");
  });

  test("https to a server without TLS", async () => {
    const url = await serve((_, response) => response.end());
    expect(await networkFailure(local(url.replace("http:", "https:")))).toContain(
      "no trusted TLS connection",
    );
  });

  const slow: readonly [string, (response: ServerResponse) => void][] = [
    ["no answer at all", () => {}],
    ["an answer's head only", (response) => response.writeHead(200).flushHeaders()],
    [
      "headers byte by byte",
      ({ socket }) => {
        socket?.write("HTTP/1.1 200 OK\r\nX-Slow: ");
        const timer = setInterval(() => socket?.write("x"), 20);
        socket?.on("close", () => clearInterval(timer));
      },
    ],
    [
      "heads that announce another one, without an end",
      ({ socket }) => {
        const timer = setInterval(() => socket?.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 20);
        socket?.on("close", () => clearInterval(timer));
      },
    ],
    [
      "redirects, each a little later",
      (response) => void setTimeout(() => response.writeHead(302, { location: "/" }).end(), 100),
    ],
    [
      "a body byte by byte",
      (response) => {
        const timer = setInterval(() => response.write("x"), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
  ];
  test.each(slow)("one deadline for the whole: %s", async (_, answer) => {
    const url = await serve((_request, response) => answer(response));
    expect(await networkFailure(local(url, { timeoutMs: 200, maxRedirects: 50 }))).toContain(
      "no whole answer within 0.2 s",
    );
  });

  test("one deadline for the whole: a name that never resolves", async () => {
    const network: Network = { resolve: () => new Promise(() => {}), mayConnect: () => true };
    const keepAlive = setInterval(() => {}, 1000);
    expect(await networkFailure(fetchThrough(network, "http://slow.example/", { timeoutMs: 50 }))).toContain(
      "no whole answer within 0.05 s",
    );
    clearInterval(keepAlive);
  });

  test("the caller's signal", async () => {
    const url = await serve(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const error = await failure(local(url, { signal: controller.signal }));
    expect(error.code).toBe("INTERRUPTED");
    expect((await failure(local(url, { signal: AbortSignal.abort() }))).code).toBe("INTERRUPTED");
  });
});
