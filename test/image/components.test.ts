import fc from "fast-check";
import { expect, test } from "vitest";
import { connectedComponents } from "../../src/image/components.ts";

const image = (rows: readonly string[]) => ({
  width: rows[0]?.length ?? 0,
  height: rows.length,
  data: Float32Array.from(rows.join(""), (char) => Number(char) / 8),
});

test("pieces touch at sides and corners, also where they meet only further down", () => {
  const found = connectedComponents(
    image([
      "8000000800", // a U, its arms far apart, with a speck in it
      "8004000800",
      "8000000820", // a tail
      "8888888002", // the right arm touches the base at a corner
      "0000000000",
      "1100000004",
    ]),
    0,
  );
  expect(found.map(({ mass, box }) => ({ mass, ...box }))).toEqual([
    { mass: 13.5, x: 0, y: 0, width: 10, height: 4 },
    { mass: 0.5, x: 3, y: 1, width: 1, height: 1 },
    { mass: 0.25, x: 0, y: 5, width: 2, height: 1 },
    { mass: 0.5, x: 9, y: 5, width: 1, height: 1 },
  ]);
});

test("what is not above the threshold is no ink", () => {
  expect(connectedComponents(image(["4050"]), 0.5).map(({ ends }) => [...ends])).toEqual([[2, 3]]);
  expect(connectedComponents(image(["444"]), 0.5)).toEqual([]);
});

test("parts any picture as filling it pixel by pixel does", () => {
  const picture = fc
    .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
    .chain(({ width, height }) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        // As often ink as not, so that pieces wind about each other.
        ink: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
      }),
    );
  fc.assert(
    fc.property(picture, ({ width, height, ink }) => {
      const data = Float32Array.from(ink, Number);
      const found = connectedComponents({ width, height, data }, 0).map(({ ends }) =>
        [...ends].flatMap((from, k) =>
          k % 2 === 1 ? [] : Array.from({ length: ends[k + 1]! - from }, (_, i) => from + i),
        ),
      );
      const sorted = (pieces: number[][]) =>
        pieces.map((one) => one.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
      expect(sorted(found)).toEqual(sorted(filled(ink, width)));
    }),
    { seed: 1, numRuns: 300 },
  );
});

/** The pieces, each found by walking from pixel to pixel. */
function filled(ink: readonly boolean[], width: number): number[][] {
  const seen = new Set<number>();
  const near = (a: number, b: number) =>
    Math.abs((a % width) - (b % width)) <= 1 && Math.abs(Math.floor(a / width) - Math.floor(b / width)) <= 1;
  return ink.flatMap((isInk, start) => {
    if (!isInk || seen.has(start)) return [];
    const piece = [start];
    seen.add(start);
    for (const at of piece) {
      for (let next = 0; next < ink.length; next++) {
        if (!ink[next] || seen.has(next) || !near(at, next)) continue;
        seen.add(next);
        piece.push(next);
      }
    }
    return [piece];
  });
}
