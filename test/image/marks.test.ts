import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { findMarks, inkDistance, inkOfMarks, type Mark } from "../../src/image/marks.ts";
import { drawing, inkIn, isNearTo } from "./drawnInk.ts";

const byX = (marks: readonly Mark[]) => [...marks].sort((a, b) => a.box.x - b.box.x);

describe("marks", () => {
  test("are the separate pieces of ink, where they are", () => {
    const ink = drawing(300, 200)
      .ring(80, 100, 25, 40, 8)
      .stroke([160, 60, 160, 140], 8)
      .stroke([200, 60, 240, 60, 210, 140], 8);
    const marks = byX(findMarks(ink));
    expect(marks.length).toBe(3);
    for (const [i, box] of [
      { x: 51, y: 56, width: 59, height: 89 },
      { x: 156, y: 56, width: 9, height: 89 },
      { x: 196, y: 56, width: 49, height: 89 },
    ].entries()) {
      expect(isNearTo(marks[i]!.box, box, 2)).toBe(true);
    }
  });

  test("of faint ink beside dark ink are found as well, each with its own level", () => {
    const ink = drawing(200, 120).stroke([50, 20, 50, 100], 8).stroke([130, 20, 130, 100], 8, 0.45);
    const [dark, faint] = byX(findMarks(ink)) as [Mark, Mark];
    expect(dark.level).toBeGreaterThan(0.85);
    expect(faint.level).toBeGreaterThan(0.35);
    expect(faint.level).toBeLessThanOrEqual(0.46);
    expect(faint.box.height).toBeGreaterThan(80);
  });

  test("do not hang together by what is much fainter than they are", () => {
    const ink = drawing(200, 120)
      .stroke([50, 20, 50, 100], 8)
      .stroke([70, 20, 70, 100], 8)
      .block({ x: 50, y: 55, width: 20, height: 10 }, 0.25);
    expect(findMarks(ink).length).toBe(2);
  });

  test("a stroke with a grain, as chalk's, is one mark", () => {
    const random = createRandom(1);
    const stroke = drawing(160, 200).stroke([80, 30, 80, 170], 14);
    // A tenth of the points are bare of chalk.
    const data = stroke.data.map((value) => value * (random.uniform() < 0.1 ? 0.05 : 0.9));
    const marks = findMarks({ width: 160, height: 200, data });
    expect(marks.length).toBe(1);
    expect(marks[0]!.box.height).toBeGreaterThan(135);
  });

  test("a faint grain all over the paper and specks of a pixel or two are none", () => {
    const random = createRandom(2);
    const data = Float32Array.from({ length: 200 * 150 }, () => 0.2 * random.uniform());
    for (let i = 0; i < 50; i++) data[random.below(data.length)] = 1;
    expect(findMarks({ width: 200, height: 150, data })).toEqual([]);
    expect(findMarks(drawing(40, 30))).toEqual([]);
  });
});

describe("the ink of marks", () => {
  const ink = drawing(120, 100).stroke([40, 20, 40, 80], 8).stroke([49, 20, 49, 80], 6, 0.9);
  const marks = byX(findMarks(ink));

  test("has their soft edges", () => {
    const alone = drawing(120, 100).stroke([40, 20, 40, 80], 7.4);
    const [mark] = findMarks(alone) as [Mark];
    const { ink: crop, x, y } = inkOfMarks(alone, [mark], []);
    const all = alone.data.reduce((sum, value) => sum + value, 0);
    const kept = crop.data.reduce((sum, value) => sum + value, 0);
    expect(kept).toBeCloseTo(all, 3);
    expect(kept).toBeGreaterThan(mark.mass); // the edges are fainter than what is solid
    expect(crop.data[(50 - y) * crop.width + 40 - x]).toBe(alone.data[50 * 120 + 40]);
  });

  test("leaves what is a neighbour's behind, though the box has it", () => {
    expect(marks.length).toBe(2);
    const [left, right] = marks as [Mark, Mark];
    const { ink: crop, x, y } = inkOfMarks(ink, [left], marks);
    const neighbour = { x: Math.max(0, right.box.x - x), y: 0, width: 1, height: crop.height };
    neighbour.width = Math.max(0, crop.width - neighbour.x);
    // Nothing but a trace of its soft ends.
    expect(inkIn(crop, neighbour)).toBeLessThan(0.02 * right.mass);
    expect(crop.data[(50 - y) * crop.width + 40 - x]).toBe(1);
    const both = inkOfMarks(ink, marks, marks);
    expect(both.ink.data[(50 - both.y) * both.ink.width + 49 - both.x]).toBeCloseTo(0.9, 5);
  });

  test("at the image's border is no trouble", () => {
    const corner = drawing(30, 30).block({ x: 0, y: 0, width: 9, height: 9 });
    const [mark] = findMarks(corner) as [Mark];
    const crop = inkOfMarks(corner, [mark], []);
    expect([crop.x, crop.y]).toEqual([0, 0]);
    expect(crop.ink.data.reduce((sum, value) => sum + value, 0)).toBe(81);
  });
});

describe("the distance between marks' ink", () => {
  test("is that of pixels, not of boxes", () => {
    // Two strokes leaning the same way: their boxes overlap, their ink is 20 * sin(45 degrees) - 4 apart.
    const ink = drawing(200, 200).stroke([40, 120, 120, 40], 4).stroke([60, 120, 140, 40], 4);
    const [a, b] = byX(findMarks(ink)) as [Mark, Mark];
    expect(inkDistance(a, b, 200)).toBeGreaterThan(9);
    expect(inkDistance(a, b, 200)).toBeLessThan(13);
    expect(inkDistance(b, a, 200)).toBeCloseTo(inkDistance(a, b, 200), 6);
  });

  test("of blocks five pixels apart is one more than the gap, or as the boxes say", () => {
    const ink = drawing(60, 40)
      .block({ x: 10, y: 10, width: 10, height: 20 })
      .block({ x: 25, y: 10, width: 10, height: 20 });
    const [a, b] = byX(findMarks(ink)) as [Mark, Mark];
    const distance = inkDistance(a, b, 60);
    expect(distance).toBeGreaterThanOrEqual(5);
    expect(distance).toBeLessThanOrEqual(6);
  });
});
