import { expect, it } from "vitest";
import { scheduleDefaults, scheduleFactor, warmUpFactor } from "../../src/nn/schedules.ts";
import { defaultTrainingConfig, learningRateAt } from "../../src/trainingConfig.ts";

/** The factors over a run of 100 steps, 10 an epoch, at the given steps. */
function factors(schedule: Parameters<typeof scheduleFactor>[0], at: readonly number[]): number[] {
  return at.map((step) => scheduleFactor(schedule, step, 100, 10));
}

it("constant stays", () => {
  expect(factors(scheduleDefaults.constant, [0, 50, 99])).toEqual([1, 1, 1]);
});

it("exponential falls in stairs of whole periods, as TF-slim's", () => {
  const found = factors(scheduleDefaults.exponential, [0, 19, 20, 40, 99]);
  [1, 1, 0.94, 0.94 ** 2, 0.94 ** 4].forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 12);
  });
});

it("exponential falls smoothly, and not below its end", () => {
  const smooth = { ...scheduleDefaults.exponential, rate: 0.25, epochs: 1, staircase: false } as const;
  expect(factors(smooth, [5, 10, 99])).toEqual([0.5, 0.25, 0.01]);
});

it("step multiplies every so many epochs", () => {
  const found = factors({ name: "step", rate: 0.5, epochs: 3 }, [29, 30, 60, 99]);
  expect(found).toEqual([1, 0.5, 0.25, 0.125]);
});

it("cosine goes from 1 to its end by way of the middle", () => {
  const found = factors({ name: "cosine", end: 0.1 }, [0, 49.5, 99]);
  [1, 0.55, 0.1].forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 12);
  });
});

it("one-cycle rises to 1 at its peak and falls to its end", () => {
  const cycle = { name: "oneCycle", start: 0.04, peak: 0.25, end: 0.001 } as const;
  const found = factors(cycle, [0, 99 / 8, 99 / 4, (99 * 5) / 8, 99]);
  [0.04, 0.52, 1, 0.5005, 0.001].forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 12);
  });
});

it("warming up rises in a straight line from above 0 to 1, and ends", () => {
  expect([0, 1, 2, 3, 4, 99].map((step) => warmUpFactor(step, 4))).toEqual([0.2, 0.4, 0.6, 0.8, 1, 1]);
  expect(warmUpFactor(0, 0)).toBe(1);
});

it("the rate of a step has its schedule's factor and, over epochs in part, the warming up's", () => {
  const schedule = { name: "step", rate: 0.5, epochs: 1 } as const;
  const config = { ...defaultTrainingConfig, learningRate: 2, schedule, warmUpEpochs: 0.4 };
  const rates = [0, 1, 3, 4, 9, 10, 20].map((step) =>
    learningRateAt(config, { step, steps: 100, stepsPerEpoch: 10 }),
  );
  [0.4, 0.8, 1.6, 2, 2, 1, 0.5].forEach((rate, i) => void expect(rates[i]).toBeCloseTo(rate, 12));
});
