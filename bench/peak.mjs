// What the machine could do at most in WebAssembly: multiply-adds that never leave the registers, and memory that is
// only streamed. Compiled here from a few lines of AssemblyScript, for the same variants as the kernels.
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { sum } from "./rounds.mjs";

/** Chains enough to keep two units busy, each of which takes four cycles. */
const CHAINS = 12;
const FLOATS_A_VECTOR = 4;
/** Far beyond any cache. */
const STREAM_BYTES = 1 << 26;
const MILLISECONDS = 150;
/** Other programs only ever make it slower. */
const TRIES = 3;

const names = Array.from({ length: CHAINS }, (_, i) => `a${i}`);
const fma = (a, b, c) => `(
    ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(${a}, ${b}, ${c}) : f32x4.add(f32x4.mul(${a}, ${b}), ${c})
  )`;
const source = `
export function multiplyAdd(times: i32, factor: f32, term: f32): f32 {
  const x = f32x4.splat(factor), y = f32x4.splat(term);
  let ${names.map((name, i) => `${name} = f32x4.splat(<f32>${i})`).join(", ")};
  for (let i = 0; i < times; i++) {
    ${names.map((name) => `${name} = ${fma(name, "x", "y")};`).join("\n    ")}
  }
  return f32x4.extract_lane(${names.reduce((a, b) => `f32x4.add(${a}, ${b})`)}, 0);
}
export function read(from: usize, bytes: usize): f32 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (const end = from + bytes; from < end; from += 64) {
    a = f32x4.add(a, v128.load(from));
    b = f32x4.add(b, v128.load(from, 16));
    c = f32x4.add(c, v128.load(from, 32));
    d = f32x4.add(d, v128.load(from, 48));
  }
  return f32x4.extract_lane(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), 0);
}
export function triad(to: usize, a: usize, b: usize, bytes: usize, factor: f32): void {
  const s = f32x4.splat(factor);
  for (let i: usize = 0; i < bytes; i += 32) {
    v128.store(to + i, ${fma("s", "v128.load(b + i)", "v128.load(a + i)")});
    v128.store(to + i, ${fma("s", "v128.load(b + i, 16)", "v128.load(a + i, 16)")}, 16);
  }
}
`;

async function compile(variant) {
  const { default: asc } = await import("assemblyscript/asc");
  const features = variant === "relaxed" ? ["simd", "relaxed-simd"] : ["simd"];
  let wasm;
  const pages = 1 + (3 * STREAM_BYTES) / 65_536;
  const { error, stderr } = await asc.main(
    [
      ...[
        "peak.ts",
        "--outFile=peak.wasm",
        "-O3",
        "--noAssert",
        "--runtime=stub",
        `--initialMemory=${pages}`,
      ],
      ...features.flatMap((feature) => ["--enable", feature]),
    ],
    {
      readFile: (name) => (name === "peak.ts" ? source : null),
      writeFile: (_, contents) => {
        wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`the peak's kernel does not compile: ${stderr}`);
  return new WebAssembly.Module(wasm);
}

/** How much of `once`'s work is done a second, repeating it for a while: the best of five whiles. */
function rate(work, once) {
  const during = (milliseconds) => {
    const start = performance.now();
    let done = 0;
    do {
      once();
      done += work;
    } while (performance.now() - start < milliseconds);
    return done / ((performance.now() - start) / 1000);
  };
  during(MILLISECONDS); // V8 compiles a function anew once it has been called often
  return Math.max(...Array.from({ length: 5 }, () => during(MILLISECONDS / 5)));
}

function measureHere(module) {
  const { exports } = new WebAssembly.Instance(module, { env: { abort() {} } });
  const start = 65_536;
  const [a, b, c] = [start, start + STREAM_BYTES, start + 2 * STREAM_BYTES];
  // Pages that were never written are all the same one, and in the cache.
  new Float32Array(exports.memory.buffer).fill(1);
  const times = 10_000;
  const flops = times * CHAINS * FLOATS_A_VECTOR * 2;
  return {
    gigaflops: rate(flops, () => exports.multiplyAdd(times, 0.5, 1)) / 1e9,
    readGigabytes: rate(STREAM_BYTES, () => exports.read(a, STREAM_BYTES)) / 1e9,
    triadGigabytes: rate(3 * STREAM_BYTES, () => exports.triad(a, b, c, STREAM_BYTES, 3)) / 1e9,
  };
}

/** The sums of what `threads` threads reach at the same time, the best of some tries. */
export async function measurePeak(variant, threads) {
  const module = await compile(variant);
  const path = fileURLToPath(import.meta.url);
  const best = { variant, threads, gigaflops: 0, readGigabytes: 0, triadGigabytes: 0 };
  for (let i = 0; i < TRIES; i++) {
    const found = await Promise.all(
      Array.from({ length: threads }, () => {
        const worker = new Worker(path, { workerData: { module } });
        return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      }),
    );
    for (const key of ["gigaflops", "readGigabytes", "triadGigabytes"]) {
      best[key] = Math.max(best[key], sum(found.map((one) => one[key])));
    }
  }
  return best;
}

if (!isMainThread && workerData?.module) parentPort.postMessage(measureHere(workerData.module));
