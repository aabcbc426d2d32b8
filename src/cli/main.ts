#!/usr/bin/env node
import module from "node:module";
import type { Output } from "./terminal.ts";

// The process around `main`: its streams, Ctrl-C, and its exit status.

// From Node 22.8 on, what is loaded after this is compiled once and kept: a tenth of the time of a prediction.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { main } = await import("./program.ts");

const interrupt = new AbortController();

// The first Ctrl-C lets the command save what it has; the second one ends it at once.
process.on("SIGINT", () => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
});
process.once("SIGTERM", () => interrupt.abort());

// Who reads our output may stop reading (`mnist ... | head`): no reason for a stack on the screen.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
});

/** The streams are opened where they are first used: mostly, nothing is told on standard error. */
function output(stream: () => NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream().write(text),
    get isTTY() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns ?? 80;
    },
  };
}

process.exitCode = await main(process.argv.slice(2), {
  stdout: output(() => process.stdout),
  stderr: output(() => process.stderr),
  get stdin() {
    return process.stdin; // opened only where it is read
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
});
// What is written is out before the end; to take apart the heap and the engine's memory, as a natural end would, takes longer than
// to classify.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
