import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { createCanvas } from "../../src/draw/canvas.ts";
import { encodeRgbPng } from "../../src/formats/png.ts";
import { createMetrics } from "../../src/metrics.ts";
import { confusionPicture } from "../../src/summaries/confusionPicture.ts";
import { evaluationSummaries } from "../../src/summaries/evaluation.ts";
import { filtersPicture } from "../../src/summaries/filtersPicture.ts";
import { inputsPicture } from "../../src/summaries/inputsPicture.ts";
import { mistakesPicture } from "../../src/summaries/mistakesPicture.ts";

type Canvas = ReturnType<typeof createCanvas>;

/** How many pixels have each colour, as `r,g,b`. */
function colorCounts({ pixels }: Pick<Canvas, "pixels">): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < pixels.length; i += 3) {
    const color = pixels.subarray(i, i + 3).join();
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return counts;
}

const GREEN = "32,120,82";
const RED = "190,52,38";

test("a picture is a PNG of its size that another decoder reads", () => {
  const canvas = createCanvas(5, 3);
  canvas.fill(1, 1, 9, 1, [1, 2, 3]);
  canvas.grey(-1, 0, { width: 2, height: 1, pixels: [9, 200] }, 1);
  const png = decode(encodeRgbPng(canvas.height, canvas.width, canvas.pixels));
  expect(png).toMatchObject({ width: 5, height: 3, channels: 3, depth: 8 });
  expect([...png.data.slice(0, 6)]).toEqual([200, 200, 200, 250, 250, 248]);
  expect([...png.data.slice(15, 24)]).toEqual([250, 250, 248, 1, 2, 3, 1, 2, 3]);
  expect([...png.data]).toEqual([...canvas.pixels]);
});

test("text upwards is text that is turned", () => {
  const [across, upwards] = [createCanvas(40, 40), createCanvas(40, 40)];
  across.text(3, 4, "no 7", [0, 0, 0], 1);
  upwards.textUpwards(4, 40 - 3 - 23, "no 7", [0, 0, 0], 1);
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 40; x++) {
      expect(upwards.pixels[((39 - x) * 40 + y) * 3]).toBe(across.pixels[(y * 40 + x) * 3]);
    }
  }
  expect(colorCounts(across).get("0,0,0")).toBeGreaterThan(30);
});

describe("an evaluation's pictures", () => {
  // Ten of a, all right; ten of b, one of them taken for a.
  const metrics = createMetrics(["a", "b"]);
  metrics.add(
    [...Array(20).keys()].flatMap((i) => (i < 11 ? [0.8, 0.2] : [0.1, 0.9])),
    [...Array(10).fill(0), ...Array(10).fill(1)],
    20,
  );
  const pixels = Uint8Array.from({ length: 784 }, (_, i) => i % 256);
  const mistakes = [{ index: 10, label: 1, predicted: 0, probabilities: [0.8, 0.2], pixels }];
  const evaluation = { metrics: metrics.result(), mistakes };

  test("of the size that is told, with names that a person reads", () => {
    const values = evaluationSummaries(evaluation);
    for (const tag of ["confusion_matrix", "worst_mistakes"]) {
      const value = values.find((one) => one.tag === tag);
      const [width, height, png] = (value?.tensor?.values ?? []) as Uint8Array[];
      const { width: found, height: high } = decode(png ?? new Uint8Array());
      expect([Buffer.from(width ?? []).toString(), Buffer.from(height ?? []).toString()]).toEqual([
        String(found),
        String(high),
      ]);
      expect(value?.metadata?.description).toMatch(/label/);
    }
  });

  test("the confusion matrix has a cell each: green where all is right, white where there is nothing", () => {
    const counts = colorCounts(confusionPicture(evaluation.metrics));
    const cell = 59 * 39;
    // The number 10 is written into the green cell, in white: 17 dots of 1 and 19 of 0, four pixels each.
    expect(counts.get("46,125,90")).toBeGreaterThan(cell - 250);
    expect(counts.get("46,125,90")).toBeLessThan(cell);
    expect(counts.get("255,255,255")).toBeGreaterThan(cell);
    // A mistake's share of its row is 0.1: 0.12 + 0.88 * 2.5 * sqrt(0.1) of the way from white to red.
    const share = 0.12 + 0.88 * Math.sqrt(0.1) * 2.5;
    const at = (to: number) => Math.round(255 + (to - 255) * share);
    expect(counts.get([at(214), at(72), at(40)].join())).toBeGreaterThan(cell - 250);
  });

  test("a mistake is its picture, four times as large, with the label and what it was taken for", () => {
    const canvas = mistakesPicture(mistakes, ["a", "b"]);
    const counts = colorCounts(canvas);
    for (let y = 0; y < 28; y++) {
      for (let x = 0; x < 28; x++) {
        const level = (y * 28 + x) % 256;
        expect(canvas.pixels[((18 + 4 * y + 3) * canvas.width + 18 + 4 * x + 3) * 3]).toBe(level);
      }
    }
    // b has 16 dots; "a 80%" more.
    expect(counts.get(GREEN)).toBe(16 * 4);
    expect(counts.get(RED)).toBeGreaterThan(40 * 4);
    expect(colorCounts(mistakesPicture([], ["a", "b"])).get(GREEN)).toBeGreaterThan(100);
  });
});

test("filters: the strongest weight in the strongest red or blue, as many pixels as a weight takes", () => {
  // [2, 2, 1, 2]: of the first filter 1, 0, 0, 0, of the second 0, 0, 0, -1.
  const canvas = filtersPicture([1, 0, 0, 0, 0, 0, 0, -1], [2, 2, 1, 2]);
  const at = (x: number, y: number) => [
    ...canvas.pixels.slice((y * canvas.width + x) * 3, (y * canvas.width + x) * 3 + 3),
  ];
  expect(at(16, 16)).toEqual([178, 24, 43]);
  expect(at(16 + 34, 16 + 34)).toEqual([178, 24, 43]);
  expect(at(16 + 35, 16)).toEqual([250, 250, 250]);
  const second = 16 + 70 + 8;
  expect(at(second, 16)).toEqual([250, 250, 250]);
  expect(at(second + 35, 16 + 35)).toEqual([33, 102, 172]);
  expect(() => filtersPicture(new Float32Array(75), [5, 5, 1, 3])).not.toThrow();
});

test("inputs are the pixels that the network was given, scaled back", () => {
  const input = { shape: [2, 2, 1], scale: 1 / 128, offset: -1 } as const;
  const pixels = [0, 17, 128, 255];
  const canvas = inputsPicture(
    pixels.map((one) => one / 128 - 1),
    [7],
    input,
    1,
  );
  const at = (x: number, y: number) => canvas.pixels[((14 + 3 * y) * canvas.width + 14 + 3 * x) * 3];
  expect([at(0, 0), at(1, 0), at(0, 1), at(1, 1)]).toEqual(pixels);
});
