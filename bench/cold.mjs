// What a whole process costs: one prediction from a cold start, memory while training, and the code that ships.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { relaxed, simd128 } from "../dist/engine/kernels.generated.js";
import { mnist, root, runMnist } from "./mnist.mjs";
import { compare } from "./rounds.mjs";

const pictures = {
  "mnist predict digit.png": "mnist-7.png",
  "mnist predict, PNG of 280x280": "paper-3.png",
  "mnist predict, JPEG of 640x480": "photo-5.jpg",
};

function processTime(words) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, stdio: "pipe" });
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
  const contestants = [
    ...Object.entries(pictures).map(([name, picture]) => ({
      name,
      measure: async () => processTime([mnist, "predict", `examples/pictures/${picture}`]),
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
