import { MnistError } from "../core/errors.ts";
import { models } from "../lenet.ts";
import { type ModelDefinition, parseDefinition } from "../nn/definition.ts";
import { isModuleFile, moduleKinds, readModuleFile } from "./moduleFile.ts";

/**
 * The definition that `--model` names: one of the project's own, or a file: `.json`, or a `.js` or `.ts` module that
 * exports it as `model` or as its default.
 *
 * @throws MnistError `NOT_FOUND` or `BAD_MODEL`.
 */
export async function resolveModel(name: string, cwd: string): Promise<ModelDefinition> {
  if (Object.hasOwn(models, name)) return models[name as keyof typeof models];
  if (!isModuleFile(name)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--model: expected ${Object.keys(models).join(", ")} or a file that ends in ${moduleKinds}, found "${name}"`,
    );
  }
  return parseDefinition(await readModuleFile(name, "model", cwd), name);
}
