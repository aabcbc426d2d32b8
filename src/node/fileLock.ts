import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "./clock.ts";
import { isRunning, type ProcessIdentity, thisProcess } from "./processIdentity.ts";

export interface LockOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Told once where another process has the lock. */
  readonly onWait?: () => void;
}

/** How often the owner shows that it is alive, and after how long without it is taken for dead, in milliseconds. */
const aliveMs = 2_000;
const deadMs = 15_000;
const askAgainMs = 200;

/**
 * Does `work` while this process, and no other that asks the same, owns the file at `path`. The lock of a process
 * that has died is taken over: at once on the same machine, else after 15 seconds. So is that of one that was
 * suspended for as long, hence `work` must do no harm where another does it too: this lock spares work, it does not
 * guard anything.
 */
export async function withFileLock<T>(
  path: string,
  { clock, signal, onWait }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const owner = JSON.stringify({ ...(await thisProcess()), id: crypto.randomUUID() });
  await mkdir(dirname(path), { recursive: true });
  let waited = false;
  while (!(await take(path, owner))) {
    if (await isDead(path, clock.now())) await rm(path, { force: true });
    else {
      if (!waited) onWait?.();
      waited = true;
      await clock.wait(askAgainMs, signal);
    }
  }
  let stopAlarm = (): void => {};
  const showLife = (): void => {
    stopAlarm = clock.alarm(aliveMs, () => {
      const now = new Date(clock.now());
      utimes(path, now, now).catch(() => {}); // Taken over by another: see above.
      showLife();
    });
  };
  showLife();
  try {
    return await work();
  } finally {
    stopAlarm();
    const current = await readFile(path, "utf8").catch(() => "");
    if (current === owner) await rm(path, { force: true });
  }
}

async function take(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isDead(path: string, now: number): Promise<boolean> {
  try {
    if (now - (await stat(path)).mtimeMs > deadMs) return true;
    return (await isRunning(JSON.parse(await readFile(path, "utf8")) as ProcessIdentity)) === false;
  } catch {
    return false; // Given back just now, or not written yet.
  }
}
