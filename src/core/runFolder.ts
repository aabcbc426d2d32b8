import type { RandomAccess } from "./bytes.ts";

/** A folder that a training keeps its files in: on disk, or in memory for tests and pages. */
export interface RunFolder {
  /** What people call it: its path; used in messages. */
  readonly name: string;
  /** The names of what is in a subfolder, or in the folder itself (""); none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  read(file: string): Promise<Uint8Array>;
  /** To read a file from any place on. */
  open(file: string): Promise<RandomAccess>;
  /** Replaces the file as a whole, or leaves it as it was. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end of the file; makes it where it is missing. */
  append(file: string, bytes: Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
}
