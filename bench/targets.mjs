// What the project has set itself, beside what a run found.

const rowOf = (rows, group, contestant) =>
  rows?.find((row) => row.group === group && row.contestant.startsWith(contestant));

/** How many times better ours is than the best contestant of that name. */
function ahead(rows, group, contestant) {
  const found = (rows ?? []).filter((row) => row.group === group && row.contestant.startsWith(contestant));
  return found.length === 0 ? undefined : Math.min(...found.map((row) => row.ahead));
}

const large = (results, images) => results.largeData?.find((row) => row.images === images);

const ratio = (a, b) => (a === undefined || b === undefined ? undefined : a / b);

const PREPARE = "mnist prepare, 70,000 images, whole process";
const EPOCH = "one epoch of 60,000 images into batches";
const PROCESS = "a whole process";

const atLeast = {
  "train LeNet, batch 64: times PyTorch": [2, (r) => ahead(r.train, "train LeNet, batch 64", "PyTorch")],
  "train LeNet-5, batch 64: times PyTorch": [2.5, (r) => ahead(r.train, "train LeNet5, batch 64", "PyTorch")],
  "train LeNet, batch 64: 2 threads times 1 thread": [
    1.8,
    (r) =>
      r.threads === 2
        ? ahead(r.train, "train LeNet, batch 64", `this project, ${r.variant}, 1 thread`)
        : undefined,
  ],
  "predict LeNet, batch 1000: times onnxruntime-node": [
    1,
    (r) => ahead(r.predict, "predict LeNet, batch 1000", "onnxruntime"),
  ],
  "predict LeNet, one image: times onnxruntime-node": [
    1,
    (r) => ahead(r.predict, "predict LeNet, one image", "onnxruntime"),
  ],
  "--preset fast, mean test accuracy": [0.99, (r) => r.timeTo99?.contestants[0].meanAccuracy],
};

const atMost = {
  "--preset fast, mean time, s": [10, (r) => r.timeTo99?.contestants[0].meanSeconds],
  "mnist predict, whole process, ms (150, or 2 times node -e 0)": [
    (r) => Math.max(150, 2 * rowOf(r.cold.rows, PROCESS, "node").median),
    (r) => rowOf(r.cold?.rows, PROCESS, "mnist")?.median,
  ],
  "--summaries light adds to a training step, %": [
    3,
    (r) => r.summaries && 100 * r.summaries.find(({ level }) => level === "light").cost,
  ],
  "mnist predict, photograph of 2000x1500, ms (400, or 5 times node -e 0)": [
    (r) => Math.max(400, 5 * rowOf(r.cold.rows, PROCESS, "node").median),
    (r) => r.cold?.rows.find(({ contestant }) => contestant.includes("20 digits"))?.median,
  ],
  "memory while training LeNet, MB": [350, (r) => r.cold?.residentMegabytes],
  "WebAssembly shipped, kB": [
    200,
    (r) => r.cold && (r.cold.wasmBytes.simd128 + r.cold.wasmBytes.relaxed) / 1000,
  ],
  "mnist prepare as PNG, s": [4, (r) => rowOf(r.data, PREPARE, "as PNG")?.median],
  "mnist prepare as raw pixels, s": [1.5, (r) => rowOf(r.data, PREPARE, "as raw")?.median],
  "input, one epoch from PNG, s": [1.5, (r) => rowOf(r.data, EPOCH, "from PNG")?.median],
  "input, 2 million images, MB resident above the start": [150, (r) => large(r, 2_000_000)?.megabytes],
  "input, 2 million images: time of one, times that of half a million": [
    1.25,
    (r) => ratio(large(r, 2_000_000)?.microsecondsEach, large(r, 500_000)?.microsecondsEach),
  ],
  "input, one epoch from raw pixels, s": [0.4, (r) => rowOf(r.data, EPOCH, "from raw")?.median],
};

/** The targets that the run has numbers for: `{ what, sign, bound, found, met }`. */
export function judge(results) {
  const judged = (targets, sign, isMet) =>
    Object.entries(targets).flatMap(([what, [given, find]]) => {
      const found = find(results);
      if (found === undefined) return [];
      const bound = typeof given === "number" ? given : given(results);
      return [{ what, sign, bound, found, met: isMet(found, bound) }];
    });
  return [
    ...judged(atLeast, ">=", (found, bound) => found >= bound),
    ...judged(atMost, "<=", (found, bound) => found <= bound),
  ];
}
