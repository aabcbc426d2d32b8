import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileSource, writeFileAtomic } from "../../src/node/files.ts";
import { openFile, readFileBytes } from "../../src/node/readFile.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeFileAtomic", () => {
  test("writes bytes and chunks, in a folder that it makes", async () => {
    await writeFileAtomic(join(folder, "a", "b", "bytes"), Uint8Array.of(1, 2, 3));
    expect([...(await readFile(join(folder, "a", "b", "bytes")))]).toEqual([1, 2, 3]);
    await writeFileAtomic(join(folder, "chunks"), [Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)]);
    expect([...(await readFile(join(folder, "chunks")))]).toEqual([1, 2, 3]);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 300; i++) yield new Uint8Array(1000).fill(i);
    }
    await writeFileAtomic(join(folder, "chunks"), chunks());
    const written = await readFile(join(folder, "chunks"));
    expect(written.length).toBe(300_000);
    expect(written.at(-1)).toBe(299 & 0xff);
    expect(await readdir(folder)).toEqual(["a", "chunks"]);
  });

  test("until it is done the old file is there; when it fails, too, and nothing else is", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const seen: string[] = [];
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("new");
      seen.push(await readFile(path, "utf8"));
      throw new Error("no more");
    }
    await expect(writeFileAtomic(path, failing())).rejects.toThrow("no more");
    expect(seen).toEqual(["old"]);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("two at a time do not mix", async () => {
    const path = join(folder, "file");
    const contents = ["a", "b", "c", "d"].map((letter) => letter.repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, Buffer.from(content))));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

describe("fileSource", () => {
  test("gives the file's bytes in chunks, again for each pass", async () => {
    const content = Buffer.alloc(2_500_000, "0123456789");
    await writeFile(join(folder, "file"), content);
    const source = fileSource(join(folder, "file"));
    expect(source.byteLength).toBe(content.length);
    for (let pass = 0; pass < 2; pass++) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source.stream()) chunks.push(chunk);
      expect(chunks.length).toBeGreaterThan(1);
      expect(Buffer.concat(chunks).equals(content)).toBe(true);
    }
  });

  test("says what is wrong with a path", async () => {
    const missing = join(folder, "missing");
    expect(() => fileSource(missing)).toThrow(`${missing}: there is no such file; check the path`);
    expect(() => fileSource(folder)).toThrow(`${folder}: expected a file, found a folder`);
    await mkdir(join(folder, "sub"));
    await expect(readFileBytes(join(folder, "sub"))).rejects.toThrow("expected a file, found a folder");
    await expect(readFileBytes(missing)).rejects.toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});

describe("openFile", () => {
  test("reads from any place on, into memory that threads share, too", async () => {
    const path = join(folder, "file");
    await writeFile(
      path,
      Uint8Array.from({ length: 1000 }, (_, i) => i),
    );
    const file = await openFile(path, "weights");
    expect([file.name, file.byteLength]).toEqual(["weights", 1000]);
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    for (const into of [new Uint8Array(300), new Uint8Array(shared.buffer, 5, 300)]) {
      for (const [read, from] of [
        [file.read, 700],
        [file.readNow, 300],
      ] as const) {
        await read(into, from);
        expect([...into]).toEqual(Array.from({ length: 300 }, (_, i) => (from + i) & 255));
      }
    }
    await file.close();
  });

  test("says that a file became shorter while it was read", async () => {
    const path = join(folder, "file");
    await writeFile(path, new Uint8Array(1000));
    const file = await openFile(path, "weights");
    await truncate(path, 400);
    await expect(file.read(new Uint8Array(500), 0)).rejects.toThrow(
      "weights: it ends at byte 400, expected 1000 bytes; it became shorter while it was read",
    );
    await file.close();
  });

  test("says what is wrong with a path, and refuses what is too long", async () => {
    const missing = join(folder, "missing");
    await expect(openFile(missing, "x")).rejects.toThrow(`${missing}: there is no such file; check the path`);
    await expect(openFile(folder, "x")).rejects.toThrow("expected a file, found a folder");
    const path = join(folder, "file");
    await writeFile(path, new Uint8Array(1000));
    await expect(openFile(path, "x", 999)).rejects.toThrow(`${path}: at most 999 bytes are read`);
  });

  test.runIf(process.platform === "linux")("reads a device, which has no size, to its end", async () => {
    const file = await openFile("/proc/version", "version");
    const into = new Uint8Array(5);
    await file.read(into, 0);
    expect(Buffer.from(into).toString()).toBe("Linux");
    await file.close();
  });
});
