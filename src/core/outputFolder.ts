/** What tells one file's content from another's. */
export interface Fingerprint {
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A file that is being written; under its name nothing changes before `commit`. */
export interface PendingFile {
  /** Adds bytes at the end, one call at a time; they must not change afterwards. */
  write(bytes: Uint8Array): Promise<void>;
  /** After the last byte: makes them safe, and says what they are. */
  finish(): Promise<Fingerprint>;
  /** After `finish`: gives the file its name, in the place of the one that had it. */
  commit(): Promise<void>;
  /** Leaves nothing behind; after `commit` it does nothing. */
  discard(): Promise<void>;
}

/** Where files go: a folder on disk, or one in memory. */
export interface OutputFolder {
  /** What people call it: its path; used in messages. */
  readonly name: string;
  /** The file's content, or `undefined` where there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** Of the file as it is now, or `undefined` where there is no such file. */
  fingerprint(file: string): Promise<Fingerprint | undefined>;
  /** Begins a file that will be called so. */
  begin(file: string): Promise<PendingFile>;
  /** Takes the file away, if it is there. */
  remove(file: string): Promise<void>;
}
