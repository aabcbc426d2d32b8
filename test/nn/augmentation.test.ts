import { describe, expect, it } from "vitest";
import { gaussianWeights } from "../../src/core/gaussian.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { AUGMENT_CELLS, Augment } from "../../src/engine/kernels/opcodes.ts";
import { augment } from "../../src/engine/operations/pixels.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { createWasmBackend } from "../../src/engine/wasmBackend.ts";
import { lenet5 } from "../../src/lenet.ts";
import {
  type Augmentation,
  augmentationDefaults,
  drawDistortions,
  isAugmenting,
} from "../../src/nn/augmentation.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";
import { startWorker } from "../../src/node/threads.ts";

const { none, light, strong } = augmentationDefaults;
const size = 28 * 28;

/** The rows of distortions of one step. */
function draw(how: Augmentation, seed: number, step: number, count = 16) {
  const floats = new Float32Array(count * AUGMENT_CELLS);
  const ints = new Int32Array(floats.buffer);
  drawDistortions({ floats, ints }, how, { seed, step, count });
  return { floats, ints };
}

/** What the kernel makes of `pixels` by one row of parameters, in grey levels. */
async function distorted(pixels: Uint8Array, row: Partial<Record<keyof typeof Augment, number>>) {
  const engine = createEngine(await createWasmBackend({ variant: "simd128" }));
  const taps = gaussianWeights(4);
  const at = {
    pixels: engine.allocate("pixels", [size / 4]),
    x: engine.allocate("x", [28, 28]),
    parameters: engine.allocate("parameters", [AUGMENT_CELLS]),
    taps: engine.allocate("taps", [taps.length]),
  };
  const program = engine.compile([augment({ ...at, scale: 1, offset: 0, height: 28, width: 28 })]);
  engine.bytesOf(at.pixels).set(pixels);
  engine.floats(at.taps).set(taps);
  const cells = engine.floats(at.parameters);
  cells.set([1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  for (const [name, value] of Object.entries(row)) cells[Augment[name as keyof typeof Augment]] = value;
  program.run(1);
  const result = Float32Array.from(engine.floats(at.x));
  engine.close();
  return result;
}

const picture = Uint8Array.from({ length: size }, (_, i) => ((i * 7919) % 253) + 1);
const grey = (image: ArrayLike<number>, x: number, y: number) => image[y * 28 + x]!;

describe("drawn distortions", () => {
  it("follow from seed and step alone", () => {
    expect(draw(strong, 1, 5).ints).toEqual(draw(strong, 1, 5).ints);
    expect(draw(strong, 1, 5).ints).not.toEqual(draw(strong, 1, 6).ints);
    expect(draw(strong, 1, 5).ints).not.toEqual(draw(strong, 2, 5).ints);
    // A partly filled batch has the same first rows.
    expect(draw(strong, 1, 5, 3).ints).toEqual(draw(strong, 1, 5).ints.subarray(0, 3 * AUGMENT_CELLS));
  });

  it("stay within what is asked for and come near it", () => {
    const { floats } = draw(strong, 3, 0, 2000);
    const column = (cell: Augment) =>
      Array.from({ length: 2000 }, (_, i) => floats[i * AUGMENT_CELLS + cell]!);
    const range = (cell: Augment) => [Math.min(...column(cell)), Math.max(...column(cell))];
    const expectNear = ([least, most]: readonly number[], from: number, to: number) => {
      const slack = 0.01 * (to - from);
      expect(least).toBeGreaterThanOrEqual(from - 1e-6);
      expect(least).toBeLessThan(from + slack);
      expect(most).toBeLessThanOrEqual(to + 1e-6);
      expect(most).toBeGreaterThan(to - slack);
    };
    expectNear(range(Augment.Elastic), 0, strong.elastic);
    expectNear(range(Augment.Thickness), -strong.thickness, strong.thickness);
    expectNear(range(Augment.Blur), 0, strong.blur);
    expectNear(range(Augment.Gain), 1 - strong.contrast, 1);
    expectNear(range(Augment.Noise), 0, strong.noise);
    const [least, most] = range(Augment.Lift);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThanOrEqual(strong.brightness + strong.contrast / 2);
    // The mean of the cube of what is equally likely in 0 .. 1 is a quarter.
    expect(column(Augment.Noise).reduce((a, b) => a + b) / 2000).toBeCloseTo(strong.noise / 4, 2);
    // The map's determinant is one over the area's growth, which is scale squared.
    const growth = column(Augment.XX).map(
      (xx, i) => 1 / (xx * column(Augment.YY)[i]! - column(Augment.XY)[i]! * column(Augment.YX)[i]!),
    );
    expectNear([Math.min(...growth), Math.max(...growth)], (1 - strong.scale) ** 2, (1 + strong.scale) ** 2);
  });

  it("are the identity where nothing is asked for", () => {
    const { floats } = draw(none, 1, 1, 1);
    expect([...floats.subarray(0, Augment.Key)].map((one) => one + 0)).toEqual([
      1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0,
    ]);
    expect(isAugmenting(none)).toBe(false);
    expect(isAugmenting(light)).toBe(true);
  });

  it("turn by the angle that they say", () => {
    const { floats } = draw({ ...none, rotation: 30 }, 1, 1, 500);
    for (let at = 0; at < floats.length; at += AUGMENT_CELLS) {
      expect(Math.hypot(floats[at]!, floats[at + 1]!)).toBeCloseTo(1, 6);
      expect(Math.abs(Math.atan2(floats[at + 1]!, floats[at]!))).toBeLessThanOrEqual(
        (30.001 * Math.PI) / 180,
      );
    }
  });
});

describe("the kernel", () => {
  it("leaves an image as it is by the identity", async () => {
    expect([...(await distorted(picture, {}))]).toEqual([...picture]);
  });

  it("moves by whole pixels, paper coming in from outside", async () => {
    const moved = await distorted(picture, { ShiftX: -3, ShiftY: 2 });
    expect(grey(moved, 10, 10)).toBe(grey(picture, 7, 12));
    expect(grey(moved, 2, 10)).toBe(0);
    expect(grey(moved, 10, 27)).toBe(0);
  });

  it("turns by a quarter about the middle", async () => {
    const turned = await distorted(picture, { XX: 0, XY: 1, YX: -1, YY: 0 });
    for (const [x, y] of [
      [0, 0],
      [3, 20],
      [27, 5],
    ] as const)
      expect(grey(turned, x, y)).toBe(grey(picture, y, 27 - x));
  });

  it("takes the mean of two pixels half-way between them", async () => {
    const moved = await distorted(picture, { ShiftX: 0.5 });
    expect(grey(moved, 4, 9)).toBeCloseTo((grey(picture, 4, 9) + grey(picture, 5, 9)) / 2, 3);
  });

  it("makes strokes broader and thinner by a pixel's neighbours", async () => {
    const dot = new Uint8Array(size);
    dot[10 * 28 + 10] = 200;
    const broader = await distorted(dot, { Thickness: 0.5 });
    expect([
      grey(broader, 10, 10),
      grey(broader, 11, 10),
      grey(broader, 10, 9),
      grey(broader, 11, 11),
    ]).toEqual([200, 100, 100, 0]);
    expect(grey(await distorted(dot, { Thickness: -0.5 }), 10, 10)).toBe(100);
  });

  it("blurs a dot by 1 2 1 both ways, makes ink fainter and everything lighter", async () => {
    const dot = new Uint8Array(size);
    dot[10 * 28 + 10] = 160;
    const blurred = await distorted(dot, { Blur: 1, Gain: 0.5, Lift: 0.2 });
    expect([
      grey(blurred, 10, 10),
      grey(blurred, 11, 10),
      grey(blurred, 11, 11),
      grey(blurred, 12, 10),
    ]).toEqual([71, 61, 56, 51]);
  });

  it("adds noise of the deviation asked for, within black and white", async () => {
    const noisy = await distorted(new Uint8Array(size).fill(128), { Noise: 0.1 });
    const mean = noisy.reduce((a, b) => a + b, 0) / size;
    const deviation = Math.sqrt(noisy.reduce((a, b) => a + (b - mean) ** 2, 0) / size);
    expect(Math.abs(mean - 128)).toBeLessThan(4); // 4 deviations of the mean
    expect(Math.abs(deviation - 25.5)).toBeLessThan(3);
    const loud = await distorted(new Uint8Array(size).fill(128), { Noise: 1 });
    expect(Math.min(...loud)).toBe(0);
    expect(Math.max(...loud)).toBe(255);
  });

  it("moves pixels by a smooth field of the deviation that Simard's alpha and sigma give", async () => {
    // A ramp shows by how much each pixel was moved sideways. Noise of variance 1/3 that is blurred both ways by taps w
    // has the variance (sum of w^2)^2 / 3.
    const ramp = Uint8Array.from({ length: size }, (_, i) => (i % 28) * 8);
    const alpha = 30;
    const moved = await distorted(ramp, { Elastic: alpha });
    const shifts: number[] = [];
    for (let y = 8; y < 20; y++) for (let x = 8; x < 20; x++) shifts.push(grey(moved, x, y) / 8 - x);
    const power = gaussianWeights(4).reduce((sum, tap) => sum + tap * tap, 0);
    const expected = alpha * power * Math.sqrt(1 / 3);
    const found = Math.sqrt(shifts.reduce((sum, one) => sum + one * one, 0) / shifts.length);
    expect(found).toBeGreaterThan(expected / 3); // one field, hardly more than a few independent numbers
    expect(found).toBeLessThan(expected * 3);
    const steps = shifts.slice(1).map((one, i) => ((i + 1) % 12 === 0 ? 0 : Math.abs(one - shifts[i]!)));
    expect(Math.max(...steps)).toBeLessThan(expected);
  });
});

describe("a training step", () => {
  it.each([1, 2, 3])("distorts its images alike on %i threads", async (threads) => {
    const images = async (count: number) => {
      const backend = await createWasmBackend({ variant: "simd128", threads: count, startWorker });
      expect(await backend.whenStarted()).toBe(count);
      const engine = createEngine(backend);
      const options = {
        batchSize: 16,
        optimizer: { name: "sgd" },
        loss: "softmaxCrossEntropy",
        seed: 4,
      } as const;
      const step = createTrainingStep(engine, buildNetwork(lenet5), { ...options, augment: strong });
      step.loadImages(picture16, 16, 7);
      const result = engine.floats(step.images).slice();
      engine.close();
      return result;
    };
    expect(await images(threads)).toEqual(await images(1));
  });

  it("is within rounding of the reference", async () => {
    const options = {
      batchSize: 4,
      optimizer: { name: "sgd" },
      loss: "softmaxCrossEntropy",
      seed: 4,
    } as const;
    const run = (engine: ReturnType<typeof createEngine>) => {
      const step = createTrainingStep(engine, buildNetwork(lenet5), { ...options, augment: light });
      step.loadImages(picture16.subarray(0, 4 * size), 4, 7);
      const result = [...engine.floats(step.images)];
      engine.close();
      return result;
    };
    const want = run(createEngine(createReferenceBackend("float64")));
    const got = run(createEngine(await createWasmBackend({ variant: "simd128" })));
    got.forEach((value, i) => void expect(Math.abs(value - want[i]!)).toBeLessThan(1e-3));
  });
});

const picture16 = Uint8Array.from({ length: 16 * size }, (_, i) => (i * 7919) % 256);
