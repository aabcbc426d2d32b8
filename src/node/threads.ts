import type { WorkerInit } from "../engine/wasmBackend.ts";

// Node's own modules are loaded where they are needed: a prediction on one thread needs one of them at most.

/** What a kernel worker runs; CommonJS, since it needs no file that way. */
const source = `
  const { module, memory } = require("node:worker_threads").workerData;
  new WebAssembly.Instance(module, { env: { memory } }).exports.work();
`;

/** Starts a worker thread on the compute engine's memory; it keeps no process alive. */
export function startWorker(init: WorkerInit): { stop(): void } {
  const threads = process.getBuiltinModule("node:worker_threads");
  const worker = new threads.Worker(source, {
    eval: true,
    workerData: init,
    execArgv: [],
    env: threads.SHARE_ENV,
  });
  worker.unref();
  // A worker that cannot start is one thread less; the engine goes on without it.
  worker.on("error", () => {});
  return { stop: () => void worker.terminate() };
}

/** Threads that this process may use well. */
export function threadCount(): number {
  return process.getBuiltinModule("node:os").availableParallelism();
}

/** Lets Node 20 use relaxed SIMD, which later versions have by default; to be called before kernels are compiled. */
export function enableRelaxedSimd(): void {
  if (!process.versions.node.startsWith("20.")) return;
  process.getBuiltinModule("node:v8").setFlagsFromString("--experimental-wasm-relaxed-simd");
}
