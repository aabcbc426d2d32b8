// What a whole process costs: one prediction from a cold start, memory while training, and the code that ships.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import { relaxed, simd128 } from "../dist/engine/kernels.generated.js";
import { mnist, root, runMnist } from "./mnist.mjs";
import { compare } from "./rounds.mjs";

const pictures = {
  "mnist predict digit.png": "examples/pictures/mnist-7.png",
  "mnist predict, PNG of 280x280": "examples/pictures/paper-3.png",
  "mnist predict, JPEG of 640x480": "examples/pictures/photo-5.jpg",
};

/** A photograph of about 2000x1500 with 20 digits of MNIST's training split (docs/pages.md). */
async function composePhotograph(path) {
  const jiti = createJiti(import.meta.url);
  const { composePage } = await jiti.import("../scripts/compose-pages/composePage.ts");
  const { readDigits } = await jiti.import("../scripts/compose-pages/digits.ts");
  const { encoded } = await jiti.import("../scripts/draw-digits/encode.ts");
  const digits = await readDigits(join(root, "data/mnist"), "train");
  const { pixels, truth } = composePage(digits, { seed: 7, index: 30, kind: "page" });
  const { width, height, quality } = truth;
  writeFileSync(path, await encoded({ pixels, width, height, quality }));
  return `mnist predict, JPEG of ${width}x${height}, ${truth.digits.length} digits`;
}

/** Without what makes Node itself slower: with this set, Node 20 parses some hundred certificates before it does anything. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

function processTime(words) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, env, stdio: "pipe" });
  if (status !== 0) throw new Error(`node ${words.join(" ")} ended with ${status}: ${stderr}`);
  const value = performance.now() - start;
  return { value, typical: value };
}

/** The most memory that a process held, which it writes to its file descriptor 3 at its end. */
const tellMemory = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));',
)}`;

export async function benchCold({ folder, isQuick, onGroup }) {
  onGroup("cold start");
  const photograph = join(folder, "photograph.jpg");
  const named = { ...pictures, [await composePhotograph(photograph)]: photograph };
  const contestants = [
    ...Object.entries(named).map(([name, picture]) => ({
      name,
      measure: async () => processTime([mnist, "predict", picture]),
    })),
    ...["--version", "--help"].map((flag) => ({
      name: `mnist ${flag}`,
      measure: async () => processTime([mnist, flag]),
    })),
    { name: "node -e 0", measure: async () => processTime(["-e", "0"]) },
  ];
  const rounds = isQuick ? 5 : 20;
  const options = { rounds, higherIsBetter: false };
  const rows = await compare("a whole process", "ms", contestants, options);
  onGroup("memory while training LeNet");
  const words = ["train", "--preset", "lenet", "--steps", isQuick ? "20" : "100"];
  const { output } = runMnist([...words, "--log-dir", join(folder, "memory")], {
    nodeOptions: ["--import", tellMemory],
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  return {
    rows,
    ratio: rows[0].median / rows.at(-1).median,
    residentMegabytes: Number(String(output[3])) / 1024,
    wasmBytes: { simd128: simd128.byteLength, relaxed: relaxed.byteLength },
  };
}
