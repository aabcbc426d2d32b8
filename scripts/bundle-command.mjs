import { fileURLToPath } from "node:url";
import { build } from "vite";

/** What every prediction loads goes into one file; the rest is split where the sources import it only when needed. */
const prediction =
  /src.(core|engine|image|nn|recognition|(checkpoint|predict|recognize|formats.(crc32c|safetensors)|node.(decode\w+|files|platform|threads)|cli.(engine|predict(Flags|Printer|Queue|Sources?|Text|Work)?|program|spec|terminal))\.ts$)|node_modules.(commander|picocolors)/;

/** commander could start processes for subcommands; ours are functions, and Node's module takes 5 ms to load. */
const withoutProcesses = {
  name: "without-processes",
  enforce: "pre",
  resolveId: (id) => (id === "node:child_process" ? "\0no-processes" : undefined),
  load: (id) => (id === "\0no-processes" ? "export {}" : undefined),
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
    plugins: [withoutProcesses, inAscii],
    // sharp is native code, and jiti finds its own files beside it.
    ssr: { noExternal: true, external: ["sharp", "jiti"], target: "node" },
    build: {
      ssr: "src/cli/main.ts",
      outDir: folder,
      emptyOutDir: true,
      target: "node20",
      minify: false, // --debug shows where an error comes from
      license: { fileName: "licenses.md" }, // of the libraries that become part of these files
      rolldownOptions: {
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: "[name].js",
          codeSplitting: { groups: [{ name: "prediction", test: prediction }] },
        },
      },
    },
  });
}
