import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/node/clock.ts";
import { defaultCacheFolder } from "../../src/node/downloadCache.ts";
import { withFileLock } from "../../src/node/fileLock.ts";

describe("defaultCacheFolder", () => {
  test.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ["Linux", "linux", {}, "/home/ada/.cache/mnist-classification"],
    ["XDG", "linux", { XDG_CACHE_HOME: "/fast" }, "/fast/mnist-classification"],
    [
      "a relative XDG, which its specification ignores",
      "linux",
      { XDG_CACHE_HOME: "fast" },
      "/home/ada/.cache/mnist-classification",
    ],
    ["macOS", "darwin", {}, "/home/ada/Library/Caches/mnist-classification"],
    ["Windows", "win32", { LOCALAPPDATA: "/local" }, "/local/mnist-classification/Cache"],
  ])("is the system's: %s", (_, platform, env, expected) => {
    expect(defaultCacheFolder(env, platform, "/home/ada")).toBe(expected);
  });
});

describe("withFileLock", () => {
  let folder = "";
  let path = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mnist-lock-"));
    path = join(folder, "deep", "file.lock");
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("lets one in after the other, and leaves nothing", async () => {
    let inside = 0;
    const most: number[] = [];
    const work = async (): Promise<void> => {
      most.push(++inside);
      await systemClock.wait(20);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withFileLock(path, { clock: systemClock }, work)));
    expect(most).toEqual([1, 1, 1]);
    expect(existsSync(path)).toBe(false);
  });

  test("is given back where the work fails", async () => {
    const failing = withFileLock(path, { clock: systemClock }, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await withFileLock(path, { clock: systemClock }, async () => "mine")).toBe("mine");
  });

  test("is taken from a process of this machine that is gone, at once", async () => {
    const gone = spawnSync(process.execPath, ["--version"]);
    await mkdir(dirname(path), { recursive: true });
    const lockOf = (host: string) => JSON.stringify({ host, pid: gone.pid, id: "gone" });
    await writeFile(path, lockOf(hostname()));
    const waited: string[] = [];
    const options = { clock: systemClock, onWait: () => waited.push("waited") };
    expect(await withFileLock(path, options, async () => "mine")).toBe("mine");
    expect(waited).toEqual([]);
    // Of another machine's processes nothing is known.
    await writeFile(path, lockOf("elsewhere"));
    const abort = new AbortController();
    const waiting = withFileLock(
      path,
      { clock: systemClock, signal: abort.signal, onWait: () => abort.abort() },
      async () => "mine",
    );
    await expect(waiting).rejects.toThrow();
  });

  test("is taken from a process that has not shown life for a while, at once", async () => {
    await withFileLock(path, { clock: systemClock }, async () => {
      const lastSeen = new Date(Date.now() - 60_000);
      await utimes(path, lastSeen, lastSeen);
      const waited: string[] = [];
      const taken = withFileLock(
        path,
        { clock: systemClock, onWait: () => waited.push("waited") },
        async () => "mine",
      );
      expect(await taken).toBe("mine");
      expect(waited).toEqual([]);
    });
  });

  test("one who waits says so once, and stops when told to", async () => {
    await withFileLock(path, { clock: systemClock }, async () => {
      const abort = new AbortController();
      let waited = 0;
      const onWait = (): void => {
        waited++;
        abort.abort();
      };
      const waiting = withFileLock(
        path,
        { clock: systemClock, signal: abort.signal, onWait },
        async () => "mine",
      );
      await expect(waiting).rejects.toThrow();
      expect(waited).toBe(1);
      expect(existsSync(path)).toBe(true);
    });
  });

  test("one who was overtaken does not take away the other's lock", async () => {
    await withFileLock(path, { clock: systemClock }, () => writeFile(path, "another owner"));
    expect(existsSync(path)).toBe(true);
  });
});
