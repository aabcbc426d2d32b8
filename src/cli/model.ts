import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MnistError } from "../core/errors.ts";
import { models } from "../lenet.ts";
import { type ModelDefinition, parseDefinition } from "../nn/definition.ts";

/**
 * The definition that `--model` names: one of the project's own, or a file: `.json`, or a `.js` or `.ts` module that
 * exports it as `model` or as its default.
 *
 * @throws MnistError `NOT_FOUND` or `BAD_MODEL`.
 */
export async function resolveModel(name: string, cwd: string): Promise<ModelDefinition> {
  if (Object.hasOwn(models, name)) return models[name as keyof typeof models];
  const kind = extname(name);
  if (![".json", ".js", ".mjs", ".ts", ".mts"].includes(kind)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--model: expected ${Object.keys(models).join(", ")} or a file that ends in .ts, .js or .json, found "${name}"`,
    );
  }
  const path = resolve(cwd, name);
  if (!existsSync(path)) throw new MnistError("NOT_FOUND", `${name}: there is no such file; check the path`);
  return parseDefinition(
    kind === ".json" ? await readJson(path, name) : await importModule(path, name),
    name,
  );
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

async function importModule(path: string, name: string): Promise<unknown> {
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
  const model = module.model ?? module.default;
  if (model === undefined) {
    throw new MnistError(
      "BAD_MODEL",
      `${name}: expected an export named model, or a default one; found ${Object.keys(module).join(", ") || "none"}`,
    );
  }
  return model;
}
