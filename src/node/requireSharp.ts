export type Sharp = typeof import("sharp")["default"];

/**
 * sharp, required, since to import it takes twice as long: its own imports are of CommonJS packages of some sixty files. The
 * bundled command has sharp's files in it and loads them faster (scripts/bundle-command/sharpInside.mjs).
 */
export function requireSharp(): Sharp {
  const { createRequire } = process.getBuiltinModule("node:module");
  return createRequire(import.meta.url)("sharp") as Sharp;
}
