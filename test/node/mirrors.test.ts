import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchFromMirrors, type MirrorOptions } from "../../src/node/mirrors.ts";
import { openPartialFile } from "../../src/node/partialFile.ts";
import { testClock } from "./testClock.ts";
import { type Answer, refusing, serving, type TestMirror, testMirror } from "./testMirror.ts";

/** A file of bytes that are all different from their neighbours, so that a shift shows. */
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);
const half = 150_000;

let folder = "";
let part = "";
const open: TestMirror[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-mirrors-"));
  part = join(folder, "file.part");
});
afterEach(async () => {
  for (const mirror of open.splice(0)) mirror.close();
  await rm(folder, { recursive: true });
});

async function mirrorOf(...answers: Answer[]): Promise<TestMirror> {
  const mirror = await testMirror(...answers);
  open.push(mirror);
  return mirror;
}

/** Fetches by way of `part`, with nothing left to chance. */
async function fetchFrom(mirrors: readonly { readonly url: string }[], changes: Partial<MirrorOptions> = {}) {
  const file = await openPartialFile(part, bytes.length);
  try {
    return await fetchFromMirrors(file, {
      urls: mirrors.map(({ url }) => `${url}file`),
      name: "the file",
      bytes: bytes.length,
      check: (whole) => (Buffer.compare(whole, bytes) === 0 ? undefined : "these are other bytes"),
      clock: testClock(),
      random: () => 0,
      ...changes,
    });
  } finally {
    await file.close();
  }
}

const failureOf = (fetching: Promise<unknown>): Promise<string> =>
  fetching.then(
    () => "it worked",
    (error: Error) => error.message,
  );

/** Sends the first half and hangs up once the client has it; `progress` is what the client must be given. */
function breaking(etag = '"one"'): { readonly answer: Answer; readonly progress: (length: number) => void } {
  let hangUp = (): void => {};
  return {
    answer(_, response) {
      response.writeHead(200, { etag, "content-length": bytes.length });
      response.write(bytes.subarray(0, half));
      hangUp = () => response.destroy();
    },
    progress: (length) => void (length === half && hangUp()),
  };
}

