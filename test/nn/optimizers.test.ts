import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/engine.ts";
import { Hyper } from "../../src/engine/kernels/opcodes.ts";
import { update } from "../../src/engine/operations/optimizers.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { type Optimizer, optimizerDefaults, optimizerSlots, writeHyper } from "../../src/nn/optimizers.ts";

/** The weight after each of two steps from w = 1 with gradients 0.5 and -0.25, in float64. */
function twoSteps(optimizer: Optimizer, learningRate: number, weightDecay = 0, decay = true): number[] {
  const engine = createEngine(createReferenceBackend("float64"));
  const parameter = engine.allocate("w", [1]);
  const gradient = engine.allocate("g", [1]);
  const hyper = engine.allocate("hyper", [Hyper.Count]);
  const slots = optimizerSlots(optimizer).map((slot) => {
    const one = engine.allocate(slot.name, [1]);
    engine.floats(one)[0] = slot.initial;
    return one;
  });
  const program = engine.compile([update(optimizer.name, { parameter, gradient, slots, hyper, decay })]);
  engine.floats(parameter)[0] = 1;
  return [0.5, -0.25].map((value, step) => {
    engine.floats(gradient)[0] = value;
    writeHyper(engine.floats(hyper), optimizer, { learningRate, weightDecay, step, gradientScale: 1 });
    program.run(0);
    return engine.floats(parameter)[0]!;
  });
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12);
  });
}

describe("optimizers against steps computed by hand", () => {
  it("sgd: w -= rate g", () => {
    expectClose(twoSteps(optimizerDefaults.sgd, 0.1), [0.95, 0.975]);
  });

  it("sgd with weight decay: g + decay w", () => {
    // 1 - 0.1 (0.5 + 0.01) = 0.949; 0.949 - 0.1 (-0.25 + 0.00949) = 0.973051
    expectClose(twoSteps(optimizerDefaults.sgd, 0.1, 0.01), [0.949, 0.973051]);
  });

  it("leaves a parameter without decay alone", () => {
    expectClose(twoSteps(optimizerDefaults.sgd, 0.1, 0.01, false), [0.95, 0.975]);
  });

  it("momentum: v = 0.9 v + g", () => {
    // v: 0.5, 0.2
    expectClose(twoSteps(optimizerDefaults.momentum, 0.1), [0.95, 0.93]);
  });

  it("Nesterov momentum: w -= rate (g + 0.9 v)", () => {
    // 1 - 0.1 (0.5 + 0.45) = 0.905; v = 0.2: 0.905 - 0.1 (-0.25 + 0.18) = 0.912
    expectClose(twoSteps({ name: "momentum", momentum: 0.9, nesterov: true }, 0.1), [0.905, 0.912]);
  });

  it("rmsprop as TensorFlow: mean square begins at 1, epsilon within the root", () => {
    // TF-slim's numbers: decay 0.9, momentum 0.9, epsilon 1.
    // ms = 0.9 + 0.1 * 0.25 = 0.925; mom = 0.1 * 0.5 / sqrt(1.925)
    // ms = 0.8325 + 0.1 * 0.0625 = 0.83875; mom = 0.9 mom - 0.1 * 0.25 / sqrt(1.83875)
    const first = (0.1 * 0.5) / Math.sqrt(1.925);
    const second = 0.9 * first - (0.1 * 0.25) / Math.sqrt(1.83875);
    expectClose(twoSteps({ name: "rmsprop", decay: 0.9, momentum: 0.9, epsilon: 1 }, 0.1), [
      1 - first,
      1 - first - second,
    ]);
  });

  it("adam: the first step is the rate whatever the gradient; then the paper's moments", () => {
    // m = 0.05, v = 0.00025; corrected: 0.5 and 0.25, so the step is 0.1.
    // m = 0.9 * 0.05 - 0.025 = 0.02; v = 0.999 * 0.00025 + 0.001 * 0.0625 = 0.00031225
    // corrected: 0.02 / 0.19 and 0.00031225 / 0.001999
    const second = (0.1 * (0.02 / 0.19)) / Math.sqrt(0.00031225 / 0.001999);
    const found = twoSteps({ ...optimizerDefaults.adam, epsilon: 0 }, 0.1);
    expectClose(found, [0.9, 0.9 - second]);
  });

  it("adam's epsilon is the paper's epsilon hat", () => {
    const step = (0.1 * Math.sqrt(0.001)) / 0.1;
    expectClose(twoSteps({ ...optimizerDefaults.adam, epsilon: 0.01 }, 0.1).slice(0, 1), [
      1 - (step * 0.05) / (Math.sqrt(0.00025) + 0.01),
    ]);
  });

  it("adamw: the decay is taken from the weight and not seen by the moments", () => {
    const second = (0.1 * (0.02 / 0.19)) / Math.sqrt(0.00031225 / 0.001999);
    const afterFirst = 1 - 0.1 * 0.01 - 0.1;
    const found = twoSteps({ ...optimizerDefaults.adamw, epsilon: 0 }, 0.1, 0.01);
    expectClose(found, [afterFirst, afterFirst * (1 - 0.1 * 0.01) - second]);
  });
});
