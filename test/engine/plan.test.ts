import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Opcode } from "../../src/engine/kernels/opcodes.ts";
import type { Operation } from "../../src/engine/operations/operation.ts";
import { ALIGNMENT, place } from "../../src/engine/plan.ts";
import { type Tensor, tensor } from "../../src/engine/tensor.ts";

function step(reads: readonly Tensor[], writes: readonly Tensor[]): Operation {
  return { opcode: Opcode.Dense, reads, writes, args: [] };
}

/** Random programs: tensors of random sizes, some kept, and operations that name random ones of them. */
const programs = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 500 }), kept: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .chain((specs) => {
    const tensors = specs.map(({ size, kept }, i) => tensor(`t${i}`, [size], { kept }));
    const some = fc.subarray(tensors);
    return fc.array(fc.tuple(some, some), { minLength: 1, maxLength: 15 });
  })
  .map((steps) => steps.map(([reads, writes]) => step(reads, writes)));

describe("place", () => {
  it("never lets two tensors that live at the same time overlap", () => {
    fc.assert(
      fc.property(programs, (operations) => {
        const { offsets, size, sizeWithoutReuse } = place(operations);
        const lives = [...offsets].map(([one, start]) => {
          const used = operations.flatMap(({ reads, writes }, i) =>
            [...reads, ...writes].includes(one) ? [i] : [],
          );
          const [first, last] = one.kept ? [0, operations.length] : [Math.min(...used), Math.max(...used)];
          return { first, last, start, end: start + one.size };
        });
        for (const a of lives) {
          expect(a.start % ALIGNMENT).toBe(0);
          expect(a.end).toBeLessThanOrEqual(size);
          for (const b of lives) {
            if (a === b) continue;
            const together = a.first <= b.last && b.first <= a.last;
            expect(together && a.start < b.end && b.start < a.end).toBe(false);
          }
        }
        expect(size).toBeLessThanOrEqual(sizeWithoutReuse);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("uses the memory of what is dead again", () => {
    const [a, b, c] = [tensor("a", [100]), tensor("b", [100]), tensor("c", [100])];
    const { offsets, size, sizeWithoutReuse } = place([step([a], [b]), step([b], [c])]);
    expect(offsets.get(a)).toBe(offsets.get(c));
    expect([size, sizeWithoutReuse]).toEqual([224, 336]);
  });

  it("leaves tensors that have a place where they are", () => {
    const placed = tensor("placed", [10]);
    placed.offset = 4096;
    expect(place([step([placed], [])]).offsets.size).toBe(0);
    expect(placed.offset).toBe(4096);
  });
});
