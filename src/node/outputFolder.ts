import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MnistError } from "../core/errors.ts";
import type { OutputFolder } from "../core/outputFolder.ts";
import { beginFile, fileSource } from "./files.ts";
import { readFileBytes } from "./readFile.ts";

/** A folder on disk whose files are written atomically and told apart by length and SHA-256. */
export function outputFolder(folder: string): OutputFolder {
  return {
    name: folder,
    read: (file) => unlessMissing(() => readFileBytes(join(folder, file))),
    fingerprint: (file) =>
      unlessMissing(async () => {
        const hash = createHash("sha256");
        const source = fileSource(join(folder, file));
        for await (const chunk of source.stream()) hash.update(chunk);
        return { bytes: source.byteLength ?? 0, sha256: hash.digest("hex") };
      }),
    async begin(file) {
      const hash = createHash("sha256");
      let length = 0;
      const pending = await beginFile(join(folder, file));
      return {
        async write(bytes) {
          const written = pending.write(bytes);
          hash.update(bytes); // while they are written
          length += bytes.byteLength;
          await written;
        },
        async finish() {
          await pending.finish();
          return { bytes: length, sha256: hash.digest("hex") };
        },
        commit: pending.commit,
        discard: pending.discard,
      };
    },
    remove: (file) => rm(join(folder, file), { force: true }),
  };
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MnistError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
