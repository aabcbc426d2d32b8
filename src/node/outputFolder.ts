import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { MnistError } from "../core/errors.ts";
import type { OutputFolder } from "../core/outputFolder.ts";
import { fileSource, readFileBytes, writeFileAtomic } from "./files.ts";

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
    async write(file, chunks) {
      const hash = createHash("sha256");
      const length = { bytes: 0 };
      await writeFileAtomic(join(folder, file), counted(chunks, hash, length));
      return { ...length, sha256: hash.digest("hex") };
    },
  };
}

function* counted(
  chunks: Iterable<Uint8Array>,
  hash: Hash,
  length: { bytes: number },
): Generator<Uint8Array> {
  for (const chunk of chunks) {
    hash.update(chunk);
    length.bytes += chunk.byteLength;
    yield chunk;
  }
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MnistError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
