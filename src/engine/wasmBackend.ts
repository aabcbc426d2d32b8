import { decodeBase64 } from "../core/base64.ts";
import { MnistError } from "../core/errors.ts";
import type { Backend } from "./backend.ts";
import { hasRelaxedSimd, hasSharedMemory, hasSimd } from "./features.ts";
import { HOST_SPINS, JOB, SCRATCH_BYTES, SCRATCH_START, STARTED } from "./kernels/layout.ts";
import { relaxed, simd128 } from "./kernels.generated.ts";
import type { Cells } from "./reference/kernel.ts";

export type WasmVariant = "relaxed" | "simd128";

/** What a worker needs: it instantiates the module with `{ env: { memory } }` and calls its export `work()`. */
export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Starts one worker; returns what ends it. */
export type StartWorker = (init: WorkerInit) => { stop(): void };

export interface WasmBackendOptions {
  /** Threads to compute on, this one among them; 1 where it is left out. More need `startWorker`. */
  readonly threads?: number;
  readonly startWorker?: StartWorker;
  /** Instead of the best that the host has. */
  readonly variant?: WasmVariant;
  /** The host's own decoder, which need not wait until a loop over 30,000 characters is compiled. */
  readonly decodeBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

export interface WasmBackend extends Backend {
  readonly variant: WasmVariant;
  /** Resolves when all threads compute, or with how many of them do after `milliseconds`. */
  whenStarted(milliseconds?: number): Promise<number>;
}

interface KernelExports {
  run(program: number, threads: number): void;
  stop(): void;
}

const PAGE_BYTES = 65_536;
const CELL_BYTES = 4;
/** Kernels read, and do not use, up to a few vectors beyond a tensor's end. */
const SLACK_BYTES = 256;
/** 2 GiB, what the kernels are built for; hosts with less address space are asked for less. */
const MAXIMUM_PAGES = [32_768, 16_384, 8_192, 4_096];
const MAXIMUM_THREADS = 64;

/** The best variant of the kernels that this host runs; undefined where it runs none. */
export function bestVariant(): WasmVariant | undefined {
  if (!hasSimd() || !hasSharedMemory()) return undefined;
  return hasRelaxedSimd() ? "relaxed" : "simd128";
}

/**
 * The backend that runs the WebAssembly kernels. It computes at once, on this thread; workers join in as they come
 * up, and the bits of the results do not depend on how many have.
 * @throws MnistError UNSUPPORTED where the host lacks WebAssembly SIMD, atomics or the variant asked for.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<WasmBackend> {
  const best = bestVariant();
  const variant = options.variant ?? best;
  if (best === undefined || variant === undefined || (variant === "relaxed" && best !== "relaxed")) {
    const asked = options.variant ? `the ${options.variant} kernels` : "the WebAssembly kernels";
    const has = best ? `has only ${best}` : "lacks 128-bit SIMD or shared memory in WebAssembly";
    throw new MnistError("UNSUPPORTED", `this host cannot run ${asked}: it ${has}; use another variant`);
  }
  const wanted = options.startWorker ? (options.threads ?? 1) : 1;
  const threads = Math.min(Math.max(Math.floor(wanted) || 1, 1), MAXIMUM_THREADS);
  const base = (SCRATCH_START + threads * SCRATCH_BYTES) / CELL_BYTES;

  const decode = options.decodeBase64 ?? decodeBase64;
  const module = await WebAssembly.compile(decode((variant === "relaxed" ? relaxed : simd128).base64));
  const memory = allocate(pagesFor(base));
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = instance.exports as unknown as KernelExports;

  let cells = viewsOf(memory);
  cells.ints[HOST_SPINS / CELL_BYTES] = mayWait(cells.ints) ? 0 : 1;
  const workers = startWorkers(threads - 1, options.startWorker, { module, memory });
  const started = () => Math.min(Atomics.load(cells.ints, STARTED / CELL_BYTES) + 1, threads);
  let limit = threads;

  return {
    variant,
    threads: workers.length + 1,
    base,
    cells: () => cells,
    grow(length) {
      const missing = pagesFor(length) - memory.buffer.byteLength / PAGE_BYTES;
      if (missing <= 0) return;
      try {
        memory.grow(missing);
      } catch (cause) {
        const megabytes = Math.ceil((length * CELL_BYTES) / 1e6);
        const message = `the model and its batch need ${megabytes} MB, more than WebAssembly memory gives; use a smaller batch`;
        throw new MnistError("BAD_ARGUMENT", message, { cause });
      }
      cells = viewsOf(memory);
    },
    run: (program) => kernels.run(program, limit),
    async whenStarted(milliseconds = 5000) {
      const deadline = Date.now() + milliseconds;
      while (started() < workers.length + 1 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return started();
    },
    close() {
      limit = 1;
      kernels.stop();
      for (const worker of workers) worker.stop();
    },
  };
}

/** As many workers as can be had; with fewer, or none, everything is computed all the same. */
function startWorkers(count: number, startWorker: StartWorker | undefined, init: WorkerInit) {
  const workers: { stop(): void }[] = [];
  try {
    while (startWorker && workers.length < count) workers.push(startWorker(init));
  } catch {
    // A page's security policy may forbid workers: then the threads that there are do the work.
  }
  return workers;
}

function pagesFor(cells: number): number {
  return Math.ceil((cells * CELL_BYTES + SLACK_BYTES) / PAGE_BYTES);
}

function allocate(initial: number): WebAssembly.Memory {
  let failure: unknown;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  const message = `no ${Math.ceil((initial * PAGE_BYTES) / 1e6)} MB of WebAssembly memory can be had; close other programs`;
  throw new MnistError("UNSUPPORTED", message, { cause: failure });
}

function viewsOf(memory: WebAssembly.Memory): Cells {
  return { floats: new Float32Array(memory.buffer), ints: new Int32Array(memory.buffer) };
}

/** Whether this thread may sleep: the main thread of a page may not. */
function mayWait(ints: Int32Array): boolean {
  try {
    // Returns at once, since the cell does not hold -1.
    Atomics.wait(ints, JOB / CELL_BYTES, -1, 0);
    return true;
  } catch {
    return false;
  }
}