describe("fetchFromMirrors", () => {
  test("brings the file and says from where", async () => {
    const mirror = await mirrorOf(serving(bytes));
    const result = await fetchFrom([mirror]);
    expect(Buffer.compare(result.bytes, bytes)).toBe(0);
    expect(result.url).toBe(`${mirror.url}file`);
    expect(Buffer.compare(await readFile(part), bytes)).toBe(0);
  });

  test("asks again after 503, waiting twice as long each time", async () => {
    const clock = testClock();
    const mirror = await mirrorOf(refusing(503), refusing(503), refusing(503), serving(bytes));
    await fetchFrom([mirror], { clock });
    expect(mirror.asked).toHaveLength(4);
    expect(clock.waits).toEqual([1000, 2000, 4000]);
  });

  test("leaves up to half of the wait to chance", async () => {
    const clock = testClock();
    const mirror = await mirrorOf(refusing(503), serving(bytes));
    await fetchFrom([mirror], { clock, random: () => 0.5 });
    expect(clock.waits).toEqual([750]);
  });

  test.each<[string, (now: number) => string, number]>([
    ["seconds", () => "20", 20_000],
    ["a date", (now) => new Date(now + 30_000).toUTCString(), 30_000],
  ])("heeds Retry-After in %s", async (_, header, expected) => {
    const clock = testClock(Date.parse("2030-01-01T00:00:00Z"));
    const mirror = await mirrorOf(refusing(429, { "retry-after": header(clock.now()) }), serving(bytes));
    await fetchFrom([mirror], { clock });
    expect(clock.waits.reduce((sum, ms) => sum + ms)).toBe(expected);
  });

  test("does not wait an hour for a server that asks for it", async () => {
    const clock = testClock();
    const mirror = await mirrorOf(refusing(503, { "retry-after": "3600" }));
    expect(await failureOf(fetchFrom([mirror], { clock }))).toContain(
      "503 Service Unavailable, and asks to come back in 3,600 s",
    );
    expect(mirror.asked).toHaveLength(1);
    expect(clock.waits).toEqual([]);
  });

  test("goes on where the answer broke off: only what is missing is sent", async () => {
    const { answer, progress } = breaking();
    let ifRange: unknown;
    const mirror = await mirrorOf(answer, (request, response) => {
      ifRange = request.headers["if-range"];
      serving(bytes)(request, response);
    });
    const lengths: number[] = [];
    const { bytes: result } = await fetchFrom([mirror], {
      onProgress(length) {
        lengths.push(length);
        progress(length);
      },
    });
    expect(Buffer.compare(result, bytes)).toBe(0);
    expect(mirror.asked).toEqual(["all", `bytes=${half}-`]);
    expect(ifRange).toBe('"one"');
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  });

  test("goes on with what an earlier run left, also on another mirror", async () => {
    await writeFile(part, bytes.subarray(0, 100));
    const down = await mirrorOf(refusing(403));
    const working = await mirrorOf(serving(bytes));
    const { bytes: result } = await fetchFrom([down, working]);
    expect(Buffer.compare(result, bytes)).toBe(0);
    expect([down.asked, working.asked]).toEqual([["bytes=100-"], ["bytes=100-"]]);
  });

  test("asks nobody where an earlier run left all", async () => {
    await writeFile(part, bytes);
    const mirror = await mirrorOf(serving(bytes));
    expect(Buffer.compare((await fetchFrom([mirror])).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual([]);
  });

  test.each<[string, Uint8Array, readonly string[]]>([
    ["pieces of another file", new Uint8Array(half), [`bytes=${half}-`, "all"]],
    ["another file of the same length", new Uint8Array(bytes.length), ["all"]],
    ["more than the file has", new Uint8Array(bytes.length + 1), ["all"]],
  ])("starts anew where %s were left", async (_, left, asked) => {
    await writeFile(part, left);
    const mirror = await mirrorOf(serving(bytes));
    expect(Buffer.compare((await fetchFrom([mirror])).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual(asked);
  });

  test("takes the new version whole where the file has changed in between", async () => {
    const { answer, progress } = breaking('"old"');
    const mirror = await mirrorOf(answer, serving(bytes, '"new"'));
    expect(Buffer.compare((await fetchFrom([mirror], { onProgress: progress })).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual(["all", `bytes=${half}-`]);
  });

  test("takes the whole from a server that does not know Range", async () => {
    await writeFile(part, bytes.subarray(0, half));
    const mirror = await mirrorOf((_, response) => void response.end(bytes));
    expect(Buffer.compare((await fetchFrom([mirror])).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual([`bytes=${half}-`]);
  });

  test("starts anew after 416", async () => {
    await writeFile(part, bytes.subarray(0, half));
    const mirror = await mirrorOf(refusing(416), serving(bytes));
    expect(Buffer.compare((await fetchFrom([mirror])).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual([`bytes=${half}-`, "all"]);
  });

  test("starts anew after a range that was not asked for", async () => {
    await writeFile(part, bytes.subarray(0, half));
    const total = bytes.length;
    const mirror = await mirrorOf((_, response) => {
      response.writeHead(206, { "content-range": `bytes 0-${total - 1}/${total}` }).end(bytes);
    }, serving(bytes));
    expect(Buffer.compare((await fetchFrom([mirror])).bytes, bytes)).toBe(0);
    expect(mirror.asked).toEqual([`bytes=${half}-`, "all"]);
  });

  test("takes the next mirror, without a wait, where the first is down", async () => {
    const clock = testClock();
    const gone = await mirrorOf(refusing(503));
    gone.close();
    const working = await mirrorOf(serving(bytes));
    expect((await fetchFrom([gone, working], { clock })).url).toBe(`${working.url}file`);
    expect(clock.waits).toEqual([]);
  });

  test.each<[string, Answer, RegExp]>([
    [
      "lies about Content-Length",
      (_, response) => void response.writeHead(200, { "content-length": 10 ** 12 }).write(bytes),
      /expected 300,000 bytes, Content-Length is 1000000000000; it has another file/,
    ],
    ["has other bytes", serving(new Uint8Array(bytes.length)), /these are other bytes/],
    [
      "sends without end",
      (_, response) => {
        const more = (): void => void (response.writable && response.write(Buffer.alloc(1 << 16), more));
        more();
      },
      /it sent more than the 300,000 bytes of the file/,
    ],
    [
      "encodes what it sends",
      (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(bytes),
      /it sent Content-Encoding gzip, which was not asked for/,
    ],
    ["refuses", refusing(403), /the server answered 403 Forbidden/],
    ["sends a part that was not asked for", refusing(206), /it sent the range none/],
  ])("asks a mirror that %s once only and keeps nothing of it", async (_, answer, reason) => {
    const mirror = await mirrorOf(answer);
    expect(await failureOf(fetchFrom([mirror]))).toMatch(reason);
    expect(mirror.asked).toEqual(["all"]);
    expect((await stat(part)).size).toBe(0);
  });

  test("keeps what came where a mirror answers with a page of another length", async () => {
    await writeFile(part, bytes.subarray(0, half));
    const portal = await mirrorOf((_, response) => {
      response.writeHead(200, { "content-length": 5 }).end("login");
    });
    const working = await mirrorOf(serving(bytes));
    expect(Buffer.compare((await fetchFrom([portal, working])).bytes, bytes)).toBe(0);
    expect(working.asked).toEqual([`bytes=${half}-`]);
  });

  test("hangs up where nothing comes for half a minute, and goes on from there", async () => {
    const clock = testClock();
    const mirror = await mirrorOf(breaking().answer, serving(bytes)); // It is not told to hang up.
    const troubles: string[] = [];
    await fetchFrom([mirror], {
      clock,
      onProgress: (length) => void (length === half && clock.ring(30_000)),
      onTrouble: (sentence) => void troubles.push(sentence),
    });
    expect(mirror.asked).toEqual(["all", `bytes=${half}-`]);
    expect(troubles).toEqual([
      `${mirror.url}file: no byte came for 30 s, after 150,000 of 300,000 bytes`,
      "asking again in 1.0 s",
    ]);
  });

  test("ends a request that drips on for ten minutes", async () => {
    const clock = testClock();
    const mirror = await mirrorOf(breaking().answer, serving(bytes));
    const troubles: string[] = [];
    await fetchFrom([mirror], {
      clock,
      onProgress: (length) => void (length === half && clock.ring(600_000)),
      onTrouble: (sentence) => void troubles.push(sentence),
    });
    expect(troubles.join()).toContain("not done after 600 s");
  });

  test("gives up after five rounds and says of each mirror why", async () => {
    const clock = testClock();
    const busy = await mirrorOf(refusing(503));
    const closed = await mirrorOf(refusing(404));
    const short = await mirrorOf((_, response) => {
      response.write(bytes.subarray(0, 10)); // Without a Content-Length.
      response.end();
    }, refusing(500));
    const message = await failureOf(fetchFrom([busy, closed, short], { clock }));
    expect(message.split("\n")).toEqual([
      "the file could not be had from any mirror:",
      `  ${busy.url}file: the server answered 503 Service Unavailable (asked 5 times)`,
      `  ${closed.url}file: the server answered 404 Not Found`,
      `  ${short.url}file: the server answered 500 Internal Server Error (asked 5 times)`,
    ]);
    expect(clock.waits).toEqual([1000, 2000, 4000, 8000]);
    expect((await stat(part)).size).toBe(10);
  });

  test("does not give up a line that breaks again and again but gets on", async () => {
    let hangUp = (): void => {};
    let asked = 0;
    const step = 70_000; // More than the 65,536 bytes that count as getting on.
    const flaky: Answer = (request, response) => {
      asked++;
      const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      if (asked % 4 !== 0) return void response.writeHead(503).end();
      const headers = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(from > 0 ? 206 : 200, from > 0 ? headers : {});
      const piece = bytes.subarray(from, from + step);
      if (from + step >= bytes.length) return void response.end(piece);
      response.write(piece);
      hangUp = () => response.destroy();
    };
    const mirror = await mirrorOf(flaky);
    const { bytes: result } = await fetchFrom([mirror], {
      onProgress: (length) => void (length % step === 0 && hangUp()),
    });
    expect(Buffer.compare(result, bytes)).toBe(0);
    expect(asked).toBe(20);
  });

  test("keeps what came when it is interrupted", async () => {
    const mirror = await mirrorOf(breaking().answer);
    const abort = new AbortController();
    const fetching = fetchFrom([mirror], {
      signal: abort.signal,
      onProgress: (length) => void (length === half && abort.abort()),
    });
    await expect(fetching).rejects.toThrow(expect.objectContaining({ code: "INTERRUPTED" }));
    expect(Buffer.compare(await readFile(part), bytes.subarray(0, half))).toBe(0);
  });

  test("is interrupted while it waits, too", async () => {
    const mirror = await mirrorOf(refusing(503));
    const abort = new AbortController();
    const fetching = fetchFrom([mirror], { signal: abort.signal, onTrouble: () => abort.abort() });
    await expect(fetching).rejects.toThrow(expect.objectContaining({ code: "INTERRUPTED" }));
    expect(mirror.asked).toHaveLength(1);
  });
});
