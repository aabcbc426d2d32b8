import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { isPictureName, naturally } from "./predictFolder.ts";
import type { Source } from "./predictSource.ts";

/** How a folder is watched; milliseconds. */
export interface WatchOptions {
  readonly cwd: string;
  /** Leaves out what is there when it begins. */
  readonly onlyNew: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A file is whole when it has not changed for so long; 500 unless given. */
  readonly settleMs?: number;
  /** The folder is looked through so often, whether or not the system told of a change; 2,000 unless given. */
  readonly pollMs?: number;
  /** Told of changes by the system; may throw where it cannot. */
  readonly notify?: (folder: string, changed: () => void) => { close(): void };
}

/** An empty file is mostly one whose writer has not begun, or holds it open. */
const emptySettleMs = 10_000;

/**
 * The pictures in a folder, and then each that comes, once it is whole: when its size and time have stayed the same for a
 * while. One that changes comes again. The system's word of a change only wakes it sooner: network folders and full tables
 * of watches tell nothing, so that it looks every now and then anyway.
 *
 * @throws MnistError `NOT_FOUND` where there is no such folder, or no longer.
 */
export async function* watchedPictures(name: string, options: WatchOptions): AsyncGenerator<Source> {
  const { cwd, onlyNew, signal, settleMs = 500, pollMs = 2000, notify = notifyBySystem } = options;
  const folder = resolve(cwd, name);
  const alarm = createAlarm(signal);
  const watcher = await lookInto(name, folder).then(() => attempt(() => notify(folder, alarm.ring)));
  try {
    const told = new Map<string, string>();
    /** What may still be written, by name. */
    let changing = new Map<string, { readonly state: string; readonly since: number }>();
    if (onlyNew) for (const [file, { state }] of await lookInto(name, folder)) told.set(file, state);
    while (!signal.aborted) {
      const now = performance.now();
      const files = await lookInto(name, folder);
      for (const file of told.keys()) if (!files.has(file)) told.delete(file);
      const stillChanging: typeof changing = new Map();
      for (const [file, { state, isEmpty }] of files) {
        if (told.get(file) === state) continue;
        const before = changing.get(file);
        const since = before?.state === state ? before.since : now;
        if (now - since < (isEmpty ? emptySettleMs : settleMs)) {
          stillChanging.set(file, { state, since });
          continue;
        }
        told.set(file, state);
        yield { kind: "file", name: join(name, file), path: join(folder, file) };
        if (signal.aborted) return;
      }
      changing = stillChanging;
      await alarm.wait(changing.size > 0 ? settleMs / 2 : pollMs);
    }
  } finally {
    watcher?.close();
  }
}

/** Size and time of each picture in a folder, in natural order. */
async function lookInto(name: string, folder: string) {
  const names = await readdir(folder).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const found = code === "ENOENT" ? "found none" : `found one that cannot be looked into (${code})`;
    throw new MnistError("NOT_FOUND", `--watch ${name}: expected a folder, ${found}; check the path`, {
      cause: error,
    });
  });
  const files = new Map<string, { readonly state: string; readonly isEmpty: boolean }>();
  for (const file of names.filter(isPictureName).sort(naturally)) {
    const stats = await stat(join(folder, file)).catch(() => undefined); // it may be gone already
    if (!stats?.isFile()) continue;
    files.set(file, { state: `${stats.ino} ${stats.size} ${stats.mtimeMs}`, isEmpty: stats.size === 0 });
  }
  return files;
}

/** Node's own, which fails where the system has no more watches or none for such a folder. */
function notifyBySystem(folder: string, changed: () => void): FSWatcher {
  const watcher = watch(folder, changed);
  watcher.on("error", () => watcher.close());
  return watcher;
}

function attempt<T>(start: () => T): T | undefined {
  try {
    return start();
  } catch {
    return undefined;
  }
}

/** Changes come in flocks; one look for all of a moment. */
const flockMs = 50;

/** Sleep that a ring soon ends, also one that came before it, and an abort at once. */
function createAlarm(signal: AbortSignal): { ring(): void; wait(ms: number): Promise<void> } {
  let hasRung = false;
  let wake = (): void => {};
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    ring() {
      if (hasRung) return;
      hasRung = true;
      wake();
    },
    async wait(ms) {
      if (!hasRung && !signal.aborted) await sleep(ms);
      if (hasRung && !signal.aborted) await sleep(Math.min(ms, flockMs));
      hasRung = false;
    },
  };
}
