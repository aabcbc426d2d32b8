import { describe, expect, test } from "vitest";
import { createColors } from "../../src/cli/colors.ts";

describe("createColors", () => {
  test("changes nothing where there is no colour", () => {
    expect(createColors(false).bold("7")).toBe("7");
  });

  test("opens and closes", () => {
    const { bold, red } = createColors(true);
    expect(red("7")).toBe("\x1b[31m7\x1b[39m");
    expect(bold(red("7"))).toBe("\x1b[1m\x1b[31m7\x1b[39m\x1b[22m");
  });

  test("goes on after a text that ends the same", () => {
    const { bold, dim } = createColors(true);
    expect(bold(`a${dim("b")}c`)).toBe("\x1b[1ma\x1b[2mb\x1b[22m\x1b[1mc\x1b[22m");
  });
});
