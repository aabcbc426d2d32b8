import { describe, expect, test } from "vitest";
import { previewText } from "../../src/cli/preview.ts";
import { realDigits } from "../data/smallMnist.ts";
import { testIo } from "./testIo.ts";

const digits = realDigits(6);
const pictures = Array.from(digits.labels, (label, index) => {
  return {
    width: 28,
    height: 28,
    pixels: digits.images.subarray(index * 784, (index + 1) * 784),
    index,
    label,
  };
});

function show(
  shown: typeof pictures,
  { columns = 80, isTTY = true, env = { COLORTERM: "truecolor" } as Record<string, string> } = {},
): string[] {
  const io = testIo({ isTTY, env });
  const text = previewText(shown, { ...io.stdout, columns }, io);
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

const esc = "\x1b";
const cell = new RegExp(`${esc}\\[38;2;(\\d+);\\1;\\1;48;2;(\\d+);\\2;\\2m▀`, "g");
const sequence = new RegExp(`${esc}\\[[\\d;]*m`, "g");

/** The grey levels of a line of half blocks: those of its upper and of its lower pixels. */
function levels(line: string): { upper: number[]; lower: number[] } {
  const cells = [...line.matchAll(cell)];
  return { upper: cells.map(([, upper]) => Number(upper)), lower: cells.map(([, , lower]) => Number(lower)) };
}

describe("previewText", () => {
  test("shows a picture pixel by pixel where there is room, two to a character", () => {
    const [caption, ...lines] = show(pictures.slice(0, 1), { columns: 200 });
    expect(caption).toBe("7"); // MNIST's first test image
    expect(lines).toHaveLength(14);
    const rows = lines.flatMap((line) => Object.values(levels(line)));
    expect(rows).toEqual(
      Array.from({ length: 28 }, (_, y) => [...digits.images.subarray(y * 28, (y + 1) * 28)]),
    );
    for (const line of lines) expect(line.endsWith("\x1b[0m")).toBe(true);
  });

  test("halves pictures where fewer than five would stand in a row, by the mean of four pixels", () => {
    const lines = show(pictures);
    expect(lines.map((line) => line.replace(sequence, ""))).toMatchObject([
      "7               2               1               0               4",
      ...new Array(7).fill(new Array(5).fill("▀".repeat(14)).join("  ")),
      "",
      "1",
      ...new Array(7).fill("▀".repeat(14)),
    ]);
    const mean = (x: number, y: number) => {
      const at = (dx: number, dy: number) => digits.images[(2 * y + dy) * 28 + 2 * x + dx]!;
      return Math.round((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4);
    };
    for (const [i, line] of lines.slice(1, 8).entries()) {
      const { upper, lower } = levels(line);
      expect(upper.slice(0, 14)).toEqual(Array.from({ length: 14 }, (_, x) => mean(x, 2 * i)));
      expect(lower.slice(0, 14)).toEqual(Array.from({ length: 14 }, (_, x) => mean(x, 2 * i + 1)));
    }
  });

  test("takes the greys of 256 colours on a terminal that does not say that it has more", () => {
    const [, ...lines] = show(pictures.slice(0, 1), { columns: 200, env: {} });
    const codes = lines.flatMap((line) =>
      [...line.matchAll(/[34]8;5;(\d+)/g)].map(([, code]) => Number(code)),
    );
    expect(codes).toHaveLength(784);
    for (const code of codes) expect(code === 16 || code === 231 || (code >= 232 && code <= 255)).toBe(true);
    expect(codes).toContain(16);
    expect(Math.max(...codes)).toBeGreaterThanOrEqual(254); // the lightest greys and white are 231, 254 and 255
    expect(lines.join("")).not.toContain(";2;");
  });

  test("is characters that are more or less dark where there are no colours", () => {
    for (const changes of [{ isTTY: false }, { env: { NO_COLOR: "1" } as Record<string, string> }]) {
      const lines = show(pictures.slice(0, 2), changes);
      expect(lines).toHaveLength(15);
      expect(lines[0]).toMatch(/^7 {29}2$/);
      expect(lines.join("")).not.toContain("\x1b");
      // The bar of the seven is ink, what is below it on the left is not, and neither is the border.
      expect(lines[5]!.slice(6, 21)).toMatch(/^[+*#%@]{14,15}-?$|^[^ ]{15}$/);
      expect(lines[9]!.slice(0, 10).trim()).toBe("");
      expect(lines[1]!.slice(0, 28).trim()).toBe("");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test("keeps within a narrow terminal, one picture a row", () => {
    const lines = show(pictures.slice(0, 2), { columns: 12 });
    expect(lines.filter((line) => /^\d/.test(line))).toEqual(["7", "2"]);
  });

  test("calls a picture without a label by its number, and takes pictures of different sizes", () => {
    const odd = { width: 3, height: 5, pixels: new Uint8Array(15).fill(255), index: 41 };
    const even = { width: 6, height: 4, pixels: new Uint8Array(24).fill(0), index: 42, label: 3 };
    const io = testIo({ isTTY: true, env: { COLORTERM: "24bit" } });
    const lines = previewText([odd, even], io.stdout, io).trimEnd().split("\n");
    expect(lines[0]).toBe("#41     3");
    expect(lines).toHaveLength(4); // five rows are three lines
    expect(levels(lines[3]!).upper).toEqual([255, 255, 255]);
    expect(levels(lines[3]!).lower).toEqual([0, 0, 0]);
  });
});
