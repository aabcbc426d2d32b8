// The command as people run it: a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../", import.meta.url));
export const mnist = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * Runs `mnist` with these words.
 *
 * @param nodeOptions words for node itself; `stdio` as spawn takes it.
 * @returns what it printed, and what it wrote to further streams that `stdio` has.
 */
export function runMnist(words, { nodeOptions = [], stdio = ["ignore", "pipe", "pipe"] } = {}) {
  const { status, stdout, stderr, output } = spawnSync(process.execPath, [...nodeOptions, mnist, ...words], {
    cwd: root,
    stdio,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`mnist ${words[0]} ended with ${status}: ${String(stderr).trim()}`);
  return { stdout: String(stdout ?? ""), output };
}
