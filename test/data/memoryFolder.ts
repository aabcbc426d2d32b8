import { createHash } from "node:crypto";
import type { OutputFolder } from "../../src/core/outputFolder.ts";

/** A folder in memory; files are there once they are committed. */
export interface MemoryFolder extends OutputFolder {
  readonly files: Map<string, Uint8Array>;
  /** Files that were begun and neither committed nor discarded. */
  readonly open: Set<string>;
}

export function memoryFolder(): MemoryFolder {
  const files = new Map<string, Uint8Array>();
  const open = new Set<string>();
  const fingerprintOf = (bytes: Uint8Array) => ({
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  const folder: MemoryFolder = {
    name: "memory",
    files,
    open,
    read: async (file) => files.get(file),
    async fingerprint(file) {
      const bytes = files.get(file);
      return bytes && fingerprintOf(bytes);
    },
    async begin(file) {
      const chunks: Uint8Array[] = [];
      open.add(file);
      return {
        write: async (bytes) => void chunks.push(bytes),
        finish: async () => fingerprintOf(Buffer.concat(chunks)),
        async commit() {
          files.set(file, Buffer.concat(chunks));
          open.delete(file);
        },
        discard: async () => void open.delete(file),
      };
    },
    remove: async (file) => void files.delete(file),
  };
  return folder;
}
