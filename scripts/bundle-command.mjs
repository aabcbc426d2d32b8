import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { sharpEntry, sharpInside } from "./bundle-command/sharpInside.mjs";

/** What every prediction loads goes into one file; the rest is split where the sources import it only when needed. */
const prediction =
  /src.(core|engine.(?!reference)|image|nn|recognition|(checkpoint|predict|recognize|formats.(crc32c|safetensors)|node.(decode\w+|platform|readFile|plainJpeg|requireSharp|threads)|cli.(colors|ending|engine|openOutput|predict(Flags|Printer|Queue|Sources?|Text|Work)?|program|rehearse|spec|terminal))\.ts$)/;

/** commander could start processes for subcommands; ours are functions, and Node's module takes 5 ms to load. */
const withoutProcesses = {
  name: "without-processes",
  enforce: "pre",
  resolveId: (id) => (id === "node:child_process" ? "\0no-processes" : undefined),
  load: (id) => (id === "\0no-processes" ? "export {}" : undefined),
};

/** The kernels' base64 as files beside the command: one variant is read where both would be parsed. */
const kernelsBeside = {
  name: "kernels-beside",
  transform(code, id) {
    if (!/kernels\.generated\.ts$/.test(id)) return undefined;
    const parts = code.matchAll(/export const (\w+) = \{[^}]*?byteLength: (\d+),[^}]*?base64:\s*"([^"]+)"/g);
    const exported = Array.from(parts, ([, name, byteLength, base64]) => {
      const fileName = `kernels.${name}.txt`;
      this.emitFile({ type: "asset", fileName, source: base64 });
      const read = `readFileSync(join(__dirname, ${JSON.stringify(fileName)}), "latin1")`;
      return `export const ${name} = { byteLength: ${byteLength}, get base64() { return ${read}; } };`;
    });
    const modules = code.match(/export const/g)?.length ?? 0;
    if (modules === 0 || exported.length !== modules)
      throw new Error(`${id}: expected kernels, found ${exported.length} in ${modules} exports`);
    return ['import { readFileSync } from "node:fs";', 'import { join } from "node:path";', ...exported].join(
      "\n",
    );
  },
};

/** As text of one byte a character, which V8 keeps in half of the memory. */
const inAscii = {
  name: "in-ascii",
  generateBundle: (_, bundle) => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === "chunk") chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
    }
  },
};

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The file that `mnist` starts, and what tells Node that all files here are CommonJS: to load ES modules takes 8 ms more. */
const started = {
  name: "started",
  generateBundle() {
    const source = readFileSync(new URL("bundle-command/start.cjs", import.meta.url), "utf8");
    this.emitFile({ type: "asset", fileName: "main.js", source });
    this.emitFile({ type: "asset", fileName: "package.json", source: '{ "type": "commonjs" }\n' });
  },
};

/**
 * Writes the command `mnist` to `folder` as few files with its libraries in them: to find and load a hundred files
 * would take longer than to read a digit.
 */
export async function bundleCommand(folder) {
  await build({
    configFile: false,
    root: fileURLToPath(new URL("..", import.meta.url)),
    logLevel: "error",
    publicDir: false,
    plugins: [sharpInside(), withoutProcesses, kernelsBeside, inAscii, started],
    // sharp is native code, and jiti finds its own files beside it.
    ssr: { noExternal: true, external: ["sharp", "jiti"], target: "node" },
    build: {
      ssr: true,
      ssrEmitAssets: true,
      outDir: folder,
      emptyOutDir: true,
      target: "node20",
      minify: false, // --debug shows where an error comes from
      license: { fileName: "licenses.md" }, // of the libraries that become part of these files
      rolldownOptions: {
        input: { command: "src/cli/main.ts", sharp: sharpEntry },
        output: {
          format: "cjs",
          comments: false,
          entryFileNames: "[name].js",
          chunkFileNames: "[name].js",
          codeSplitting: {
            groups: [
              { name: "prediction", test: prediction },
              { name: "commandLine", test: /src.cli.commandLine|node_modules.commander/ },
            ],
          },
        },
      },
    },
  });
}

/** Keeps beside the command in `folder` what this Node compiles of it, where Node does not do so itself (before 22). */
export function compileCommand(folder) {
  if (Number(process.versions.node.split(".")[0]) >= 22) return;
  const script = fileURLToPath(new URL("bundle-command/compile.cjs", import.meta.url));
  const pictures = ["mnist-7.png", "paper-3.png", "photo-5.jpg"].map((name) =>
    fileURLToPath(new URL(`../examples/pictures/${name}`, import.meta.url)),
  );
  const { status, stderr } = spawnSync(process.execPath, [script, folder, ...pictures], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`the command cannot be compiled: ${stderr}`);
}
