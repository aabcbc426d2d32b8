// Compiles the AssemblyScript kernels and writes them as base64 text into modules, so that Node, bundlers and workers need to
// load no file: the engine's, with and without relaxed SIMD, and those for pictures.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Each set of kernels: its sources, the module it is written to, the bytes that may ship, what it imports, and the pages of
 * 64 kB that its memory may grow to (a module must say it, a memory may have less).
 */
const sets = [
  {
    sources: join(root, "src/engine/kernels"),
    output: join(root, "src/engine/kernels.generated.ts"),
    budget: 200_000,
    maximumPages: 32_768,
    imports: ["memory"],
    variants: {
      simd128: ["simd", "threads", "bulk-memory"],
      relaxed: ["simd", "threads", "bulk-memory", "relaxed-simd"],
    },
  },
  {
    sources: join(root, "src/image/kernels"),
    output: join(root, "src/image/kernels.generated.ts"),
    budget: 30_000,
    maximumPages: 8_192,
    imports: ["memory", "power"],
    variants: { pictures: ["simd", "threads", "bulk-memory"] },
  },
];

// Node 20 has relaxed SIMD behind this flag; later ones have it without, and complain of the flag.
if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

/** Tells whether the output is of these sources and this compiler. */
function stamp(sources) {
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

async function compile(name, features, { sources, maximumPages, imports }) {
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
    `--maximumMemory=${maximumPages}`,
    "--noExportMemory",
    ...features.flatMap((feature) => ["--enable", feature]),
  ];
  const { error, stderr } = await asc.main(options, {
    readFile: (file, base) => {
      const path = join(base === "." ? sources : base, file);
      return existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile: (_name, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) {
    console.error(stderr.toString());
    throw error ?? new Error(`asc gave no module for ${name}`);
  }
  const found = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map((one) => one.name);
  if (found.sort().join() !== imports.join()) {
    throw new Error(`${name} imports ${found.join(", ")}; expected ${imports.join(", ")}`);
  }
  return wasm;
}

for (const set of sets) {
  const { sources, output, budget, variants } = set;
  const head = stamp(sources);
  if (existsSync(output) && readFileSync(output, "utf8").startsWith(head)) {
    console.log(`${relative(root, output)} is up to date`);
    continue;
  }
  let text = `${head}\n// Written by scripts/build-kernels.mjs from ${relative(root, sources)}.\n`;
  let total = 0;
  for (const [name, features] of Object.entries(variants)) {
    const wasm = await compile(name, features, set);
    total += wasm.length;
    text += `\nexport const ${name} = {\n  byteLength: ${wasm.length},\n  base64:\n    "${Buffer.from(wasm).toString("base64")}",\n} as const;\n`;
    console.log(`kernels ${name}: ${wasm.length} bytes`);
  }
  if (total > budget)
    throw new Error(`${relative(root, sources)}: ${total} bytes, more than the ${budget} that may ship`);
  writeFileSync(output, text);
}
