import { fileURLToPath } from "node:url";
import { build } from "vite";

/** What every prediction loads goes into one file; the rest is split where the sources import it only when needed. */
const prediction =
  /src.(core|engine|image|nn|(checkpoint|predict|formats.(crc32c|safetensors)|node.(decode\w+|files|platform|threads)|cli.(engine|predict|spec|terminal))\.ts$)/;

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
