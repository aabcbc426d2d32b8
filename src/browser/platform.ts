import { type RandomAccess, randomAccessTo } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { type ShippedWeights, shippedFile } from "../core/shippedModels.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { createReferenceBackend } from "../engine/referenceBackend.ts";
import { bestVariant, createWasmBackend } from "../engine/wasmBackend.ts";
import { decodePicture } from "./decodePicture.ts";
import { startWorker, threadCount } from "./threads.ts";

/** Bundlers see this form and put the files beside the page's scripts. */
const shippedWeights: Readonly<Record<ShippedWeights, URL>> = {
  lenet: new URL("../../models/lenet.safetensors", import.meta.url),
  lenet5: new URL("../../models/lenet5.safetensors", import.meta.url),
  best: new URL("../../models/best.safetensors", import.meta.url),
  parts: new URL("../../models/parts.safetensors", import.meta.url),
};

const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_MAX_BYTES = 20_000_000;

/** The browser's side of the library: fetch, canvas and Web Workers. */
export const browserPlatform = {
  async createEngine(
    options: { readonly threads?: number; readonly variant?: Engine["variant"] } = {},
  ): Promise<Engine> {
    const { threads = threadCount(), variant = bestVariant() ?? "reference" } = options;
    if (variant === "reference") return createEngine(createReferenceBackend());
    return createEngine(await createWasmBackend({ threads, startWorker, variant }));
  },

  /** The bytes at a URL, relative ones from the page's; redirects and addresses are the browser's to judge. */
  async read(
    source: string | URL,
    options: { readonly maxBytes?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Uint8Array> {
    const { maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const url = String(source);
    let response: Response;
    try {
      response = await fetch(url, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
      if (response.ok) {
        const bytes = await readAtMost(response, maxBytes, url);
        return bytes;
      }
    } catch (cause) {
      if (cause instanceof MnistError) throw cause;
      const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : String((cause as Error).message);
      throw new MnistError("NETWORK", `${url}: cannot be fetched: ${why}`, { cause });
    }
    throw new MnistError(
      "NETWORK",
      `${url}: the server answers ${response.status} ${response.statusText}; check the address`,
    );
  },

  async openShippedWeights(name: ShippedWeights): Promise<RandomAccess> {
    const patience = { maxBytes: Number.POSITIVE_INFINITY, timeoutMs: 120_000 };
    return randomAccessTo(shippedFile(name), await browserPlatform.read(shippedWeights[name], patience));
  },

  async openWeights(
    source: string | URL,
    options: { readonly maxBytes?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<RandomAccess> {
    return randomAccessTo(String(source), await browserPlatform.read(source, options));
  },

  decodePicture,
};

async function readAtMost(response: Response, maxBytes: number, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.length;
    if (length > maxBytes) {
      await reader?.cancel();
      throw new MnistError(
        "NETWORK",
        `${url}: more than the ${maxBytes} bytes that are allowed; give a smaller file or a larger maxBytes`,
      );
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
