import { resolve } from "node:path";
import type { MnistError } from "../core/errors.ts";

/** A picture to read, by the name that the user gave it. */
export type Source = { readonly name: string } & (
  | { readonly kind: "input" | "url" }
  | { readonly kind: "file"; readonly path: string }
  /** What cannot be read, in its place among the others. */
  | { readonly kind: "refused"; readonly error: MnistError }
);

/** Whether a name is a URL; `C:\pictures` is none. */
export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(name);
}

/** The source that a name stands for as it is: no folder, no pattern. */
export function sourceOf(name: string, cwd: string): Source {
  return isUrl(name) ? { kind: "url", name } : { kind: "file", name, path: resolve(cwd, name) };
}
