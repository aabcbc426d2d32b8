import { exit } from "../node/optimizer.ts";
import { openOutput } from "./openOutput.ts";
import { main } from "./program.ts";

// The process around `main`: its streams, Ctrl-C, and its exit status.

const interrupt = new AbortController();

// The first Ctrl-C lets the command save what it has; the second one ends it at once.
process.on("SIGINT", () => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
});
process.once("SIGTERM", () => interrupt.abort());

// Who reads our output may stop reading (`mnist ... | head`): no reason for a stack on the screen.
const stdout = openOutput(
  1,
  () => process.stdout,
  () => process.exit(process.exitCode ?? 0),
);
const stderr = openOutput(
  2,
  () => process.stderr,
  () => {},
);

main(process.argv.slice(2), {
  stdout,
  stderr,
  get stdin() {
    return process.stdin; // opened only where it is read
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
}).then((status) => {
  process.exitCode = status;
  // What is written is out before the end; to take apart the heap and the engine's memory, as a natural end would, takes longer
  // than to classify.
  stdout.flush(() => stderr.flush(exit));
});
