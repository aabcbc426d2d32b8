/** What tells one file's content from another's. */
export interface Fingerprint {
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Where files go: a folder on disk, or one in memory. */
export interface OutputFolder {
  /** What people call it: its path; used in messages. */
  readonly name: string;
  /** The file's content, or `undefined` where there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** Of the file as it is now, or `undefined` where there is no such file. */
  fingerprint(file: string): Promise<Fingerprint | undefined>;
  /** Replaces the file as a whole; where `chunks` throws, the old file stays. */
  write(file: string, chunks: Iterable<Uint8Array>): Promise<Fingerprint>;
}
