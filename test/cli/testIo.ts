import type { Io, Output } from "../../src/cli/terminal.ts";

/** The outside world for a command under test; what was written is in `out` and `err`. */
export interface TestIo extends Io {
  out(): string;
  err(): string;
}

/** An {@link Io} that remembers; `isTTY` says whether both streams claim to be a terminal. */
export function testIo(changes: Partial<Omit<Io, "stdout" | "stderr">> & { isTTY?: boolean } = {}): TestIo {
  const { isTTY = false, ...others } = changes;
  const memory = (): Output & { text: string } => ({
    text: "",
    isTTY,
    columns: 80,
    write(text) {
      this.text += text;
    },
  });
  const [stdout, stderr] = [memory(), memory()];
  return {
    stdout,
    stderr,
    stdin: (async function* () {})(),
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...others,
    out: () => stdout.text,
    err: () => stderr.text,
  };
}
