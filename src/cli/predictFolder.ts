import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { matchesOf } from "../node/dataFiles.ts";

/** Endings of pictures' names, those too that are not read: to be told so is better than to be left out. */
const endings = /\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|avif|hei[cf])$/i;

/** Whether a file in a folder is taken for a picture, by its name; hidden ones are not. */
export function isPictureName(name: string): boolean {
  return endings.test(name) && !name.startsWith(".");
}

/**
 * The pictures in a folder, `page-2.png` before `page-10.png`; with `isRecursive` also in the folders below it, to which links
 * are not followed. Hidden files and folders are left out.
 *
 * @param name what the folder is called in the pictures' names.
 * @throws MnistError `NOT_FOUND` where there are none.
 */
export async function picturesIn(
  name: string,
  folder: string,
  isRecursive: boolean,
): Promise<readonly string[]> {
  const found = await walk(name, folder, isRecursive);
  if (found.length > 0) return found;
  const where = isRecursive ? "" : " (not looking below it: that takes --recursive)";
  throw new MnistError(
    "NOT_FOUND",
    `${name}: expected pictures in this folder, found no name that ends in .png or .jpg${where}; check the path`,
  );
}

async function walk(name: string, folder: string, isRecursive: boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const found = `the folder cannot be looked into (${code})`;
    throw new MnistError("NOT_FOUND", `${name}: ${found}; check its permissions`, { cause: error });
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => naturally(a.name, b.name))) {
    const [inName, inFolder] = [join(name, entry.name), join(folder, entry.name)];
    if (entry.isDirectory()) {
      if (isRecursive && !entry.name.startsWith(".")) found.push(...(await walk(inName, inFolder, true)));
    } else if (isPictureName(entry.name) && (entry.isFile() || (await mayBeFile(inFolder)))) {
      found.push(inName);
    }
  }
  return found;
}

/** Whether a link leads to a file, or nowhere, which is then told; a pipe or a device may never end. */
function mayBeFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  );
}

/** The files that a pattern fits, named as the pattern is: from `cwd` on or from the root. */
export async function picturesLike(pattern: string, cwd: string): Promise<readonly string[]> {
  const isAbsolute = resolve(pattern) === pattern || pattern.startsWith("/");
  const found = await matchesOf(pattern, cwd);
  return found.map((path) => (isAbsolute ? path : relative(cwd, path))).sort(naturally);
}

const { compare } = new Intl.Collator("en", { numeric: true });

/** The order in which people count; where it leaves a tie, the characters' own. */
export function naturally(a: string, b: string): number {
  return compare(a, b) || (a < b ? -1 : 1);
}
