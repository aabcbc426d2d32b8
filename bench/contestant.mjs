// A contestant is a process of its own, so that none disturbs another's caches, compiler or threads. It is asked in
// lines of JSON on its standard input and answers each with one on its standard output; it times its own work.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = new URL("contestants/", import.meta.url);

/**
 * Starts `program` of bench/contestants with these words.
 *
 * @returns `ask(request)`, which gives the answer, and `close()`.
 * @throws Error with the contestant's own sentence where it cannot take part.
 */
export async function startContestant(program, words = [], { command = process.execPath, env = {} } = {}) {
  const path = fileURLToPath(new URL(program, folder));
  const child = spawn(command, [path, ...words.map(String)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  child.stdin.on("error", () => {}); // told by the end of its output
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => child.on("error", reject));
  failed.catch(() => {});

  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error(`${program} ended: ${errors.trim().split("\n").at(-1) ?? "without a word"}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  const close = () => {
    child.stdin.end();
    child.kill();
  };
  try {
    return { about: await ask({ do: "describe" }), ask, close };
  } catch (error) {
    close();
    throw error;
  }
}
