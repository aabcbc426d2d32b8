// A process that reads pictures as `mnist predict` does, and says after each what it took. Sent: { name, path }.
import { readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { allowOnlyFormats, loadModel, MnistError, predict } from "../../dist/node.js";

const allowFormats = process.argv[2] === "all" ? ["webp", "gif", "bmp", "tiff", "avif"] : [];
allowOnlyFormats(allowFormats);
const model = await loadModel({ threads: 1 });

/** The most memory since the last call, bytes; since the start of the process where the system cannot forget. */
function peakMemory() {
  const { maxRSS } = process.resourceUsage();
  try {
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
    writeFileSync("/proc/self/clear_refs", "5");
    return peak * 1024;
  } catch {
    return maxRSS * 1024;
  }
}

process.on("message", async ({ name, path }) => {
  // What is left of the files before would count for this one; what a decoder gave is freed only a moment later.
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const bytes = readFileSync(path);
  peakMemory();
  const start = performance.now();
  const cpu = process.cpuUsage();
  let result;
  try {
    const { text } = await predict(model, bytes, { name, allowFormats });
    result = { answer: text };
  } catch (error) {
    const { message, code } = error;
    const isClear = error instanceof MnistError && message.startsWith(`${name}: `) && !message.includes("\n");
    result = isClear ? { error: code, message } : { fault: String(error?.stack ?? error) };
  }
  const { user, system } = process.cpuUsage(cpu);
  process.send({
    ...result,
    cpu: (user + system) / 1e6,
    wall: (performance.now() - start) / 1e3,
    memory: peakMemory(),
  });
});
process.send("ready");
