import { fstatSync, writeSync } from "node:fs";
import type { Output } from "./terminal.ts";

/** An output of the process. */
export interface ProcessOutput extends Output {
  /** Calls back when all that was written is out. */
  flush(done: () => void): void;
}

/**
 * The output with number `descriptor`. Into files and pipes, text is written at once, as Node does there too, but without its
 * streams: to load them takes 6 ms. For terminals and all else, and where a pipe is full and must not be waited for,
 * `stream` gives Node's own, opened when it is first used.
 *
 * @param onClosed is called where nobody reads any more; what is written then is lost.
 */
export function openOutput(
  descriptor: number,
  stream: () => NodeJS.WriteStream,
  onClosed: () => void,
): ProcessOutput {
  let opened: NodeJS.WriteStream | undefined;
  const open = (): NodeJS.WriteStream => {
    if (opened !== undefined) return opened;
    opened = stream();
    opened.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      onClosed();
    });
    return opened;
  };
  const isDirect = isWrittenAtOnce(descriptor);
  return {
    write(text) {
      const left = opened === undefined && isDirect ? writeAtOnce(descriptor, text, onClosed) : text;
      if (left.length > 0) open().write(left);
    },
    get isTTY() {
      return !isDirect && open().isTTY === true;
    },
    get columns() {
      return (isDirect ? undefined : open().columns) ?? 80;
    },
    flush(done) {
      if (opened === undefined) done();
      else opened.write("", done);
    },
  };
}

function isWrittenAtOnce(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || stats.isFIFO() || stats.isSocket(); // Node starts processes with sockets as their pipes
  } catch {
    return false; // it is closed: Node's streams know what to do
  }
}

/** What could not be written yet, since a pipe that must not be waited for is full. */
function writeAtOnce(descriptor: number, text: string, onClosed: () => void): Uint8Array {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE" && code !== "EAGAIN") throw error;
    if (code === "EPIPE") {
      onClosed();
      written = bytes.length;
    }
  }
  return bytes.subarray(written);
}
