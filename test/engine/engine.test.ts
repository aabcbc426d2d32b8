import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/engine/backend.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { hasRelaxedSimd, hasSharedMemory, hasSimd } from "../../src/engine/features.ts";
import { activationGradient } from "../../src/engine/operations/activation.ts";
import { dense } from "../../src/engine/operations/dense.ts";
import { softmax } from "../../src/engine/operations/losses.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { tensor } from "../../src/engine/tensor.ts";
import { bestVariant, createWasmBackend } from "../../src/engine/wasmBackend.ts";

const backends: readonly (readonly [string, () => Promise<Backend>])[] = [
  ["reference", async () => createReferenceBackend()],
  ["simd128", () => createWasmBackend({ variant: "simd128" })],
];

describe.each(backends)("an engine on the %s backend", (_name, create) => {
  it("allocates tensors of zeros that do not share cells", async () => {
    const engine = createEngine(await create());
    const [a, b] = [engine.allocate("a", [3, 5]), engine.allocate("b", [7])];
    expect([...engine.floats(a)]).toEqual(new Array(15).fill(0));
    engine.floats(a).fill(1);
    engine.ints(b).fill(-1);
    expect([...engine.floats(a)]).toEqual(new Array(15).fill(1));
    expect([...engine.ints(b)]).toEqual(new Array(7).fill(-1));
    engine.close();
  });

  it("keeps what tensors hold while the memory grows", async () => {
    const engine = createEngine(await create());
    const first = engine.allocate("first", [1000]);
    engine.floats(first).forEach((_, i) => {
      engine.floats(first)[i] = i;
    });
    const before = engine.bytes;
    const large = engine.allocate("large", [6_000_000]);
    expect(engine.bytes - before).toBe(24_000_000);
    expect([...engine.floats(first)]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(engine.floats(large).at(-1)).toBe(0);
    engine.close();
  });

  it("runs the operations of a program in their order, on as many images as asked", async () => {
    const engine = createEngine(await create());
    const x = engine.allocate("x", [3, 2]);
    const weights = engine.allocate("weights", [2, 2]);
    const hidden = tensor("hidden", [3, 2]);
    const room = tensor("room", [8, 2]);
    const y = tensor("y", [3, 2], { kept: true });
    const program = engine.compile([
      dense({ x, weights, y: hidden, room, units: 2, inputs: 2, activation: "linear" }),
      softmax({ x: hidden, y, columns: 2 }),
    ]);
    engine.floats(x).set([0, 0, 1, 0, 0, 1]);
    engine.floats(weights).set([Math.log(3), Math.log(4), 0, 0]);
    engine.floats(y).fill(9);
    program.run(2);
    // softmax of [0, 0], and of [ln 3, 0]; the third image is not computed
    const expected = [0.5, 0.5, 0.75, 0.25, 9, 9];
    engine.floats(y).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? 0, 6);
    });
    program.run(3);
    expect(engine.floats(y)[4]).toBeCloseTo(0.8, 6);
    program.run(0);
    expect(program.bytes).toEqual({ planned: 192, withoutReuse: 192 });
    engine.close();
  });

  it("runs programs whose buffers share memory", async () => {
    const engine = createEngine(await create());
    const input = engine.allocate("input", [40]);
    const [a, b, c] = [tensor("a", [40]), tensor("b", [40]), tensor("c", [40], { kept: true })];
    const linear = { size: 40, activation: "linear" } as const;
    const program = engine.compile([
      activationGradient({ y: input, dy: input, dz: a, ...linear }),
      activationGradient({ y: a, dy: a, dz: b, ...linear }),
      activationGradient({ y: b, dy: b, dz: c, ...linear }),
    ]);
    engine.floats(input).fill(2.5);
    program.run(1);
    expect([...engine.floats(c)]).toEqual(new Array(40).fill(2.5));
    engine.close();
  });
});

describe("the WebAssembly backend", () => {
  it("says how much memory was wanted when there is not so much", async () => {
    const engine = createEngine(await createWasmBackend({ variant: "simd128" }));
    expect(() => engine.allocate("huge", [2 ** 30])).toThrow(
      /need 4297 MB, more than .* use a smaller batch/,
    );
    engine.close();
  });

  it("takes the best variant that the host validates", () => {
    expect(hasSimd() && hasSharedMemory()).toBe(true);
    expect(bestVariant()).toBe(hasRelaxedSimd() ? "relaxed" : "simd128");
  });
});
