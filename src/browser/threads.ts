import type { WorkerInit } from "../engine/wasmBackend.ts";

/** What a kernel worker runs. */
const source = `
  onmessage = ({ data: { module, memory } }) => {
    new WebAssembly.Instance(module, { env: { memory } }).exports.work();
    close();
  };
`;

/**
 * Starts a Web Worker on the compute engine's memory.
 * @throws DOMException where the page is not cross-origin isolated, or its policy forbids workers from a Blob.
 */
export function startWorker(init: WorkerInit): { stop(): void } {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  URL.revokeObjectURL(url);
  try {
    worker.postMessage(init);
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return { stop: () => worker.terminate() };
}

/** Threads that this page may use well: one, unless it is cross-origin isolated and may share memory with workers. */
export function threadCount(): number {
  return globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}
