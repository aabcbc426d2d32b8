import { fileURLToPath } from "node:url";
import { type RandomAccess, randomAccessTo } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { type ShippedWeights, shippedFile } from "../core/shippedModels.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { bestVariant, createWasmBackend } from "../engine/wasmBackend.ts";
import { decodePicture } from "./decodePicture.ts";
import type { FetchOptions } from "./fetchUrl.ts";
import { openFile, readFileBytes } from "./readFile.ts";
import { enableRelaxedSimd, startWorker, threadCount } from "./threads.ts";

function shippedPath(name: ShippedWeights): string {
  return fileURLToPath(new URL(`../../${shippedFile(name)}`, import.meta.url));
}

/** Node's side of the library: files, safe fetching, sharp and worker threads, each loaded when first used. */
export const nodePlatform = {
  async createEngine(
    options: { readonly threads?: number; readonly variant?: Engine["variant"] } = {},
  ): Promise<Engine> {
    enableRelaxedSimd();
    const { threads = threadCount(), variant = bestVariant() ?? "reference" } = options;
    if (variant === "reference") {
      const { createReferenceBackend } = await import("../engine/referenceBackend.ts");
      return createEngine(createReferenceBackend());
    }
    return createEngine(await createWasmBackend({ threads, startWorker, variant, decodeBase64 }));
  },

  async read(source: string | URL, options: FetchOptions): Promise<Uint8Array> {
    const path = pathOf(source);
    if (path !== undefined) return readFileBytes(path, options.maxBytes);
    const { fetchUrl } = await import("./fetchUrl.ts");
    return fetchUrl(source, options);
  },

  openShippedWeights(name: ShippedWeights): Promise<RandomAccess> {
    return openFile(shippedPath(name), shippedFile(name));
  },

  async openWeights(source: string | URL, options: FetchOptions): Promise<RandomAccess> {
    const path = pathOf(source);
    if (path !== undefined) return openFile(path, String(source), options.maxBytes);
    return randomAccessTo(String(source), await nodePlatform.read(source, options));
  },

  async readShippedWeights(name: ShippedWeights) {
    return { name: shippedFile(name), bytes: await readFileBytes(shippedPath(name)) };
  },

  decodePicture,
};

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Buffer.from(text, "base64");
}

/** Of a file on this machine; undefined where it is the URL of something else. */
function pathOf(source: string | URL): string | undefined {
  if (typeof source === "string" && !isUrl(source)) return source;
  return /^file:/i.test(String(source)) ? pathOfUrl(source) : undefined;
}

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
