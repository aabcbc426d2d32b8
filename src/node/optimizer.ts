/** Long enough for what is being compiled to be done, milliseconds. */
const PATIENCE = 20;

let isStopped = false;

/**
 * Has V8 compile nothing more in the background. `process.exit` waits for what is being compiled, and for ever where that waits
 * for a garbage collection, which the thread that exits no longer does (https://github.com/nodejs/node/issues/54918). A short
 * process, which gains nothing from optimized code, asks for this early. Code that is cached with V8's flags can no longer be
 * loaded from its cache afterwards.
 */
export function stopOptimizing(): void {
  isStopped = true;
  process.getBuiltinModule("node:v8").setFlagsFromString("--no-opt");
}

/** Ends the process when nothing is being compiled; in its first half a second nothing is worth it. */
export function exit(): void {
  const mayCompile = !isStopped && process.uptime() > 0.5;
  if (!mayCompile) process.exit();
  stopOptimizing();
  setTimeout(() => process.exit(), PATIENCE);
}
