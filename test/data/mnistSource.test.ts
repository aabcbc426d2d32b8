import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findMnist } from "../../src/node/mnistSource.ts";
import { smallDataset } from "./smallMnist.ts";

const { files, dataset } = smallDataset();
const imagesName = dataset.files.trainImages.name;
let folder = "";
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-source-"));
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  for (const server of servers.splice(0)) server.close();
});

/** The address of a server that answers with `listener`. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const mirror: RequestListener = (request, response) => {
  const bytes = files.get((request.url ?? "").slice(1).replace(/\.gz$/, ""));
  if (bytes === undefined) response.writeHead(404).end();
  else response.end(gzipSync(bytes));
};

const fromFolder = () => findMnist({ folder, cwd: folder, dataset });
const fromMirrors = (mirrors: string[], more: { signal?: AbortSignal } = {}) =>
  findMnist({ cwd: folder, dataset: { ...dataset, mirrors }, ...more });

describe("findMnist in a folder", () => {
  test("takes plain and compressed files", async () => {
    await writeFile(join(folder, `${imagesName}.gz`), gzipSync(files.get(imagesName) ?? ""));
    await rm(join(folder, imagesName));
    const { origin, train, test } = await fromFolder();
    expect(origin).toBe(folder);
    expect([train.count, test.count]).toEqual([40, 20]);
    expect([...train.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  test("names a missing file", async () => {
    await rm(join(folder, imagesName));
    await expect(fromFolder()).rejects.toThrow(
      `${folder}: expected ${imagesName} or ${imagesName}.gz, found neither`,
    );
  });

  const good = files.get(imagesName) ?? new Uint8Array();
  test.each<[string, Uint8Array, string]>([
    ["magic", good.with(2, 9), "magic number 0x00000801"],
    ["dimensions", good.with(7, 41), `expected 32160 bytes for an array of 41x28x28, found ${good.length}`],
    ["length", good.subarray(0, 1000), "found 1000; the file is cut off"],
    ["MD5", good.with(500, (good[500] ?? 0) ^ 1), `expected MD5 ${dataset.files.trainImages.md5}, found `],
    ["data set", withCount(good, 39), "it is not the data set's train-images-idx3-ubyte"],
  ])("names a wrong %s", async (_, bytes, message) => {
    await writeFile(join(folder, imagesName), bytes);
    await expect(fromFolder()).rejects.toThrow(
      expect.objectContaining({ code: "BAD_DATA", message: expect.stringContaining(message) }),
    );
    await expect(fromFolder()).rejects.toThrow(join(folder, imagesName));
  });

  test.each<[string, Uint8Array]>([
    ["a bomb", gzipSync(Buffer.alloc(50_000_000))],
    ["text", Buffer.from("not gzip at all")],
    ["a cut file", gzipSync(good).subarray(0, 200)],
  ])("does not inflate %s", async (_, bytes) => {
    await rm(join(folder, imagesName));
    await writeFile(join(folder, `${imagesName}.gz`), bytes);
    await expect(fromFolder()).rejects.toThrow(
      `${imagesName}.gz: expected a gzip file of ${good.length} bytes`,
    );
  });
});

describe("findMnist on mirrors", () => {
  test("takes the next mirror where one fails", async () => {
    const closed = await serve((_, response) => void response.writeHead(403).end());
    const working = await serve(mirror);
    const { origin, train } = await fromMirrors([closed, working]);
    expect(origin).toBe(working);
    expect(train.count).toBe(40);
  });

  test("says of each mirror why it failed, and what to do", async () => {
    const refusing = await serve((_, response) => void response.writeHead(503).end());
    const lying = await serve((_, response) => void response.end(gzipSync("another file")));
    const flooding = await serve((_, response) => void response.end(Buffer.alloc(1_000_000)));
    const breaking = await serve((_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("some");
      setTimeout(() => response.destroy(), 20);
    });
    const failure = await fromMirrors([refusing, lying, flooding, breaking]).catch(
      (error: Error) => error.message,
    );
    expect(failure).toContain(`${refusing}${imagesName}.gz: the server answered 503 Service Unavailable`);
    expect(failure).toContain(`${lying}${imagesName}.gz: expected MD5 ${dataset.files.trainImages.gzipMd5}`);
    expect(failure).toContain(`${flooding}${imagesName}.gz: more than the 32400 bytes that were expected`);
    expect(failure).toMatch(new RegExp(`${breaking}${imagesName}.gz: \\S`));
    expect(failure).toContain("give their folder with --source");
  });

  test("stops when it is told to", async () => {
    const silent = await serve(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await expect(fromMirrors([silent], { signal: abort.signal })).rejects.toThrow(
      expect.objectContaining({ code: "INTERRUPTED" }),
    );
  });
});

/** A whole IDX file with fewer images. */
function withCount(images: Uint8Array, count: number): Uint8Array {
  return images.subarray(0, 16 + count * 784).with(7, count);
}
