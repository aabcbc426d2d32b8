// Compiles the AssemblyScript kernels twice, with and without relaxed SIMD, and writes both modules as base64 text
// into src/engine/kernels.generated.ts, so that Node, bundlers and workers need to load no file.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "src/engine/kernels");
const output = join(root, "src/engine/kernels.generated.ts");

/** What ships may be so large, both modules together. */
const BUDGET_BYTES = 200_000;
/** 2 GiB: the most that the memory may grow to; a module must say it, a memory may have less. */
const MAXIMUM_PAGES = 32_768;

const features = {
  simd128: ["simd", "threads", "bulk-memory"],
  relaxed: ["simd", "threads", "bulk-memory", "relaxed-simd"],
};

// Node 20 has relaxed SIMD behind this flag; later ones have it without, and complain of the flag.
if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

/** Tells whether the output is of these sources and this compiler. */
function stamp() {
  const hash = createHash("sha256");
  const manifest = join(root, "node_modules/assemblyscript/package.json");
  const files = readdirSync(sources).filter((name) => name.endsWith(".ts"));
  for (const file of [
    fileURLToPath(import.meta.url),
    manifest,
    ...files.sort().map((name) => join(sources, name)),
  ]) {
    hash.update(readFileSync(file));
  }
  return `// sources ${hash.digest("hex")}`;
}

async function compile(variant) {
  const { default: asc } = await import("assemblyscript/asc");
  let wasm;
  const options = [
    "main.ts",
    "--outFile=kernels.wasm",
    "-O3",
    "--converge",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--sharedMemory",
    "--initialMemory=1",
    `--maximumMemory=${MAXIMUM_PAGES}`,
    "--noExportMemory",
    ...features[variant].flatMap((feature) => ["--enable", feature]),
  ];
  const { error, stderr } = await asc.main(options, {
    readFile: (name, base) => {
      const path = join(base === "." ? sources : base, name);
      return existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile: (_name, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) {
    console.error(stderr.toString());
    throw error ?? new Error(`asc gave no module for ${variant}`);
  }
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  if (imports.length !== 1 || imports[0]?.kind !== "memory") {
    throw new Error(`${variant} imports ${JSON.stringify(imports)}, expected its memory and nothing else`);
  }
  return wasm;
}

const head = stamp();
if (existsSync(output) && readFileSync(output, "utf8").startsWith(head)) {
  console.log(`${relative(root, output)} is up to date`);
} else {
  let text = `${head}\n// Written by scripts/build-kernels.mjs from src/engine/kernels.\n`;
  let total = 0;
  for (const variant of Object.keys(features)) {
    const wasm = await compile(variant);
    total += wasm.length;
    text += `\nexport const ${variant} = {\n  byteLength: ${wasm.length},\n  base64:\n    "${Buffer.from(wasm).toString("base64")}",\n} as const;\n`;
    console.log(`kernels ${variant}: ${wasm.length} bytes`);
  }
  if (total > BUDGET_BYTES)
    throw new Error(`kernels are ${total} bytes, more than the ${BUDGET_BYTES} that may ship`);
  writeFileSync(output, text);
}
