#!/usr/bin/env node
// What `mnist` starts with. Node from 22.8 on keeps what it has compiled; for Node 20, which cannot, the build has compiled the
// command's files (compile.cjs), so that their text is neither parsed nor compiled, which is most of what loading takes.
const { readFileSync } = require("node:fs");
const { basename, join } = require("node:path");

/** The files that were loaded, for compile.cjs. */
const scripts = new Map();
module.exports = { load, scripts };

const [major] = process.versions.node.split(".");
if (Number(major) < 22) load("./command.js");
else {
  require("node:module").enableCompileCache?.();
  require("./command.js");
}

/** What a file of the command exports, or any other module. */
function load(id) {
  if (!id.startsWith("./")) return require(id);
  const file = join(__dirname, id);
  const ready = require.cache[file];
  if (ready !== undefined) return ready.exports;
  const one = new module.constructor(file, module);
  one.filename = file;
  one.paths = module.paths;
  require.cache[file] = one;
  const { Script, constants } = require("node:vm");
  const text = readFileSync(file, "utf8");
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    cachedData: compiled(file),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  scripts.set(file, script);
  script.runInThisContext().call(one.exports, one.exports, load, one, file, __dirname);
  one.loaded = true;
  return one.exports;
}

/** What this version of V8 made of a file, if the build ran on it. V8 checks it once more, and else compiles the text. */
function compiled(file) {
  try {
    const { versions, arch } = process;
    return readFileSync(join(__dirname, "compiled", `${versions.v8}-${arch}`, basename(file)));
  } catch {
    return undefined;
  }
}
