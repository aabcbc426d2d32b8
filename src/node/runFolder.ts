import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunFolder } from "../core/runFolder.ts";
import { writeFileAtomic } from "./files.ts";
import { openFile, readFileBytes } from "./readFile.ts";

/** A run's folder on disk; made with the first file that is written. */
export function runFolder(path: string): RunFolder {
  return {
    name: path,
    async list(folder) {
      try {
        return await readdir(join(path, folder));
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
        throw error;
      }
    },
    read: (file) => readFileBytes(join(path, file)),
    open: (file) => openFile(join(path, file), `${path}/${file}`),
    write: (file, bytes) => writeFileAtomic(join(path, file), bytes),
    async append(file, bytes) {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await appendFile(join(path, file), bytes);
    },
    remove: (file) => rm(join(path, file), { force: true }),
  };
}
