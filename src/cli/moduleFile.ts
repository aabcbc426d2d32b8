import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MnistError } from "../core/errors.ts";

/** How such files end, for messages. */
export const moduleKinds = ".ts, .js or .json";

/** Whether `name` is that of a file which {@link readModuleFile} reads. */
export function isModuleFile(name: string): boolean {
  return [".json", ".js", ".mjs", ".ts", ".mts"].includes(extname(name));
}

/**
 * The value in a file: all of a `.json`, or what a `.js` or `.ts` module exports as `exported` or as its default.
 *
 * @throws MnistError `NOT_FOUND` or `BAD_MODEL`.
 */
export async function readModuleFile(name: string, exported: string, cwd: string): Promise<unknown> {
  const path = resolve(cwd, name);
  if (!existsSync(path)) throw new MnistError("NOT_FOUND", `${name}: there is no such file; check the path`);
  return extname(name) === ".json" ? readJson(path, name) : importModule(path, name, exported);
}

async function readJson(path: string, name: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new MnistError("NOT_FOUND", `${name}: cannot be read; check the path`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MnistError("BAD_MODEL", `${name}: not JSON: ${String((cause as Error).message)}`, { cause });
  }
}

async function importModule(path: string, name: string, exported: string): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    // Node 20 cannot read TypeScript; jiti strips the types.
    const { createJiti } = await import("jiti");
    module = path.endsWith("ts")
      ? await createJiti(import.meta.url).import<Record<string, unknown>>(path)
      : ((await import(pathToFileURL(path).href)) as Record<string, unknown>);
  } catch (cause) {
    // Loaders put code and stacks below the first line.
    const [reason = ""] = String(cause instanceof Error ? cause.message : cause).split("\n");
    throw new MnistError("BAD_MODEL", `${name}: cannot be loaded: ${reason}`, { cause });
  }
  const value = module[exported] ?? module.default;
  if (value === undefined) {
    throw new MnistError(
      "BAD_MODEL",
      `${name}: expected an export named ${exported}, or a default one; found ${Object.keys(module).join(", ") || "none"}`,
    );
  }
  return value;
}
