// GFLOP/s of the products and convolutions of LeNet at batch 64, for each variant of the kernels that the host has
// and for 1 and 2 threads: `npm run build && node bench/kernels.mjs`. Each result is checked on a sample first.
import { createEngine } from "../dist/engine/engine.js";
import { hasRelaxedSimd } from "../dist/engine/features.js";
import * as operations from "../dist/engine/operations.js";
import { createWasmBackend } from "../dist/engine/wasmBackend.js";
import { enableRelaxedSimd, startWorker } from "../dist/node/threads.js";

const BATCH = 64;
/** How long each kernel is repeated; the fastest repetition counts. */
const MILLISECONDS = 300;

/** A SAME convolution with stride 1 over square images. */
function sameWindow(size, channels, kernel) {
  const padding = (kernel - 1) >> 1;
  return {
    height: size,
    width: size,
    channels,
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideHeight: 1,
    strideWidth: 1,
    paddingTop: padding,
    paddingLeft: padding,
    outputHeight: size,
    outputWidth: size,
  };
}

const products = [
  { rows: 12544, columns: 64, inner: 800 },
  { rows: 64, columns: 1024, inner: 3136 },
  { rows: 64, columns: 3136, inner: 1024, transposeB: true },
  { rows: 3136, columns: 1024, inner: 64, transposeA: true },
  { rows: 64, columns: 10, inner: 1024 },
  { rows: 1, columns: 1024, inner: 3136 },
];

const convolutions = [
  { size: 28, channels: 1, kernel: 5, filters: 32 },
  { size: 14, channels: 32, kernel: 5, filters: 64 },
  { size: 28, channels: 1, kernel: 5, filters: 6 },
  { size: 14, channels: 6, kernel: 5, filters: 16 },
];

/** Whole numbers from -2 to 2: their sums are exact in float32, so that a sample can be checked exactly. */
function filled(engine, name, size) {
  const tensor = engine.allocate(name, [size]);
  const cells = engine.floats(tensor);
  for (let i = 0; i < size; i++) cells[i] = ((i * 7919) % 5) - 2;
  return tensor;
}

function fastest(engine, operation) {
  const program = engine.compile([operation]);
  for (let i = 0; i < 3; i++) program.run(BATCH);
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + MILLISECONDS;
  while (performance.now() < end) {
    const start = performance.now();
    program.run(BATCH);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function report(label, flops, milliseconds) {
  const rate = flops / milliseconds / 1e6;
  console.log(
    `  ${label.padEnd(40)} ${milliseconds.toFixed(3).padStart(9)} ms ${rate.toFixed(1).padStart(7)} GFLOP/s`,
  );
}

function expectEqual(got, want, label) {
  if (got !== want) throw new Error(`${label}: got ${got}, expected ${want}`);
}

function benchProduct(engine, { rows, columns, inner, transposeA = false, transposeB = false }) {
  const a = filled(engine, "a", rows * inner);
  const b = filled(engine, "b", inner * columns);
  const c = engine.allocate("c", [rows * columns]);
  const label = `${rows} x ${columns} x ${inner}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
  const milliseconds = fastest(
    engine,
    operations.matMul({ a, b, c, rows, columns, inner, transposeA, transposeB }),
  );
  const [left, right] = [engine.floats(a), engine.floats(b)];
  for (const [i, j] of [
    [0, 0],
    [rows - 1, columns - 1],
    [rows >> 1, columns >> 1],
  ]) {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum +=
        left[transposeA ? k * rows + i : i * inner + k] * right[transposeB ? j * inner + k : k * columns + j];
    }
    expectEqual(engine.floats(c)[i * columns + j], sum, label);
  }
  report(label, 2 * rows * columns * inner, milliseconds);
}

function benchConvolution(engine, { size, channels, kernel, filters }) {
  const window = sameWindow(size, channels, kernel);
  const x = filled(engine, "x", BATCH * size * size * channels);
  const weights = filled(engine, "weights", kernel * kernel * channels * filters);
  const y = engine.allocate("y", [BATCH * size * size * filters]);
  const dx = engine.allocate("dx", [x.size]);
  const dweights = engine.allocate("dweights", [weights.size]);
  const label = `${kernel}x${kernel}x${channels}x${filters} on ${size}x${size}`;
  const flops = 2 * BATCH * size * size * kernel * kernel * channels * filters;
  report(`${label}`, flops, fastest(engine, operations.conv2d({ x, weights, y, window, filters })));
  // The pixel in the middle of the first image and its last filter.
  const middle = size >> 1;
  let sum = 0;
  for (let tap = 0; tap < kernel * kernel; tap++) {
    const iy = middle + Math.floor(tap / kernel) - window.paddingTop;
    const ix = middle + (tap % kernel) - window.paddingLeft;
    for (let c = 0; c < channels; c++) {
      const weight = engine.floats(weights)[(tap * channels + c) * filters + filters - 1];
      sum += engine.floats(x)[(iy * size + ix) * channels + c] * weight;
    }
  }
  expectEqual(engine.floats(y)[(middle * size + middle) * filters + filters - 1], sum, label);
  const inputGradient = operations.conv2dInputGradient({ dy: y, weights, dx, window, filters });
  report("  gradient of the input", flops, fastest(engine, inputGradient));
  const weightGradient = operations.conv2dWeightGradient({ x, dy: y, dweights, window, filters });
  report("  gradient of the weights", flops, fastest(engine, weightGradient));
}

enableRelaxedSimd();
for (const variant of hasRelaxedSimd() ? ["simd128", "relaxed"] : ["simd128"]) {
  for (const threads of [1, 2]) {
    const start = performance.now();
    const backend = await createWasmBackend({ variant, threads, startWorker });
    const created = performance.now() - start;
    await backend.whenStarted();
    const ready = performance.now() - start;
    console.log(
      `${variant}, ${threads === 1 ? "1 thread" : `${threads} threads`}: usable after ${created.toFixed(1)} ms, all after ${ready.toFixed(1)} ms`,
    );
    const engine = createEngine(backend);
    for (const product of products) benchProduct(engine, product);
    for (const convolution of convolutions) benchConvolution(engine, convolution);
    engine.close();
  }
}
