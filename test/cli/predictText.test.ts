import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { predictionText } from "../../src/cli/predictText.ts";
import { lenet } from "../../src/lenet.ts";
import { fakePage } from "./fakePage.ts";
import { testIo } from "./testIo.ts";

const show = (page: ReturnType<typeof fakePage>, { isTTY = false, isVerbose = false, columns = 80 } = {}) => {
  const io = testIo({ isTTY });
  const stdout = { ...io.stdout, columns };
  return predictionText("page.jpg", page, lenet.classes, { isVerbose, io: { ...io, stdout } });
};

describe("a page for people", () => {
  test("has its text in the first line, and a row for each digit", () => {
    expect(show(fakePage("72!?"))).toBe(
      [
        "page.jpg: 72?  (2 digits, 1 unsure, 1 other mark)",
        "",
        "  line  at  digit    sure                          or        x,y and size",
        "     1   1  7       95.0 %  ████████████████████   8  5 %      20,30  20x30",
        "     1   2  2       60.0 %  ████████████▋          3 30 %      60,30  20x30",
        "     1   3  ?        looks like no digit           4          100,30  20x30",
        "",
      ].join("\n"),
    );
  });

  test("of several lines has each of them below its name", () => {
    const [head, ...lines] = show(fakePage("12", "345")).split("\n");
    expect(head).toBe("page.jpg: 2 lines, 5 digits");
    expect(lines.slice(0, 3)).toEqual(["  12", "  345", ""]);
    expect(lines.slice(4, -1).map((row) => row.trim().split(/ +/).slice(0, 3))).toEqual([
      ["1", "1", "1"],
      ["1", "2", "2"],
      ["2", "1", "3"],
      ["2", "2", "4"],
      ["2", "3", "5"],
    ]);
  });

  test("that is long lists what is unsure, says so, and lists all when asked", () => {
    const page = fakePage("1234567890", "12345!67890", "12?");
    const short = show(page).split("\n");
    expect(short.filter((row) => /% {2}█|looks like/.test(row))).toHaveLength(2);
    expect(short.at(-2)).toBe("  21 others are at least 90 % sure; --verbose lists them too");
    const long = show(page, { isVerbose: true });
    expect(long.split("\n").filter((row) => /% {2}█|looks like/.test(row))).toHaveLength(23);
    expect(long).not.toContain("--verbose");
    const sure = show(fakePage("1234567890", "1234567890", "1"));
    expect(sure.split("\n").slice(-3)).toEqual([
      "",
      "  all are at least 90 % sure; --verbose lists them",
      "",
    ]);
  });

  test("is as wide as the terminal at most, from 72 characters on", () => {
    for (const columns of [72, 80, 120]) {
      const widths = show(fakePage("72!?"), { columns })
        .split("\n")
        .map((row) => row.length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    }
  });

  test("has colours on a terminal alone: yellow for what is unsure, red for what is no digit", () => {
    const coloured = show(fakePage("72!?"), { isTTY: true });
    expect(coloured).toContain("7\x1b[33m2\x1b[39m\x1b[31m?\x1b[39m");
    expect(coloured).toContain("\x1b[33m     1   2  2 ");
    expect(coloured).toContain("\x1b[31m     1   3  ? ");
    expect(stripVTControlCharacters(coloured)).toBe(show(fakePage("72!?")));
  });

  test("of one mark that is no digit says so, and what comes closest", () => {
    const [head] = show(fakePage("?")).split("\n");
    expect(head).toBe("page.jpg: ?  (looks like no digit; 4 comes closest)");
  });

  test("has nothing of a name that steers a terminal", () => {
    const io = testIo();
    const text = predictionText("a\x1b[2Jb.png", fakePage("1"), lenet.classes, { isVerbose: false, io });
    expect(text).toMatch(/^a�\[2Jb\.png: 1 /);
  });
});
