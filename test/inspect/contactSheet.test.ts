import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { drawText, glyphSize, textWidth } from "../../src/draw/font.ts";
import { greyPngEncoder } from "../../src/formats/png.ts";
import { contactSheet } from "../../src/inspect/contactSheet.ts";
import { realDigits } from "../data/smallMnist.ts";

const digits = realDigits(7);
const pictures = Array.from(digits.labels, (label, index) => {
  return {
    width: 28,
    height: 28,
    pixels: digits.images.subarray(index * 784, (index + 1) * 784),
    index,
    label,
  };
});

/** The text as rows of `#` and blanks. */
function drawn(text: string): string[] {
  const rows = Array.from({ length: glyphSize.height }, () => new Array<string>(textWidth(text)).fill(" "));
  drawText(text, (x, y) => {
    rows[y]![x] = "#";
  });
  return rows.map((row) => row.join(""));
}

describe("contactSheet", () => {
  test("has every picture at twice its size, in rows, with a caption under each", () => {
    const sheet = contactSheet(pictures);
    const { data, width, height, channels, depth } = decode(
      greyPngEncoder(sheet.height, sheet.width)(sheet.pixels),
      {
        checkCrc: true,
      },
    );
    expect({ width, height, channels, depth }).toEqual({
      width: sheet.width,
      height: sheet.height,
      channels: 1,
      depth: 8,
    });
    // Three columns and three rows of cells of 66 x 85: a picture of 56 x 56, a gap, a caption 14 high.
    expect([width, height]).toEqual([3 * 66 + 10, 3 * 85 + 10]);
    const at = (x: number, y: number) => data[y * width + x]!;
    for (const [i, { pixels, label }] of pictures.entries()) {
      const [left, top] = [10 + (i % 3) * 66, 10 + Math.floor(i / 3) * 85];
      for (let y = 0; y < 56; y++) {
        for (let x = 0; x < 56; x++) expect(at(left + x, top + y)).toBe(pixels[(y >> 1) * 28 + (x >> 1)]);
      }
      const caption = Array.from({ length: 7 }, (_, y) =>
        Array.from({ length: 5 }, (_, x) => (at(left + 23 + 2 * x, top + 61 + 2 * y) > 128 ? "#" : " ")).join(
          "",
        ),
      );
      expect(caption).toEqual(drawn(String(label)));
    }
    expect(at(2 * 66 + 20, 2 * 85 + 20)).toBe(at(0, 0)); // no picture there, but paper
  });

  test("has one row for one picture; what has no label is called by its number; sizes may differ", () => {
    const one = contactSheet([
      { width: 28, height: 14, pixels: new Uint8Array(28 * 14).fill(255), index: 12 },
    ]);
    expect([one.width, one.height]).toEqual([76, 28 + 19 + 20]);
    const two = contactSheet([
      { width: 4, height: 2, pixels: new Uint8Array(8).fill(255), index: 0, label: 123456789 },
      { width: 2, height: 4, pixels: new Uint8Array(8).fill(255), index: 1, label: 1 },
    ]);
    expect([...two.pixels].filter((level) => level === 255)).toHaveLength(2 * 4 * 8);
  });
});

describe("drawText", () => {
  test("draws digits that differ from each other, in their box", () => {
    const shapes = [..."0123456789#"].map((character) => drawn(character));
    for (const rows of shapes) {
      expect(rows).toHaveLength(7);
      for (const row of rows) expect(row).toHaveLength(5);
    }
    expect(new Set(shapes.map((rows) => rows.join("/"))).size).toBe(11);
    expect(drawn("1")).toEqual(["  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "]);
    expect(drawn("17")[0]).toBe("  #   #####");
  });
});
