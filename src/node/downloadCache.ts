import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MnistError } from "../core/errors.ts";
import { withFileLock } from "./fileLock.ts";
import { syncFolder } from "./files.ts";
import { fetchFromMirrors, type MirrorOptions } from "./mirrors.ts";
import { openPartialFile } from "./partialFile.ts";

/**
 * Where downloads are kept between runs unless the user says otherwise: the folder that the system has for what can
 * be had again, by the XDG Base Directory Specification, Apple's and Microsoft's guidelines.
 */
export function defaultCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const name = "mnist-classification";
  const xdg = env.XDG_CACHE_HOME;
  if (xdg?.startsWith("/")) return join(xdg, name); // The specification: relative paths are ignored.
  if (platform === "darwin") return join(home, "Library", "Caches", name);
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), name, "Cache");
  return join(home, ".cache", name);
}

/** The file at `path` where it is there and `check` finds nothing wrong with it; one that is damaged is removed. */
export async function readCached(
  path: string,
  { bytes, check }: Pick<MirrorOptions, "bytes" | "check">,
): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (found.size === bytes) {
    const whole = new Uint8Array(await readFile(path));
    if (check(whole) === undefined) return whole;
  }
  await rm(path, { force: true });
  return undefined;
}

/** A file and, where it came in this run, from which URL. */
export interface Downloaded {
  readonly bytes: Uint8Array;
  readonly url?: string;
}

/** How much of the file at `path` is there already, from a run that was interrupted. */
export async function partialLength(path: string): Promise<number> {
  return (await stat(partialPath(path)).catch(() => undefined))?.size ?? 0;
}

function partialPath(path: string): string {
  return `${path}.part`;
}

/**
 * Brings the file to `path` from the mirrors, by way of `path.part`, which stays there where the run is interrupted.
 * Of processes that want the same file one downloads it and the others wait; should two do it all the same, each
 * checks what it got. Throws what {@link fetchFromMirrors} throws, and `NOT_FOUND` where the folder takes no files.
 */
export async function downloadTo(
  path: string,
  options: MirrorOptions & { readonly onWait?: () => void },
): Promise<Downloaded> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => refuse(path, error));
  return withFileLock(`${path}.lock`, options, async () => {
    const madeMeanwhile = await readCached(path, options);
    if (madeMeanwhile !== undefined) return { bytes: madeMeanwhile };
    const file = await openPartialFile(partialPath(path), options.bytes);
    let downloaded: Downloaded;
    try {
      downloaded = await fetchFromMirrors(file, options);
    } finally {
      await file.close();
      if (file.length === 0) await rm(partialPath(path), { force: true });
    }
    // Another process may have done the same, and its file be there: it is the same one.
    await rename(partialPath(path), path).catch(async (error: unknown) => {
      if ((await readCached(path, options)) === undefined) throw error;
    });
    await syncFolder(dirname(path));
    return downloaded;
  }).catch((error: unknown) => refuse(path, error));
}

/** A folder that cannot be written has a way out that the system's message does not tell. */
function refuse(path: string, error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) throw error;
  throw new MnistError(
    "NOT_FOUND",
    `${dirname(path)}: downloads cannot be kept there (${code}); give another folder with --cache or MNIST_CACHE`,
    { cause: error },
  );
}
