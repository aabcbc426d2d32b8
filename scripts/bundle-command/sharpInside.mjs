import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../node_modules/sharp/", import.meta.url));
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/**
 * In place of src/node/requireSharp.ts: the JavaScript of sharp that was bundled, if the installed one is of the same version
 * and has the usual library for this machine; else, and where anything goes wrong, the installed one as a whole.
 */
const requireSharp = `
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export function requireSharp() {
  const { createRequire } = process.getBuiltinModule("node:module");
  const fromHere = createRequire(__filename);
  try {
    const installed = dirname(dirname(fromHere.resolve("sharp")));
    const { version } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const isOwnBuild = existsSync(join(installed, "src", "build"));
    if (version === ${JSON.stringify(version)} && !isOwnBuild) return require("./sharp.js");
  } catch {
    // What is missing, or wrong for this machine, sharp explains itself.
  }
  return fromHere("sharp");
}
`;

/** In place of sharp's search for its library, which loads modules for processes, hashes and versions: 40 ms. */
const library = `
const { createRequire } = require("node:module");
const { platform, arch } = process;
const ofSharp = createRequire(createRequire(__filename).resolve("sharp"));
const sharp = ofSharp("@img/sharp-" + platform + "-" + arch + "/sharp.node");
if (platform === "linux" && arch === "x64" && !sharp._isUsingX64V2()) throw new Error("an old processor");
module.exports = sharp;
`;

/** Whether a library of this name could be loaded says which C library there is: sharp's for musl has another name. */
const libc = `
const family = process.platform === "linux" ? "glibc" : null;
module.exports = { GLIBC: "glibc", MUSL: "musl", familySync: () => family };
`;

const replaced = new Map([
  [fileURLToPath(new URL("../../src/node/requireSharp.ts", import.meta.url)), requireSharp],
  [join(folder, "dist", "sharp.cjs"), library],
  [
    join(folder, "dist", "libvips.cjs"),
    'module.exports = { runtimePlatformArch: () => process.platform + "-" + process.arch };',
  ],
  [join(dirname(folder), "detect-libc", "lib", "detect-libc.js"), libc],
]);

/** What to bundle as `sharp.js`: the file that require gets, not the one for import. */
export const sharpEntry = join(folder, "dist", "index.cjs");

/**
 * Bundles sharp's JavaScript, but for the search for its library. Node takes 100 ms of processor time to find and load these
 * sixty files and what they require, of which this leaves the library's own 12 and some more.
 */
export function sharpInside() {
  const seen = new Set();
  return {
    name: "sharp-inside",
    enforce: "pre",
    // A file of its own, which is loaded when a picture needs it.
    resolveId: (id) => (id === "./sharp.js" ? { id, external: true } : undefined),
    load(id) {
      const code = replaced.get(id);
      if (code !== undefined) seen.add(id);
      return code;
    },
    buildEnd(error) {
      const missed = [...replaced.keys()].filter((id) => !seen.has(id));
      if (!error && missed.length > 0) throw new Error(`${missed.join(", ")}: not in sharp any more`);
    },
  };
}
