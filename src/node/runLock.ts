import { mkdir, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MnistError } from "../core/errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isRunning, type ProcessIdentity, thisProcess } from "./processIdentity.ts";

/** How often an owner shows that it is alive, and after how long without it another machine's is taken for dead. */
const aliveMs = 5_000;
const deadMs = 60_000;
const askAgainMs = 20;
/** One that has not decided for so long was suspended. */
const undecidedMs = 10_000;

interface Entry extends ProcessIdentity {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Whether it has the folder; before, it asks for it. */
  readonly isOwner: boolean;
}

const entryFile = /^\.training-([0-9a-f-]{36})\.lock$/;
const temporaryEntryFile = /^\.training-[0-9a-f-]{36}\.lock\.tmp$/;

/**
 * Makes this process the only one that trains into the folder at `path`, until the function that it gives is called.
 * The folder is made where it is missing, and removed again if nothing is in it by then.
 *
 * Every process that asks writes an entry of its own, and only then looks for those of others: it has the folder if no
 * other process that is alive has an entry. Of two, the one that wrote later sees the other's, so there are never two
 * owners. Of several that ask at once the smallest id waits until the others have given up or one turns out to be the
 * owner, so there is always one. Entries are never taken over, those of dead processes are removed, so there is nothing
 * to be done twice. A process of this machine is dead if there is none of its number and start; of another machine's it
 * is known only when it showed life last.
 *
 * @param name what people call the folder.
 * @throws MnistError `BUSY`, saying who has it.
 */
export async function lockRun(
  path: string,
  name = path,
  clock: Clock = systemClock,
): Promise<() => Promise<void>> {
  const id = crypto.randomUUID();
  const file = join(path, `.training-${id}.lock`);
  const since = clock.now();
  const mine: Entry = { ...(await thisProcess()), id, since, isOwner: false };
  const made = await begin(path, file, mine);
  const end = async (): Promise<void> => {
    await rm(file, { force: true });
    await removeEmpty(path, made);
  };
  try {
    for (;;) {
      const others = await livingOthers(path, id, clock);
      if (others.length === 0) break;
      const isOver = (other: Entry) => other.isOwner || other.id < id || clock.now() - since > undecidedMs;
      const stronger = others.find(isOver);
      if (stronger) throw busy(stronger, name, clock);
      await clock.wait(askAgainMs);
    }
    await put(file, { ...mine, isOwner: true });
    for (const left of await readdir(path)) {
      if (temporaryEntryFile.test(left)) await rm(join(path, left), { force: true });
    }
  } catch (error) {
    await end();
    throw error;
  }
  let stopAlarm = (): void => {};
  const showLife = (): void => {
    stopAlarm = clock.alarm(aliveMs, () => {
      const now = new Date(clock.now());
      utimes(file, now, now).catch(() => {}); // Somebody removed it; the training need not end for that.
      showLife();
    });
  };
  showLife();
  return async () => {
    stopAlarm();
    await end();
  };
}

/** Writes the first entry; gives the outermost folder that was made for it. */
async function begin(path: string, file: string, entry: Entry): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const made = await mkdir(path, { recursive: true });
    try {
      await put(file, entry);
      return made;
    } catch (error) {
      // The one before removed the empty folder, or cleaned up, just now.
      if (!hasCode(error, "ENOENT") || attempt === 10) throw error;
    }
  }
}

/** Whoever reads an entry reads a whole one. */
async function put(file: string, entry: Entry): Promise<void> {
  await writeFile(`${file}.tmp`, JSON.stringify(entry));
  await rename(`${file}.tmp`, file);
}

/** The entries of other processes that are alive, as far as is known; those of dead ones are removed. */
async function livingOthers(path: string, id: string, clock: Clock): Promise<(Entry & Seen)[]> {
  const living: (Entry & Seen)[] = [];
  for (const name of await readdir(path)) {
    const file = join(path, name);
    const other = entryFile.exec(name)?.[1];
    if (other === undefined || other === id) continue;
    try {
      const seenAt = (await stat(file)).mtimeMs;
      const entry = { ...parseEntry(await readFile(file, "utf8")), id: other, seenAt, file };
      const isAlive = (await isRunning(entry)) ?? clock.now() - seenAt < deadMs;
      if (isAlive) living.push(entry);
      else await rm(file, { force: true });
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error; // It has given up just now.
    }
  }
  return living;
}

interface Seen {
  readonly seenAt: number;
  readonly file: string;
}

/** A power cut may have emptied it: then nothing is known of its process but when it showed life. */
function parseEntry(text: string): Omit<Entry, "id"> {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return { host: "?", pid: 0, since: 0, isOwner: true };
  }
}

function busy(other: Entry & Seen, name: string, clock: Clock): MnistError {
  const since = new Date(other.since).toISOString().replace("T", " ").slice(0, 19);
  const ago = Math.max(0, Math.round((clock.now() - other.seenAt) / 1000));
  return new MnistError(
    "BUSY",
    `${name}: process ${other.pid} on ${other.host} has been training into this folder since ${since} UTC, ` +
      `and showed life ${ago} s ago; let it end, stop it, or name another folder with --log-dir ` +
      `(if it is no training: delete ${other.file})`,
  );
}

/** Removes a folder and those that were made for it, as far as they are empty. */
async function removeEmpty(path: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  try {
    for (let folder = path; folder.length >= made.length; folder = dirname(folder)) {
      await rmdir(folder);
    }
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].some((code) => hasCode(error, code))) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
