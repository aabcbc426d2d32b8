import { MnistError } from "../core/errors.ts";
import { colorsFor, type Io } from "./terminal.ts";

/** Exit statuses; stable, for scripts. */
export const status = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The status of a command that came to its end. */
export function statusOf({ signal }: Io): number {
  return signal.aborted ? status.interrupted : status.done;
}

/** Tells in one sentence on standard error what went wrong, with its stack where that is wanted; gives the status. */
export function reportError(error: unknown, io: Io, { withStack }: { readonly withStack: boolean }): number {
  const isInterrupted = io.signal.aborted || (error instanceof MnistError && error.code === "INTERRUPTED");
  const { red, yellow } = colorsFor(io.stderr, io);
  const message = error instanceof Error ? error.message : String(error);
  if (isInterrupted) {
    const said = error instanceof MnistError ? message : "interrupted";
    io.stderr.write(`${yellow(`mnist: ${said}`)}\n`);
  } else if (isExpected(error)) {
    io.stderr.write(`${red(`error: ${message}`)}\n`);
  } else {
    io.stderr.write(`${red(`error: ${message}`)} (not foreseen: --debug shows where it comes from)\n`);
  }
  if (withStack) io.stderr.write(`${describeStack(error)}\n`);
  if (isInterrupted) return status.interrupted;
  return error instanceof MnistError && error.code === "BAD_ARGUMENT" ? status.usage : status.failed;
}

/** Our own errors and the operating system's (no space, no permission) explain themselves; others are our bugs. */
function isExpected(error: unknown): boolean {
  return error instanceof MnistError || (error instanceof Error && "syscall" in error);
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by: ${describeStack(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
