import { beforeAll, describe, expect, it } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { activationGradient } from "../../src/engine/operations/activation.ts";
import {
  biasGradient,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
} from "../../src/engine/operations/conv2d.ts";
import {
  conv2dMaxPool,
  conv2dMaxPoolGradient,
  partialCells,
} from "../../src/engine/operations/convMaxPool.ts";
import { dense, denseGradient, denseListCells } from "../../src/engine/operations/dense.ts";
import { dropout } from "../../src/engine/operations/dropout.ts";
import { type LossName, loss } from "../../src/engine/operations/losses.ts";
import type { Operation } from "../../src/engine/operations/operation.ts";
import { pool2d, pool2dGradient } from "../../src/engine/operations/pool2d.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { randomWindow, source, windowOf } from "./support.ts";
import { activations } from "./trials.ts";

// Every gradient operation in float64 against central differences of its forward operation:
// d(sum of r * y) / dx_i = (L(x_i + h) - L(x_i - h)) / 2h. The error of the differences is about h^2 + 1e-16 / h.
const STEP = 1e-5;
const TOLERANCE = 1e-6;
const IMAGES = 2;

let engine: Engine;
beforeAll(() => {
  engine = createEngine(createReferenceBackend("float64"));
});

function filled(name: string, shape: Shape, values: (i: number) => number): Tensor {
  const one = engine.allocate(name, shape);
  engine.floats(one).set(Array.from({ length: one.size }, (_, i) => values(i)));
  return one;
}

/**
 * Checks the gradients in `pairs` ([x, dx]) that `backward` computes, where `forward` computes `y` and the loss is
 * the sum of dy * y.
 */
function check(o: {
  readonly forward: readonly Operation[];
  readonly backward: readonly Operation[];
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly pairs: readonly (readonly [Tensor, Tensor])[];
}): void {
  const forward = engine.compile(o.forward);
  const backward = engine.compile(o.backward);
  const lossNow = (): number => {
    forward.run(IMAGES);
    const dy = engine.floats(o.dy);
    let sum = 0;
    for (const [i, y] of engine.floats(o.y).entries()) sum += y * (dy[i] ?? 0);
    return sum;
  };
  lossNow();
  backward.run(IMAGES);
  for (const [x, dx] of o.pairs) {
    const gradient = Float64Array.from(engine.floats(dx));
    const values = engine.floats(x);
    for (let i = 0; i < x.size; i += Math.ceil(x.size / 40)) {
      const value = values[i] ?? 0;
      values[i] = value + STEP;
      const above = lossNow();
      values[i] = value - STEP;
      const below = lossNow();
      values[i] = value;
      const difference = (above - below) / (2 * STEP);
      const error = Math.abs(difference - (gradient[i] ?? 0)) / Math.max(1, Math.abs(difference));
      expect(error, `${dx.name}[${i}]: ${gradient[i]}, differences give ${difference}`).toBeLessThan(
        TOLERANCE,
      );
    }
  }
}

