import { decodeBase64 } from "../core/base64.ts";
import { MnistError } from "../core/errors.ts";
import type { Address, Kernels } from "./kernelExports.ts";
import { pictures } from "./kernels.generated.ts";
import type { GreyImage } from "./picture.ts";

// The WebAssembly kernels that do what is done for every pixel, and the memory that they work in. Most processes read one
// picture: V8 would interpret such loops for most of it, and memory that is touched for the first time costs more than
// what is computed in it. So the kernels are compiled at once, and images are made where others were before.

/** 512 MB, what the kernels are built for; hosts with less address space are asked for less. */
const MAXIMUM_PAGES = [8_192, 4_096, 2_048];

/** A memory that is larger than this after a picture is not kept for the next one. */
const KEPT_BYTES = 50_000_000;

/** Kernels with a memory of their own. */
interface Instance {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  /** Its buffers: it is shared, so that what was seen through an older one stays where it is when it grows. */
  readonly buffers: WeakSet<ArrayBufferLike>;
}

let compiled: WebAssembly.Module | undefined;
let instance: Instance | undefined;

/** How many `scoped` calls there are around. */
let depth = 0;

/**
 * Compiles the kernels, unless they are, without keeping the thread waiting: some browsers' main threads may not wait.
 *
 * @throws MnistError UNSUPPORTED where there is no WebAssembly with SIMD and shared memory.
 */
export async function loadKernels(): Promise<void> {
  if (instance !== undefined) return;
  const memory = newMemory();
  try {
    compiled ??= await WebAssembly.compile(decodeBase64(pictures.base64));
    instance ??= instanceOf(await WebAssembly.instantiate(compiled, importsOf(memory)), memory);
  } catch (cause) {
    throw unsupported(cause);
  }
}

/** The kernels; they are compiled here and now where `loadKernels` was not awaited. */
export function kernels(): Kernels {
  return current().kernels;
}

function current(): Instance {
  if (instance !== undefined) return instance;
  const memory = newMemory();
  try {
    compiled ??= new WebAssembly.Module(decodeBase64(pictures.base64));
    instance = instanceOf(new WebAssembly.Instance(compiled, importsOf(memory)), memory);
  } catch (cause) {
    throw unsupported(cause);
  }
  return instance;
}

function importsOf(memory: WebAssembly.Memory): WebAssembly.Imports {
  return { env: { memory, power: Math.pow } };
}

function instanceOf({ exports }: WebAssembly.Instance, memory: WebAssembly.Memory): Instance {
  return { kernels: exports as unknown as Kernels, memory, buffers: new WeakSet() };
}

function newMemory(): WebAssembly.Memory {
  let failure: unknown;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw unsupported(failure);
}

function unsupported(cause: unknown): MnistError {
  const message =
    "pictures are looked at by WebAssembly kernels with 128-bit SIMD and shared memory, which this host lacks; use a newer one";
  return new MnistError("UNSUPPORTED", message, { cause });
}

/**
 * What `work` gives; images that are made in it live in the kernels' memory, and are gone when it ends: only numbers and
 * copies may leave it. It may not be asynchronous.
 */
export function scoped<T>(work: () => T): T {
  const here = current();
  const before = here.kernels.mark();
  depth++;
  try {
    return work();
  } catch (error) {
    // The one trap that kernels have is that of `reserve`.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    const message = "picture: it takes more memory than WebAssembly gives; make it smaller";
    throw new MnistError("BAD_IMAGE", message, { cause: error });
  } finally {
    here.kernels.release(before);
    depth--;
    if (depth === 0 && here.memory.buffer.byteLength > KEPT_BYTES) instance = undefined;
  }
}

/** What `work` gives; what the kernels reserved meanwhile is released. */
export function computed<T>(work: (kernels: Kernels) => T): T {
  const here = kernels();
  const before = here.mark();
  try {
    return work(here);
  } finally {
    here.release(before);
  }
}

/**
 * An image [height, width] whose every pixel `fill` writes to an address. Within `scoped`, it is in the kernels' memory; else
 * it is copied out of it.
 */
export function imageOf(
  width: number,
  height: number,
  fill: (kernels: Kernels, to: Address) => void,
): GreyImage {
  return imageIf(width, height, (kernels, to) => {
    fill(kernels, to);
    return true;
  })!;
}

/** The same, unless `fill` says that it has none. */
export function imageIf(
  width: number,
  height: number,
  fill: (kernels: Kernels, to: Address) => boolean,
): GreyImage | undefined {
  const here = kernels();
  const before = here.mark();
  const address = here.reserve(width * height * 4);
  const isMade = computed(() => fill(here, address));
  const data = floatsAt(address, width * height);
  if (isMade && depth > 0) return { width, height, data };
  const copy = isMade ? { width, height, data: new Float32Array(data) } : undefined;
  here.release(before);
  return copy;
}

/** Where `values` are in the kernels' memory, of which others get a copy there. */
export function addressOf(values: Float32Array | Float64Array | Int32Array): Address {
  const here = current();
  if (here.buffers.has(values.buffer)) return values.byteOffset;
  const address = here.kernels.reserve(values.byteLength);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  bytesAt(address, bytes.length).set(bytes);
  return address;
}

// Views of the kernels' memory.

export function bytesAt(address: Address, length: number): Uint8Array {
  return new Uint8Array(buffer(), address, length);
}

export function floatsAt(address: Address, length: number): Float32Array {
  return new Float32Array(buffer(), address, length);
}

export function doublesAt(address: Address, length: number): Float64Array {
  return new Float64Array(buffer(), address, length);
}

export function intsAt(address: Address, length: number): Int32Array {
  return new Int32Array(buffer(), address, length);
}

function buffer(): ArrayBufferLike {
  const { memory, buffers } = current();
  buffers.add(memory.buffer);
  return memory.buffer;
}
