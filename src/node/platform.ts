import { fileURLToPath } from "node:url";
import { MnistError } from "../core/errors.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { createReferenceBackend } from "../engine/referenceBackend.ts";
import { bestVariant, createWasmBackend } from "../engine/wasmBackend.ts";
import type { FetchOptions } from "./fetchUrl.ts";
import { readFileBytes } from "./files.ts";
import { enableRelaxedSimd, startWorker, threadCount } from "./threads.ts";

const shippedWeights = new URL("../../models/lenet.safetensors", import.meta.url);

/** Node's side of the library: files, safe fetching, sharp and worker threads, each loaded when first used. */
export const nodePlatform = {
  async createEngine(
    options: { readonly threads?: number; readonly variant?: Engine["variant"] } = {},
  ): Promise<Engine> {
    enableRelaxedSimd();
    const { threads = threadCount(), variant = bestVariant() ?? "reference" } = options;
    if (variant === "reference") return createEngine(createReferenceBackend());
    return createEngine(await createWasmBackend({ threads, startWorker, variant }));
  },

  async read(source: string | URL, options: FetchOptions): Promise<Uint8Array> {
    if (typeof source === "string" && !isUrl(source)) return readFileBytes(source, options.maxBytes);
    if (/^file:/i.test(String(source))) return readFileBytes(pathOfUrl(source), options.maxBytes);
    const { fetchUrl } = await import("./fetchUrl.ts");
    return fetchUrl(source, options);
  },

  async readShippedWeights() {
    return { name: "models/lenet.safetensors", bytes: await readFileBytes(fileURLToPath(shippedWeights)) };
  },

  async decodePicture(bytes: Uint8Array, name: string) {
    const { decodePicture } = await import("./decodePicture.ts");
    return decodePicture(bytes, name);
  },
};

/** `C:\pictures` is a path although it could be read as a URL of the scheme c. */
function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

function pathOfUrl(url: string | URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new MnistError("NOT_FOUND", `${url}: not the URL of a file on this machine; give its path`, {
      cause,
    });
  }
}
