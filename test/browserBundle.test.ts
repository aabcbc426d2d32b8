import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build, parseAst, type Rolldown } from "vite";
import { beforeAll, describe, expect, test } from "vitest";
import { bestVariant } from "../src/engine/wasmBackend.ts";
import { loadModel, predict } from "../src/node.ts";
import { realImages } from "./data/realImages.ts";
import { drawing, pictureOf } from "./image/drawnInk.ts";

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** What was asked for of Node while bundling: `module from importer`. */
const nodeModules: string[] = [];
let code = "";
let modules: Rolldown.OutputChunk["modules"] = {};

beforeAll(async () => {
  const watch = {
    name: "watch-node-modules",
    enforce: "pre" as const,
    resolveId(source: string, importer: string | undefined) {
      if (source.startsWith("node:") || builtinModules.includes(source))
        nodeModules.push(`${source} from ${importer}`);
    },
  };
  const output = (await build({
    configFile: false,
    logLevel: "silent",
    plugins: [watch],
    build: {
      write: false,
      assetsInlineLimit: 0, // the weights are a file of their own
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = output.output.filter((one) => one.type === "chunk");
  expect(chunks).toHaveLength(1);
  ({ code = "", modules = {} } = chunks[0] ?? {});
});

async function modelFile(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(`../models/${name}.safetensors`, import.meta.url)));
}

/** The names that `program` refers to, declared or not; without properties and keys. */
function identifiers(program: object): Set<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== "object" || node === null || !("type" in node)) return;
    if (node.type === "Identifier" && "name" in node) names.add(String(node.name));
    const isPlain = !("computed" in node && node.computed);
    for (const [key, child] of Object.entries(node)) {
      const isName = isPlain && ((node.type === "MemberExpression" && key === "property") || key === "key");
      if (!isName) visit(child);
    }
  };
  visit(program);
  return names;
}

describe("the bundle for browsers", () => {
  test("asks for no module of Node", () => {
    expect(nodeModules).toEqual([]);
    expect(code).not.toMatch(/["'`]node:/);
    expect(code).not.toMatch(/__vite-browser-external/);
  });

  test("refers to no global of Node", () => {
    const nodeGlobals = ["process", "Buffer", "require", "global", "__dirname", "__filename", "setImmediate"];
    const all = new Set<string>();
    const found: string[] = [];
    for (const [id, module] of Object.entries(modules)) {
      const names = identifiers(parseAst(module.code ?? ""));
      for (const name of names) all.add(name);
      for (const name of nodeGlobals) if (names.has(name)) found.push(`${name} in ${id.split("/").at(-1)}`);
    }
    // The walk sees globals at all: these are a browser's.
    for (const name of ["WebAssembly", "createImageBitmap", "fetch"]) expect(all).toContain(name);
    // protobuf asks `typeof process` first.
    expect(found).toEqual(["process in proto-int64.js"]);
  });

  test("is small: all but the weights, kernels included, below 400 kB", () => {
    expect(code.length).toBeGreaterThan(20_000);
    // Measured: 133 kB, 54 of them kernels.
    expect(code.length).toBeLessThan(400_000);
  });

  test("exports the library, and nothing that the entry for Node lacks", async () => {
    const [browser, node] = await Promise.all([import("../src/index.ts"), import("../src/node.ts")]);
    const list = /export\s*\{([^}]*)\}\s*;?\s*$/.exec(code)?.[1] ?? "";
    const exported = list.split(",").map((one) => one.trim().split(" as ").at(-1));
    expect(exported.sort()).toEqual(Object.keys(browser).sort());
    for (const name of ["loadModel", "predict", "train", "validate", "lenet"])
      expect(exported).toContain(name);
    expect(Object.keys(node)).toEqual(expect.arrayContaining(Object.keys(browser)));
  });

  test("classifies and reads a page where nothing of Node is there", async () => {
    const weights = await modelFile("lenet");
    const parts = await modelFile("parts");
    const { images, labels } = realImages("t10k", 0, 5);
    const ink = drawing(400, 120);
    for (let i = 0; i < 5; i++) ink.digit(images.subarray(i * 784, (i + 1) * 784), 20 + 70 * i, 30, 2);
    const page = pictureOf(ink);
    const folder = await mkdtemp(join(tmpdir(), "mnist-bundle-"));
    try {
      const file = join(folder, "bundle.mjs");
      await writeFile(file, code);
      // A thread without Node's globals; the port is what it has to answer with.
      const source = `
        const { parentPort, workerData } = require("node:worker_threads");
        const answer = new Response(workerData.parts); // Node's own, while Node is there
        for (const name of ["process", "Buffer", "global", "setImmediate"]) delete globalThis[name];
        require = undefined;
        (async () => {
          const asked = [];
          globalThis.fetch = async (url) => {
            asked.push(String(url).replace(/^.*\\/|-.*(?=[.])/g, ""));
            return answer;
          };
          const { loadModel, predict } = await import(workerData.file);
          const model = await loadModel({ weights: workerData.weights, variant: workerData.variant });
          const { variant, threads } = model;
          const probabilities = model.classify(workerData.images);
          const page = await predict(model, workerData.page);
          const globals = typeof process + typeof Buffer;
          parentPort.postMessage({ variant, threads, probabilities, page, asked, globals });
        })().catch((error) => parentPort.postMessage({ error: String(error.stack) }));
      `;
      const variant = bestVariant() === undefined ? "reference" : "simd128";
      const workerData = { file: pathToFileURL(file).href, weights, parts, images, page, variant };
      const worker = new Worker(source, { eval: true, workerData });
      const answer: unknown = await new Promise((resolve, reject) =>
        worker.on("message", resolve).on("error", reject),
      );
      await worker.terminate();
      const model = await loadModel({ weights, variant, threads: 1 });
      const expected = {
        variant,
        threads: 1,
        probabilities: model.classify(images),
        page: await predict(model, page),
        asked: ["parts.safetensors"],
        globals: "undefinedundefined",
      };
      model.close();
      expect(expected.page.text).toBe([...labels].join(""));
      expect(answer).toEqual(expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
