import { expect } from "vitest";
import { createRandom, type Random } from "../../src/core/random.ts";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import type { Backend } from "../../src/engine/backend.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { hasRelaxedSimd } from "../../src/engine/features.ts";
import type { Operation } from "../../src/engine/operations/operation.ts";
import type { Window } from "../../src/engine/operations/window.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { enableRelaxedSimd } from "../../src/node/threads.ts";

enableRelaxedSimd();

/** The variants that this host runs; simd128 must be among them. */
export const variants = hasRelaxedSimd() ? (["simd128", "relaxed"] as const) : (["simd128"] as const);

/** A tensor of a trial: its shape and, unless it is only written, what it holds before. */
export interface Cell {
  readonly shape: Shape;
  readonly floats?: ArrayLike<number>;
  readonly ints?: ArrayLike<number>;
}

/** One operation, or a few that belong together, with its tensors, run alike on every backend. */
export interface Trial {
  readonly tensors: Readonly<Record<string, Cell>>;
  readonly operation: (tensor: (name: string) => Tensor) => Operation | readonly Operation[];
  /** The tensors to compare afterwards. */
  readonly results: readonly string[];
  readonly images?: number;
}

const SENTINEL = Math.fround(12345.678);

export interface Bench {
  readonly backend: Backend;
  readonly engine: Engine;
}

export function bench(backend: Backend): Bench {
  return { backend, engine: createEngine(backend) };
}

/**
 * Runs a trial; gives the results as they lie in memory. Tensors that are only written hold NaN before, and the
 * cells between one tensor's end and the next one's beginning must keep what they hold.
 */
export function runTrial({ backend, engine }: Bench, trial: Trial): Map<string, Float64Array> {
  const tensors = new Map<string, Tensor>();
  for (const [name, cell] of Object.entries(trial.tensors))
    tensors.set(name, engine.allocate(name, cell.shape));
  const get = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`the trial has no tensor ${name}`);
    return tensor;
  };
  const program = engine.compile([trial.operation(get)].flat());
  const gapAfter = (name: string): [number, number] => {
    const end = get(name).offset + sizeOf(get(name).shape);
    return [end, Math.ceil(end / 16) * 16];
  };
  const { floats } = backend.cells();
  for (const [name, cell] of Object.entries(trial.tensors)) {
    if (cell.floats) engine.floats(get(name)).set(cell.floats);
    // Where numbers and whole numbers share a tensor, `ints` has the bits of both.
    if (cell.ints) engine.ints(get(name)).set(cell.ints);
    if (!cell.floats && !cell.ints) engine.floats(get(name)).fill(Number.NaN);
    floats.fill(SENTINEL, ...gapAfter(name));
  }
  program.run(trial.images ?? 1);
  for (const name of Object.keys(trial.tensors)) {
    const [end, next] = gapAfter(name);
    if (floats.subarray(end, next).some((value) => value !== SENTINEL))
      throw new Error(`written beyond ${name}`);
  }
  return new Map(trial.results.map((name) => [name, Float64Array.from(engine.floats(get(name)))]));
}

/** How far `got` is from `want` at worst, as a part of the largest magnitude in `want`; NaN must meet NaN. */
export function worstError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) throw new Error(`${got.length} elements, expected ${want.length}`);
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i] ?? 0) || 0);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i] ?? 0, want[i] ?? 0];
    if (Number.isNaN(a) && Number.isNaN(b)) continue;
    if (a === b) continue;
    const error = Math.abs(a - b) / Math.max(largest, Number.MIN_VALUE);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst;
}

/** Tolerances of all results of a trial, or of each by its name. */
type Tolerance = number | Readonly<Record<string, number>>;

/** Runs a trial on both benches and expects each result of `got` to be within tolerance of that of `want`. */
export function expectAgreement(
  { got, want }: { readonly got: Bench; readonly want: Bench },
  trial: Trial,
  tolerance: Tolerance,
  what: string,
): void {
  const wanted = runTrial(want, trial);
  const given = runTrial(got, trial);
  for (const [name, values] of wanted) {
    const most = typeof tolerance === "number" ? tolerance : tolerance[name];
    if (most === undefined) throw new Error(`no tolerance for ${name}`);
    const error = worstError(given.get(name) ?? [], values);
    expect(error, `${what}: ${name}`).toBeLessThanOrEqual(most);
  }
}

/** Seeded numbers for shapes and contents. */
export interface Source {
  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number;
  pick<T>(...choices: readonly T[]): T;
  /** `count` numbers of mean 0 and deviation `scale`, in float32. */
  normals(count: number, scale?: number): Float32Array;
  /** `count` of few different values, so that equal ones meet. */
  levels(count: number): Float32Array;
  readonly random: Random;
}

export function source(seed: number): Source {
  const random = createRandom(seed);
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  return {
    random,
    between,
    pick: (...choices) => {
      const choice = choices[random.below(choices.length)];
      if (choice === undefined) throw new Error("nothing to pick from");
      return choice;
    },
    normals: (count, scale = 1) => Float32Array.from({ length: count }, () => scale * random.normal()),
    levels: (count) => Float32Array.from({ length: count }, () => between(-2, 2)),
  };
}

/** A window with the output size and paddings that TensorFlow's SAME or VALID give. */
export function windowOf(o: {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: "same" | "valid";
}): Window {
  const along = (length: number, kernel: number, stride: number) => {
    if (o.padding === "valid") return { output: Math.floor((length - kernel) / stride) + 1, before: 0 };
    const output = Math.ceil(length / stride);
    return { output, before: Math.floor(Math.max((output - 1) * stride + kernel - length, 0) / 2) };
  };
  const down = along(o.height, o.kernel[0], o.stride[0]);
  const across = along(o.width, o.kernel[1], o.stride[1]);
  return {
    height: o.height,
    width: o.width,
    channels: o.channels,
    kernelHeight: o.kernel[0],
    kernelWidth: o.kernel[1],
    strideHeight: o.stride[0],
    strideWidth: o.stride[1],
    paddingTop: down.before,
    paddingLeft: across.before,
    outputHeight: down.output,
    outputWidth: across.output,
  };
}

/** A random window over at least one pixel of output. */
export function randomWindow(s: Source, channels: number): Window {
  const kernel = [s.between(1, 5), s.between(1, 5)] as const;
  return windowOf({
    height: s.between(kernel[0], 13),
    width: s.between(kernel[1], 13),
    channels,
    kernel,
    stride: [s.between(1, 3), s.between(1, 3)],
    padding: s.pick("same", "valid"),
  });
}

/** Whether two results hold the same bits, NaNs among them. */
export function sameBits(
  a: ReadonlyMap<string, Float64Array>,
  b: ReadonlyMap<string, Float64Array>,
): boolean {
  const bytes = (values: Float64Array | undefined) => Buffer.from(values?.buffer ?? new ArrayBuffer(0));
  return a.size === b.size && [...a].every(([name, values]) => bytes(values).equals(bytes(b.get(name))));
}
