import { describe, expect, test } from "vitest";
import { describeEngine, engineOptions } from "../../src/cli/engine.ts";
import { MnistError } from "../../src/core/errors.ts";

describe("engineOptions", () => {
  test("are what the flags say, and nothing where they say nothing", () => {
    expect(engineOptions({})).toEqual({});
    expect(engineOptions({ threads: "3" })).toEqual({ threads: 3 });
    expect(engineOptions({ engine: "simd128", threads: "1" })).toEqual({ variant: "simd128", threads: 1 });
  });

  test.each([
    [{ engine: "fast" }, '--engine: expected one of relaxed, simd128, reference, found "fast"'],
    [{ engine: "" }, '--engine: expected one of relaxed, simd128, reference, found ""'],
    [{ threads: "65" }, "--threads: expected a whole number from 1 to 64, found 65"],
    [{ threads: "two" }, '--threads: expected a number, found "two"'],
  ])("%j is wrong usage", (flags, message) => {
    expect(() => engineOptions(flags)).toThrow(new MnistError("BAD_ARGUMENT", message));
  });
});

describe("describeEngine", () => {
  const all = { simd: true, sharedMemory: true, relaxedSimd: true };
  const none = { simd: false, sharedMemory: false, relaxedSimd: false };

  test.each([
    [{ variant: "relaxed", threads: 8 }, { threads: 8 }, all, "engine: relaxed, 8 threads"],
    [
      { variant: "simd128", threads: 1 },
      { threads: 1 },
      { ...all, relaxedSimd: false },
      "engine: simd128, 1 thread (this Node lacks relaxed SIMD in WebAssembly)",
    ],
    [
      { variant: "reference", threads: 1 },
      { threads: 4 },
      none,
      "engine: reference, 1 thread (this Node lacks 128-bit SIMD, shared memory, relaxed SIMD in WebAssembly; " +
        "the reference has no threads)",
    ],
    [
      { variant: "simd128", threads: 2 },
      { variant: "simd128", threads: 2 },
      { ...all, relaxedSimd: false },
      "engine: simd128, 2 threads (as --engine asks)",
    ],
    [
      { variant: "relaxed", threads: 3 },
      { threads: 4 },
      all,
      "engine: relaxed, 3 threads (4 threads are wanted, and no more could be started)",
    ],
  ] as const)("%j, where %j is wanted", (found, wanted, features, line) => {
    expect(describeEngine(found, { variant: undefined, ...wanted }, features)).toBe(line);
  });
});