describe("gradients in float64 against finite differences", () => {
  it.each(
    activations.flatMap((activation) => [[activation, undefined] as const, [activation, 0.4] as const]),
  )("dense: input, weights and bias (%s, dropout %s)", (activation, rate) => {
    const s = source(31);
    const [units, inputs] = [9, 5];
    const normal = () => s.random.normal();
    const [x, dx] = [filled("x", [IMAGES, inputs], normal), engine.allocate("dx", [IMAGES, inputs])];
    const [weights, dweights] = [
      filled("w", [units, inputs], normal),
      engine.allocate("dw", [units, inputs]),
    ];
    const [bias, dbias] = [filled("b", [units], normal), engine.allocate("db", [units])];
    const [y, dy] = [engine.allocate("y", [IMAGES, units]), filled("dy", [IMAGES, units], normal)];
    const dz = engine.allocate("dz", [IMAGES, units]);
    const room = engine.allocate("room", [8, inputs]);
    const lists = engine.allocate("lists", [IMAGES, denseListCells(units)]);
    const randomState = engine.allocate("randomState", [2]);
    engine.ints(randomState).set([7, 1]);
    const part =
      rate === undefined ? {} : { dropout: { rate: filled("r", [1], () => rate), randomState, salt: 3 } };
    const layer = { x, weights, y, units, inputs, activation, ...part };
    check({
      forward: [dense({ ...layer, bias, room })],
      backward: [denseGradient({ ...layer, dy, dweights, dbias, dx, dz, lists })],
      y,
      dy,
      pairs: [
        [x, dx],
        [weights, dweights],
        [bias, dbias],
      ],
    });
    if (rate === undefined || activation === "relu") return;
    const dropped = engine.floats(y).filter((value) => value === 0).length;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(y.size);
  });

  it.each([
    ["relu", 1],
    ["relu", 2],
    ["relu", 3],
    ["linear", 4],
    ["linear", 5],
  ] as const)(
    "conv2d and max pooling in one, %s: input, weights and bias (window %i)",
    (activation, seed) => {
      const s = source(90 + seed);
      const window = windowOf({
        height: s.between(5, 9),
        width: s.between(5, 9),
        channels: s.between(1, 4),
        kernel: [s.between(1, 5), s.between(1, 5)],
        stride: [1, 1],
        padding: seed % 2 === 0 ? "same" : "valid",
      });
      // Of an odd output the last row or column is in no cell of the pooling.
      const filters = s.between(2, 5);
      const normal = () => s.random.normal();
      const inputs = [IMAGES, window.height, window.width, window.channels];
      const outputs = [IMAGES, window.outputHeight >> 1, window.outputWidth >> 1, filters];
      const kernel = [window.kernelHeight, window.kernelWidth, window.channels, filters];
      const [x, dx] = [filled("x", inputs, normal), engine.allocate("dx", inputs)];
      const [weights, dweights] = [filled("w", kernel, normal), engine.allocate("dw", kernel)];
      const [bias, dbias] = [filled("b", [filters], normal), engine.allocate("db", [filters])];
      const [y, dy] = [engine.allocate("y", outputs), filled("dy", outputs, normal)];
      const winners = engine.allocate("winners", outputs);
      const partials = engine.allocate("partials", [partialCells(window, filters)]);
      const layer = { x, weights, winners, window, filters };
      check({
        forward: [conv2dMaxPool({ ...layer, bias, y, activation })],
        backward: [conv2dMaxPoolGradient({ ...layer, dy, dweights, dbias, dx, partials })],
        y,
        dy,
        pairs: [
          [x, dx],
          [weights, dweights],
          [bias, dbias],
        ],
      });
    },
  );

  it.each([1, 2, 3, 4, 5, 6])("conv2d: input, weights and bias (window %i)", (seed) => {
    const s = source(40 + seed);
    const window = randomWindow(s, s.between(1, 3));
    const filters = s.between(1, 4);
    const normal = () => s.random.normal();
    const inputs = [IMAGES, window.height, window.width, window.channels];
    const outputs = [IMAGES, window.outputHeight, window.outputWidth, filters];
    const kernel = [window.kernelHeight, window.kernelWidth, window.channels, filters];
    const [x, dx] = [filled("x", inputs, normal), engine.allocate("dx", inputs)];
    const [weights, dweights] = [filled("w", kernel, normal), engine.allocate("dw", kernel)];
    const [bias, dbias] = [filled("b", [filters], normal), engine.allocate("db", [filters])];
    const [y, dy] = [engine.allocate("y", outputs), filled("dy", outputs, normal)];
    check({
      forward: [conv2d({ x, weights, bias, y, window, filters })],
      backward: [
        conv2dInputGradient({ dy, weights, dx, window, filters }),
        conv2dWeightGradient({ x, dy, dweights, window, filters }),
        biasGradient({ dy, dbias, rows: sizeOf(outputs) / filters, columns: filters }),
      ],
      y,
      dy,
      pairs: [
        [x, dx],
        [weights, dweights],
        [bias, dbias],
      ],
    });
  });

  it.each(activations)("activation %s", (activation) => {
    const s = source(51);
    // A convolution by 1, so that nothing but the activation is left of it.
    const window = windowOf({
      height: 3,
      width: 5,
      channels: 1,
      kernel: [1, 1],
      stride: [1, 1],
      padding: "same",
    });
    const size = IMAGES * 15;
    // Away from 0, where ReLU has no derivative.
    const x = filled("x", [size], () => (0.1 + s.random.uniform()) * s.pick(-1, 1));
    const one = filled("one", [1], () => 1);
    const [y, dy, dx] = [
      engine.allocate("y", [size]),
      filled("dy", [size], s.random.normal),
      engine.allocate("dx", [size]),
    ];
    check({
      forward: [conv2d({ x, weights: one, y, window, filters: 1, activation })],
      backward: [activationGradient({ y, dy, dz: dx, size, activation })],
      y,
      dy,
      pairs: [[x, dx]],
    });
  });

  it.each([
    ["max", 1],
    ["max", 2],
    ["max", 3],
    ["average", 1],
    ["average", 2],
    ["average", 3],
  ] as const)("%s pooling (window %i)", (kind, seed) => {
    const s = source(60 + seed);
    const window = randomWindow(s, s.between(1, 3));
    const inputs = [IMAGES, window.height, window.width, window.channels];
    const outputs = [IMAGES, window.outputHeight, window.outputWidth, window.channels];
    const [x, dx] = [filled("x", inputs, s.random.normal), engine.allocate("dx", inputs)];
    const [y, dy] = [engine.allocate("y", outputs), filled("dy", outputs, s.random.normal)];
    check({
      forward: [pool2d(kind, { x, y, window })],
      backward: [pool2dGradient(kind, { x, y, dy, dx, window })],
      y,
      dy,
      pairs: [[x, dx]],
    });
  });

  it("dropout", () => {
    const s = source(71);
    const size = 60;
    const [x, dx] = [filled("x", [size], s.random.normal), engine.allocate("dx", [size])];
    const [y, dy] = [engine.allocate("y", [size]), filled("dy", [size], s.random.normal)];
    const rate = filled("rate", [1], () => 0.4);
    const randomState = engine.allocate("randomState", [2]);
    engine.ints(randomState).set([7, 1]);
    const same = { rate, randomState, salt: 3, size };
    check({
      forward: [dropout({ x, y, ...same })],
      backward: [dropout({ x: dy, y: dx, ...same })],
      y,
      dy,
      pairs: [[x, dx]],
    });
    expect(
      engine.floats(y).some((value) => value === 0) && engine.floats(y).some((value) => value !== 0),
    ).toBe(true);
  });

  it.each<LossName>(["softmaxCrossEntropy", "meanSquaredError"])("%s", (name) => {
    const s = source(81);
    const columns = 5;
    const outputs = filled("outputs", [IMAGES, columns], s.random.normal);
    const labels = engine.allocate("labels", [IMAGES]);
    engine.ints(labels).set([4, 1]);
    const probabilities = engine.allocate("probabilities", [IMAGES, columns]);
    const losses = engine.allocate("losses", [IMAGES]);
    const doutputs = engine.allocate("doutputs", [IMAGES, columns]);
    const operation = loss(name, { outputs, labels, probabilities, losses, doutputs, columns });
    const mean = filled("mean", [IMAGES], () => 1 / IMAGES);
    check({ forward: [operation], backward: [operation], y: losses, dy: mean, pairs: [[outputs, doutputs]] });
  });
});
