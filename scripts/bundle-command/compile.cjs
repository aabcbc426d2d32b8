// Keeps what V8 compiles of the command in a folder beside it: node compile.cjs <folder of the command> <pictures…>
// All that a prediction runs is compiled then, since it has been run here; the rest is compiled when it is wanted.
const { mkdirSync, writeFileSync } = require("node:fs");
const { basename, join, resolve } = require("node:path");
const { setFlagsFromString } = require("node:v8");

const [folder, ...pictures] = process.argv.slice(2).map((path) => resolve(path));
setFlagsFromString("--no-flush-bytecode"); // nothing that has been compiled is to go again

const { exit } = process;
const ended = new Promise((resolve) => {
  process.exit = resolve; // the command ends when the other ways have been gone too
});
// One picture alone and several with an option go different ways.
process.argv = [process.execPath, join(folder, "main.js"), "predict", "--verbose", ...pictures];
const { load, scripts } = require(join(folder, "main.js"));
const { main } = load("./prediction.js");
const nobody = { write: () => {}, isTTY: false, columns: 80 };
const { signal } = new AbortController();
const io = { stdout: nobody, stderr: nobody, stdin: process.stdin, env: {}, cwd: folder, signal };

Promise.all([ended, ...pictures.map((picture) => main(["predict", picture], io))]).then(() => {
  const { versions, arch } = process;
  const into = join(folder, "compiled", `${versions.v8}-${arch}`);
  mkdirSync(into, { recursive: true });
  setFlagsFromString("--flush-bytecode");
  setFlagsFromString("--opt"); // which the command stops before its end
  for (const [file, script] of scripts) {
    // V8 takes what was compiled under the very flags only that hold when it is loaded. This one the command sets on Node 20, after
    // its own files have been loaded and before sharp's.
    const isSet = basename(file) === "sharp.js";
    setFlagsFromString(`--${isSet ? "" : "no-"}experimental-wasm-relaxed-simd`);
    writeFileSync(join(into, basename(file)), script.createCachedData());
  }
  exit(0); // a picture that cannot be read on this machine is no reason not to build
});
